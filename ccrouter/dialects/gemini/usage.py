"""Token counts: Gemini's `usageMetadata` in Anthropic's meaning."""

from ccrouter.model.events import Usage
from ccrouter.model.json import JsonObject, as_int


def read_usage(raw: JsonObject) -> Usage:
    """`raw` in Anthropic's meaning; it is cumulative, the last one of a reply is the whole.

    `promptTokenCount` includes what came from the cache; what server tools put into the prompt is counted beside it.
    Thoughts are output, told apart from the candidate's own tokens.
    """
    prompt = _sum(raw, "promptTokenCount", "toolUsePromptTokenCount")
    cached = _count(raw, "cachedContentTokenCount")
    if prompt is not None and cached is not None and cached <= prompt:
        prompt -= cached
    return Usage(input=prompt, output=_sum(raw, "candidatesTokenCount", "thoughtsTokenCount"), cache_read=cached)


def _sum(raw: JsonObject, *names: str) -> int | None:
    counts = [count for name in names if (count := _count(raw, name)) is not None]
    return sum(counts) if counts else None


def _count(raw: JsonObject, name: str) -> int | None:
    value = as_int(raw.get(name))
    return value if value is not None and value >= 0 else None
