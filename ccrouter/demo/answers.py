"""What the demo provider answers: a pure function of the request, so that the same question has the same answer."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import orjson

from ccrouter.demo.asked import CHARACTERS_PER_TOKEN, Asked, tokens_of
from ccrouter.frozen import frozen
from ccrouter.model.json import Json, JsonObject, as_list, as_object, as_str

Stop = Literal["end", "tool", "length", "stop_sequence"]

MODELS: Mapping[str, str] = {
    "demo-chat": "for everyday work",
    "demo-mini": "for small jobs",
    "demo-reasoner": "after some thought",
    "demo-long": "for long conversations",
    "demo-vision": "with eyes",
    "claude-demo": "in Anthropic's protocol",
}
"""The models that the demo provider has, and what each is for."""

LONG_PROMPT_TOKENS = 40_000
ECHO_CHARACTERS = 160
PIECE = re.compile(r"\s*\S{1,24}")
RUN = re.compile(
    r"\b(?:run|execute)\b[^`\n]{0,40}`([^`\n]+)`"  # in backticks, anywhere
    r"|\A(?:please )?(?:run|execute):? +(?!the\b|this\b|all\b|my\b|a\b)([^\n]+)",  # or as the whole of the prompt
    re.IGNORECASE,
)
READ = re.compile(r"\b(?:read|open|show)\b[^\n]{0,40}?(/[^\s`'\"]+)", re.IGNORECASE)


@frozen
class ToolCall:
    """A tool call with its arguments."""

    name: str
    arguments: JsonObject


@frozen
class SearchResult:
    """One result of the demo's web search."""

    title: str
    url: str


@frozen
class Answer:
    """One answer. `searched` is the query of a web search, `matched_stop` the stop sequence that ended the text."""

    text: str
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    searched: str | None = None
    results: tuple[SearchResult, ...] = ()
    stop: Stop = "end"
    matched_stop: str | None = None

    @property
    def tokens(self) -> int:
        """Output tokens: everything written, tool arguments as JSON."""
        calls = sum(tokens_of(call.name) + tokens_of(orjson.dumps(call.arguments).decode()) for call in self.tool_calls)
        return tokens_of(self.reasoning) + tokens_of(self.text) + calls


def pieces(text: str) -> list[str]:
    """The text cut as a model streams it: word by word, long words in parts, nothing lost."""
    found = PIECE.findall(text)
    rest = text[sum(map(len, found)) :]
    return [*found, rest] if rest else found


def answer(asked: Asked) -> Answer:
    """The answer to a request, cut where the request's limits say so."""
    return _limited(asked, _unlimited(asked))


def _unlimited(asked: Asked) -> Answer:
    if asked.schema is not None:
        return Answer(orjson.dumps(_of_schema(asked.schema, asked.prompt)).decode())
    if asked.searches:
        return _searched(asked)
    if asked.tool_results:
        return Answer(_after_tools(asked.tool_results), _reasoning(asked))
    call = _tool_call(asked)
    if call is not None:
        return Answer(f"I will use {call.name} for that.", _reasoning(asked), (call,), stop="tool")
    return Answer(_spoken(asked), _reasoning(asked))


def _spoken(asked: Asked) -> str:
    if asked.pictures:
        seen = "; ".join(str(picture) for picture in asked.pictures)
        return f"I was shown {_count(len(asked.pictures), 'picture')}: {seen}."
    if asked.prompt_tokens >= LONG_PROMPT_TOKENS:
        last = _shortened(asked.prompt.rsplit("\n", 1)[-1])
        return f"I read about {asked.prompt_tokens:,} tokens to the end, where you asked: “{last}”"
    heard = f"I understood: “{_shortened(asked.prompt)}”" if asked.prompt else "There was no text."
    return f"{asked.model} here, {MODELS.get(asked.model, 'a demo')}. {heard}"


def _reasoning(asked: Asked) -> str:
    if not asked.thinks:
        return ""
    question = _shortened(asked.prompt, 60) or "nothing"
    return f"The question is “{question}”. A demo has no opinion, so I say what I understood, and nothing more."


def _searched(asked: Asked) -> Answer:
    query = asked.prompt.partition("query:")[2].strip() or asked.prompt
    results = (
        SearchResult(f"{_shortened(query, 60)} (demo result 1)", "https://example.com/demo/1"),
        SearchResult(f"{_shortened(query, 60)} (demo result 2)", "https://example.com/demo/2"),
    )
    text = f"I made up {_count(len(results), 'result')} for “{_shortened(query, 80)}”: a demo has no web."
    return Answer(text, searched=query, results=results)


def _after_tools(results: tuple[str, ...]) -> str:
    first = _shortened(results[0]) or "nothing"
    return f"The tool answered: “{first}”" + (f" (and {len(results) - 1} more)" if len(results) > 1 else "")


def _tool_call(asked: Asked) -> ToolCall | None:
    """The call that the prompt asks for, where a tool on offer can do it: Claude Code's Bash and Read."""
    run, read = RUN.search(asked.prompt), READ.search(asked.prompt)
    if run and "command" in asked.tools.get("Bash", ()):
        command = (run.group(1) or run.group(2)).strip()
        return ToolCall("Bash", {"command": command, "description": "What the demo was asked to run"})
    if read and "file_path" in asked.tools.get("Read", ()):
        return ToolCall("Read", {"file_path": read.group(1).rstrip(".,;:)")})
    return None


def _of_schema(schema: JsonObject, prompt: str) -> Json:
    """A value that a JSON schema accepts; strings say something of the prompt (Claude Code asks for titles so)."""
    values = as_list(schema.get("enum"))
    if values:
        return values[0]
    match schema.get("type"):
        case "object":
            properties = as_object(schema.get("properties")) or {}
            return {name: _of_schema(as_object(part) or {}, prompt) for name, part in properties.items()}
        case "array":
            return []
        case "integer" | "number":
            return 0
        case "boolean":
            return False
        case "null":
            return None
        case _:
            return _shortened(prompt, 48) or (as_str(schema.get("title")) or "Demo")


def _limited(asked: Asked, whole: Answer) -> Answer:
    """Cut at the first stop sequence, then at `max_tokens`. A tool call is not cut: it is short."""
    for sequence in asked.stop:
        before, found, _ = whole.text.partition(sequence)
        if found:
            whole = replace(whole, text=before, stop="stop_sequence", matched_stop=sequence, tool_calls=())
    if asked.max_tokens is not None and not whole.tool_calls and tokens_of(whole.text) > asked.max_tokens:
        text = whole.text[: asked.max_tokens * CHARACTERS_PER_TOKEN]
        whole = replace(whole, text=text, stop="length", matched_stop=None)
    return whole


def _shortened(text: str, limit: int = ECHO_CHARACTERS) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
