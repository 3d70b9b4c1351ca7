"""What of a request does not arrive in a wire body, and whether a note says so."""

from collections.abc import Iterator

import orjson

from ccrouter.dialects.tool_search import referenced_names
from ccrouter.model.blocks import (
    Block,
    Document,
    Image,
    Opaque,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
)
from ccrouter.model.json import Json, JsonObject
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request

SHORTEST = 4
"""Shorter strings are found anywhere and prove nothing."""


def losses(request: Request, wire: JsonObject, notes: Notes) -> list[str]:
    """Every string of the request that is neither in the wire body nor of a kind that a note names."""
    raw = orjson.dumps(wire).decode()
    # Arguments of calls are JSON within JSON in some protocols: escaped once more.
    nested = orjson.dumps(raw).decode()
    noted = {note.what for note in notes.entries}
    lost: list[str] = []
    for kind, text in strings(request):
        if len(text) < SHORTEST or kind in noted or any(kind.startswith(f"{what}.") for what in noted):
            continue
        escaped = orjson.dumps(text).decode()[1:-1]
        twice = orjson.dumps(escaped).decode()[1:-1]
        if escaped not in raw and twice not in raw and twice not in nested:
            lost.append(f"{kind}: {text[:80]}")
    return lost


def strings(request: Request) -> Iterator[tuple[str, str]]:
    """Each string that a model should see, with the kind of thing it is part of."""
    for block in request.system_blocks:
        if isinstance(block, Text):
            billing = block.text.startswith("x-anthropic-billing-header")
            yield "x-anthropic-billing-header" if billing else "system", block.text.strip()
    for message in request.messages:
        for block in message.blocks:
            yield from _of_block(block)
    referenced = referenced_names(request)
    for tool in request.tools or ():
        # A deferred tool that nothing refers to is not lost: staying away until then is what its flag says.
        if tool.is_server_tool or (tool.deferred and tool.name not in referenced):
            continue
        yield "tool", tool.name
        yield "tool", (tool.description or "").strip()
    for name in request.extras:
        if name not in {"metadata", "output_config"}:
            yield name, name


def _of_block(block: Block) -> Iterator[tuple[str, str]]:
    match block:
        case Text(text):
            yield "text", text.strip()
        case Thinking(text):
            yield "thinking", text.strip()
        case ToolUse(_, name, tool_input):
            yield "tool_use", name
            for text in _leaves(tool_input):
                yield "tool_use", text
        case ToolResult(_, content):
            if isinstance(content, str):
                yield "tool_result", content.strip()
            else:
                for inner in content or ():
                    yield from _of_block(inner)
        case Image(source) | Document(source):
            data = source.get("data")
            yield "image" if isinstance(block, Image) else "document", data if isinstance(data, str) else ""
        case Opaque():
            for text in _leaves(block.raw):
                yield block.type, text
        case _:
            return


def _leaves(value: Json) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _leaves(item)
        case dict():
            for item in value.values():
                yield from _leaves(item)
        case _:
            return
