"""Token counts: OpenAI's and its imitators' usage objects in Anthropic's meaning."""

from typing import Final

from ccrouter.dialects.told_cost import told_cost
from ccrouter.model.events import Usage
from ccrouter.model.json import JsonObject, as_int, as_object

CACHE_READ_FIELDS: Final = (
    "prompt_cache_hit_tokens",  # DeepSeek
    "cached_tokens",  # Moonshot, Together
    "num_cached_tokens",  # Mistral
    "cache_read_input_tokens",  # Anthropic behind a shim
)
CACHE_READ_DETAILS: Final = ("cached_tokens", "cache_read_tokens")
CACHE_WRITE_FIELDS: Final = ("cache_creation_input_tokens",)
CACHE_WRITE_DETAILS: Final = ("cache_write_tokens", "cache_creation_tokens")
CACHE_FIELDS: Final = frozenset({*CACHE_READ_FIELDS, *CACHE_WRITE_FIELDS})


def find_usage(chunk: JsonObject) -> JsonObject | None:
    """The usage object of a chunk or whole body, wherever this provider puts it."""
    usage = chunk.get("usage")
    if usage and isinstance(usage, dict):
        return usage
    groq = as_object(chunk.get("x_groq"))
    if groq is not None and (usage := as_object(groq.get("usage"))):
        return usage
    choices = chunk.get("choices")
    if isinstance(choices, list):  # Moonshot
        for choice in choices:
            if isinstance(choice, dict) and (usage := as_object(choice.get("usage"))):
                return usage
    return None


def read_usage(raw: JsonObject) -> Usage | None:
    """`raw` in Anthropic's meaning, or None when it tells nothing (Copilot sends zeros until the end).

    OpenAI's `prompt_tokens` includes cached tokens, Anthropic's `input_tokens` does not. xAI may report more cached
    tokens than prompt tokens: there the prompt count leaves them out already (vercel/ai, xai usage converter).
    """
    prompt = _count(raw, "prompt_tokens", "input_tokens")
    output = _count(raw, "completion_tokens", "output_tokens")
    if not prompt and not output:
        return None
    details = as_object(raw.get("prompt_tokens_details")) or as_object(raw.get("input_tokens_details"))
    if not details and CACHE_FIELDS.isdisjoint(raw):
        return Usage(input=prompt, output=output, cost=told_cost(raw))
    read = _largest(raw, CACHE_READ_FIELDS, details or {}, CACHE_READ_DETAILS)
    write = _largest(raw, CACHE_WRITE_FIELDS, details or {}, CACHE_WRITE_DETAILS)
    cached = (read or 0) + (write or 0)
    if prompt is not None and cached <= prompt:
        prompt -= cached
    return Usage(input=prompt, output=output, cache_read=read, cache_write=write, cost=told_cost(raw))


def _largest(raw: JsonObject, names: tuple[str, ...], details: JsonObject, inner: tuple[str, ...]) -> int | None:
    """The same count under several names: some providers send one of them as a zero that means nothing."""
    most: int | None = None
    for fields, known in ((raw, names), (details, inner)):
        for name in known:
            if name in fields and (count := _count(fields, name)) is not None and (most is None or count > most):
                most = count
    return most


def _count(raw: JsonObject, *names: str) -> int | None:
    """The first count under one of these names."""
    for name in names:
        told = raw.get(name)
        value = told if type(told) is int else as_int(told)
        if value is not None and value >= 0:
            return value
    return None
