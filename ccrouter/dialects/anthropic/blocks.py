"""Content blocks, both ways. A bijection: encoding a decoded block gives back the same JSON."""

from collections.abc import Callable, Mapping
from typing import cast

from ccrouter.model.blocks import (
    Block,
    Document,
    Image,
    Opaque,
    Text,
    Thinking,
    ToolReference,
    ToolResult,
    ToolUse,
)
from ccrouter.model.json import NO_EXTRAS, Json, JsonObject


def decode_block(raw: JsonObject) -> Block:
    """One block. What does not have the shape its type promises stays opaque, whole."""
    kind = raw.get("type")
    decoder = DECODERS.get(kind) if isinstance(kind, str) else None
    block = decoder(raw) if decoder is not None else None
    return Opaque(raw) if block is None else block


def encode_blocks(blocks: tuple[Block, ...]) -> list[Json]:
    """A `content` array."""
    return [encode_block(block) for block in blocks]


def encode_block(block: Block) -> JsonObject:
    """One block as JSON."""
    match block:
        case Text(text, extras):
            return {"type": "text", "text": text, **extras}
        case ToolUse(identity, name, tool_input, extras):
            return {"type": "tool_use", "id": identity, "name": name, "input": tool_input, **extras}
        case ToolResult():
            return _encode_tool_result(block)
        case Thinking(text, signature, extras):
            head: JsonObject = {"type": "thinking", "thinking": text}
            if signature is not None:
                head["signature"] = signature
            return {**head, **extras}
        case Image(source, extras):
            return {"type": "image", "source": source, **extras}
        case Document(source, extras):
            return {"type": "document", "source": source, **extras}
        case ToolReference(tool_name, extras):
            return {"type": "tool_reference", "tool_name": tool_name, **extras}
        case Opaque(raw):
            return raw


def _beside(raw: JsonObject, *known: str) -> Mapping[str, Json]:
    """The fields of `raw` beside `type` and the `known` ones."""
    if len(raw) == len(known) + 1:
        return NO_EXTRAS
    return {key: value for key, value in raw.items() if key != "type" and key not in known}


def _decode_text(raw: JsonObject) -> Block | None:
    text = raw.get("text")
    return Text(text, _beside(raw, "text")) if isinstance(text, str) else None


def _decode_thinking(raw: JsonObject) -> Block | None:
    text, signature = raw.get("thinking"), raw.get("signature")
    if not isinstance(text, str) or not (signature is None or isinstance(signature, str)):
        return None
    if signature is None:
        # An explicit null stays in the extras, so that it is there again on the way out.
        return Thinking(text, None, {key: raw[key] for key in raw if key not in {"type", "thinking"}})
    return Thinking(text, signature, _beside(raw, "thinking", "signature"))


def _decode_tool_use(raw: JsonObject) -> Block | None:
    identity, name = raw.get("id"), raw.get("name")
    if not isinstance(identity, str) or not isinstance(name, str) or "input" not in raw:
        return None
    return ToolUse(identity, name, raw["input"], _beside(raw, "id", "name", "input"))


def _decode_tool_result(raw: JsonObject) -> Block | None:
    identity, content, is_error = raw.get("tool_use_id"), content_of(raw.get("content")), raw.get("is_error")
    if not isinstance(identity, str):
        return None
    known = ["tool_use_id"]
    if content is not None:
        known.append("content")
    if isinstance(is_error, bool):
        known.append("is_error")
    return ToolResult(identity, content, is_error if isinstance(is_error, bool) else None, _beside(raw, *known))


def _encode_tool_result(block: ToolResult) -> JsonObject:
    raw: JsonObject = {"type": "tool_result", "tool_use_id": block.tool_use_id}
    if block.content is not None:
        raw["content"] = block.content if isinstance(block.content, str) else encode_blocks(block.content)
    if block.is_error is not None:
        raw["is_error"] = block.is_error
    return {**raw, **block.extras}


def _decode_image(raw: JsonObject) -> Block | None:
    source = raw.get("source")
    return Image(source, _beside(raw, "source")) if isinstance(source, dict) else None


def _decode_document(raw: JsonObject) -> Block | None:
    source = raw.get("source")
    return Document(source, _beside(raw, "source")) if isinstance(source, dict) else None


def _decode_tool_reference(raw: JsonObject) -> Block | None:
    name = raw.get("tool_name")
    return ToolReference(name, _beside(raw, "tool_name")) if isinstance(name, str) else None


DECODERS: Mapping[str, Callable[[JsonObject], Block | None]] = {
    "text": _decode_text,
    "thinking": _decode_thinking,
    "tool_use": _decode_tool_use,
    "tool_result": _decode_tool_result,
    "image": _decode_image,
    "document": _decode_document,
    "tool_reference": _decode_tool_reference,
}


def content_of(raw: Json) -> str | tuple[Block, ...] | None:
    """A `content` or `system` value: a string stays one, an array of objects becomes blocks, anything else is None."""
    if isinstance(raw, str):
        return raw
    if not isinstance(raw, list):
        return None
    blocks: list[Block] = []
    for item in raw:
        if not isinstance(item, dict):
            return None
        blocks.append(decode_block(item))
    return tuple(blocks)


def encode_content(content: str | tuple[Block, ...]) -> Json:
    """The reverse of `content_of`."""
    return content if isinstance(content, str) else cast(Json, encode_blocks(content))
