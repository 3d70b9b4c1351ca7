"""What the body of a request to an upstream says, told in the same words for every dialect."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import orjson

from ccrouter.model.json import Json, JsonObject, as_list, as_object, as_str


@dataclass(frozen=True, slots=True)
class Exchange:
    """A tool call in the history and the text of its result. `failed` is True where the dialect says so in a field."""

    name: str
    arguments: JsonObject
    result: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Wire:
    """How to read one dialect's bodies. `conversation` is the key of the turns; `state` is what the provider gets back
    of its own: reasoning, signatures."""

    conversation: str
    tool_names: Callable[[JsonObject], list[str]]
    exchanges: Callable[[JsonObject], list[Exchange]]
    state: Callable[[JsonObject], list[str]]

    def grew(self, shorter: JsonObject, longer: JsonObject) -> str | None:
        """What keeps `longer` from being `shorter` and more turns, or None. New tools may only come after the old."""
        shorter, longer = (as_object(_settled(body)) or {} for body in (shorter, longer))
        growing = {self.conversation, "tools"}
        for name in sorted({*shorter, *longer}):
            before, after = shorter.get(name), longer.get(name)
            if name == "tools" and self is CLAUDE:
                continue  # the client itself sorts loaded tools in among the others
            if name in growing:
                before, after = _entries(before), _entries(after)
                after = after[: len(before)]
            if before != after:
                return f"{name} changed: {_difference(before, after)}"
        return None


def objects(value: Json) -> list[JsonObject]:
    """The objects in a list."""
    return [found for entry in as_list(value) or [] if (found := as_object(entry)) is not None]


def pictures(value: Json) -> Iterator[bytes]:
    """Every image in a body, in order."""
    if isinstance(value, list):
        for entry in value:
            yield from pictures(entry)
    elif isinstance(value, dict):
        for name, entry in value.items():
            if name in ("url", "image_url") and (url := as_str(entry) or "").startswith("data:image/"):
                yield base64.b64decode(url.partition(";base64,")[2], validate=True)
            elif name == "data" and value.get("mimeType", value.get("media_type", "")) != "application/pdf":
                yield base64.b64decode(as_str(entry) or "", validate=True)
            else:
                yield from pictures(entry)


def _settled(value: Json) -> Json:
    """A body without what the client itself changes behind the last turn: cache marks, text as a string or a block."""
    if isinstance(value, list):
        return [_settled(entry) for entry in value]
    if isinstance(value, dict):
        settled = {name: _settled(entry) for name, entry in value.items() if name != "cache_control"}
        content = settled.get("content")
        if "role" in settled and isinstance(content, str):
            settled["content"] = [{"type": "text", "text": content}]
        return settled
    return value


def _entries(value: Json) -> list[Json]:
    """Turns, or tools; Gemini has all functions inside one tool."""
    entries = as_list(value) or []
    return [
        one for entry in entries for one in as_list((as_object(entry) or {}).get("functionDeclarations")) or [entry]
    ]


def _difference(before: Json, after: Json) -> str:
    """Where two values begin to differ, with a little of both."""
    was, now = orjson.dumps(before).decode(), orjson.dumps(after).decode()
    place = next(
        (at for at, (one, other) in enumerate(zip(was, now, strict=False)) if one != other), min(len(was), len(now))
    )
    start = max(0, place - 100)
    return f"{was[start : place + 200]!r} became {now[start : place + 200]!r}"


def _text(content: Json) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(as_str(part.get("text")) or "" for part in objects(content))


def _parsed(arguments: Json) -> JsonObject:
    return as_object(orjson.loads(as_str(arguments) or "")) or {}


def _chat_tool_names(body: JsonObject) -> list[str]:
    return [str((as_object(tool["function"]) or {})["name"]) for tool in objects(body.get("tools"))]


def _chat_exchanges(body: JsonObject) -> list[Exchange]:
    messages = objects(body.get("messages"))
    found: list[Exchange] = []
    for position, message in enumerate(messages):
        calls = objects(message.get("tool_calls"))
        results = {
            str(after["tool_call_id"]): _text(after["content"])
            for after in messages[position + 1 : position + 1 + len(calls)]
        }
        for call in calls:
            function = as_object(call["function"]) or {}
            found.append(Exchange(str(function["name"]), _parsed(function["arguments"]), results[str(call["id"])]))
    return found


def _chat_state(body: JsonObject) -> list[str]:
    return [str(found) for message in objects(body.get("messages")) if (found := message.get("reasoning_content"))]


def _responses_tool_names(body: JsonObject) -> list[str]:
    return [str(tool.get("name", tool["type"])) for tool in objects(body.get("tools"))]


def _responses_exchanges(body: JsonObject) -> list[Exchange]:
    items = objects(body.get("input"))
    outputs = {str(item["call_id"]): _text(item["output"]) for item in items if item["type"] == "function_call_output"}
    return [
        Exchange(str(item["name"]), _parsed(item["arguments"]), outputs[str(item["call_id"])])
        for item in items
        if item["type"] == "function_call"
    ]


def _responses_state(body: JsonObject) -> list[str]:
    return [
        str(item.get("encrypted_content")) for item in objects(body.get("input")) if item.get("type") == "reasoning"
    ]


def _gemini_tool_names(body: JsonObject) -> list[str]:
    return [str(one["name"]) for tool in objects(body.get("tools")) for one in objects(tool["functionDeclarations"])]


def _gemini_parts(body: JsonObject) -> list[JsonObject]:
    return [part for turn in objects(body.get("contents")) for part in objects(turn["parts"])]


def _gemini_exchanges(body: JsonObject) -> list[Exchange]:
    calls, responses = (
        [as_object(part[kind]) or {} for part in _gemini_parts(body) if kind in part]
        for kind in ("functionCall", "functionResponse")
    )
    found: list[Exchange] = []
    for call, response in zip(calls, responses, strict=True):
        said = as_object(response["response"]) or {}
        failed = "error" in said
        text = str(said["error"] if failed else said["result"])
        found.append(Exchange(str(call["name"]), as_object(call["args"]) or {}, text, failed))
    return found


def _gemini_state(body: JsonObject) -> list[str]:
    return [str(part["thoughtSignature"]) for part in _gemini_parts(body) if "thoughtSignature" in part]


def _claude_blocks(body: JsonObject, kind: str) -> list[JsonObject]:
    messages = objects(body.get("messages"))
    return [block for message in messages for block in objects(message.get("content")) if block.get("type") == kind]


def _claude_tool_names(body: JsonObject) -> list[str]:
    return [str(tool["name"]) for tool in objects(body.get("tools"))]


def _claude_exchanges(body: JsonObject) -> list[Exchange]:
    results = {str(block["tool_use_id"]): block for block in _claude_blocks(body, "tool_result")}
    found: list[Exchange] = []
    for call in _claude_blocks(body, "tool_use"):
        result = results[str(call["id"])]
        text, failed = _text(result.get("content")), result.get("is_error") is True
        found.append(Exchange(str(call["name"]), as_object(call["input"]) or {}, text, failed))
    return found


def _claude_state(body: JsonObject) -> list[str]:
    return [str(block["signature"]) for block in _claude_blocks(body, "thinking")]


CHAT = Wire("messages", _chat_tool_names, _chat_exchanges, _chat_state)
RESPONSES = Wire("input", _responses_tool_names, _responses_exchanges, _responses_state)
GEMINI = Wire("contents", _gemini_tool_names, _gemini_exchanges, _gemini_state)
CLAUDE = Wire("messages", _claude_tool_names, _claude_exchanges, _claude_state)
