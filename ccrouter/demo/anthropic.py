"""The demo provider's Anthropic side: reading requests, writing whole answers, streams and errors."""

import base64
import hashlib
from collections.abc import Sequence

import orjson

from ccrouter.demo.answers import MODELS, Answer, Stop, pieces
from ccrouter.demo.asked import (
    Asked,
    BadRequestError,
    argument_names,
    own_words,
    required_messages,
    required_model,
    strings,
    tokens_of,
)
from ccrouter.demo.pictures import Picture, picture_of_base64
from ccrouter.errors import error_type_of_status
from ccrouter.model.json import Json, JsonObject, as_int, as_list, as_object, as_str

ROLES = frozenset({"user", "assistant", "system"})
STOP_REASON: dict[Stop, str] = {
    "end": "end_turn",
    "tool": "tool_use",
    "length": "max_tokens",
    "stop_sequence": "stop_sequence",
}
ARGUMENT_CHARACTERS = 16


def read(body: JsonObject) -> Asked:
    """The request. Raises BadRequestError for what Anthropic refuses as well."""
    model = required_model(body, MODELS)
    messages = required_messages(body)
    for number, message in enumerate(messages):
        if message.get("role") not in ROLES:
            raise BadRequestError(f"messages.{number}.role: Input should be 'user' or 'assistant'")
    max_tokens = as_int(body.get("max_tokens"))
    if max_tokens is None:
        raise BadRequestError("max_tokens: Field required")
    tools = [as_object(tool) or {} for tool in as_list(body.get("tools")) or []]
    blocks = _last_turn(messages)
    format_ = as_object((as_object(body.get("output_config")) or {}).get("format")) or {}
    return Asked(
        model=model,
        prompt=own_words("\n".join(text for block in blocks if (text := as_str(block.get("text"))))),
        prompt_tokens=count(body),
        streamed=body.get("stream") is True,
        tools={as_str(tool.get("name")) or "": argument_names(tool.get("input_schema")) for tool in tools},
        tool_results=tuple(_result_text(block) for block in blocks if block.get("type") == "tool_result"),
        pictures=tuple(picture for block in blocks if (picture := _picture(block)) is not None),
        schema=as_object(format_.get("schema")),
        max_tokens=max_tokens,
        stop=strings(body.get("stop_sequences")),
        thinks=(as_object(body.get("thinking")) or {}).get("type") == "enabled",
        searches=any((as_str(tool.get("type")) or "").startswith("web_search") for tool in tools),
    )


def count(body: JsonObject) -> int:
    """Input tokens of a request: all text, tool definitions and tool calls; pictures and documents are not counted."""
    messages = [as_object(message) or {} for message in as_list(body.get("messages")) or []]
    blocks = [*_blocks(body.get("system")), *(block for each in messages for block in _blocks(each.get("content")))]
    tools = body.get("tools")
    return sum(_block_tokens(block) for block in blocks) + (tokens_of(orjson.dumps(tools).decode()) if tools else 0)


def _block_tokens(block: JsonObject) -> int:
    match block.get("type"):
        case "tool_use":
            return tokens_of(orjson.dumps(block.get("input")).decode())
        case "tool_result":
            return tokens_of(_result_text(block))
        case _:
            return tokens_of(as_str(block.get("text")) or as_str(block.get("thinking")) or "")


def _blocks(content: Json) -> list[JsonObject]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [block for each in as_list(content) or [] if (block := as_object(each)) is not None]


def _last_turn(messages: Sequence[JsonObject]) -> list[JsonObject]:
    """The blocks of the user messages after the last one of the assistant."""
    turn: list[JsonObject] = []
    for message in reversed(messages):
        if message.get("role") == "assistant":
            break
        if message.get("role") == "user":
            turn[:0] = _blocks(message.get("content"))
    return turn


def _result_text(block: JsonObject) -> str:
    return "\n".join(text for part in _blocks(block.get("content")) if (text := as_str(part.get("text"))))


def _picture(block: JsonObject) -> Picture | None:
    source = as_object(block.get("source")) or {}
    if block.get("type") != "image" or source.get("type") != "base64":
        return None
    return picture_of_base64(as_str(source.get("media_type")) or "image/unknown", as_str(source.get("data")) or "")


def _usage(asked: Asked, answer: Answer) -> JsonObject:
    usage: JsonObject = {
        "input_tokens": asked.prompt_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": answer.tokens,
    }
    if answer.searched is not None:
        usage["server_tool_use"] = {"web_search_requests": 1}
    return usage


def _signature(reasoning: str) -> str:
    """What the demo signs thinking with: the same for the same text, as opaque as the real ones."""
    return base64.b64encode(hashlib.sha256(reasoning.encode()).digest()).decode()


def _content(answer: Answer, identity: str) -> list[JsonObject]:
    """The answer's blocks, whole."""
    blocks: list[JsonObject] = []
    if answer.reasoning:
        signature = _signature(answer.reasoning)
        blocks.append({"type": "thinking", "thinking": answer.reasoning, "signature": signature})
    if answer.searched is not None:
        search = f"srvtoolu_{identity}"
        query: JsonObject = {"query": answer.searched}
        results: list[Json] = [
            {
                "type": "web_search_result",
                "title": result.title,
                "url": result.url,
                "encrypted_content": _signature(result.url),
                "page_age": None,
            }
            for result in answer.results
        ]
        blocks.append({"type": "server_tool_use", "id": search, "name": "web_search", "input": query})
        blocks.append({"type": "web_search_tool_result", "tool_use_id": search, "content": results})
    if answer.text:
        blocks.append({"type": "text", "text": answer.text})
    for number, call in enumerate(answer.tool_calls):
        identifier = f"toolu_{identity}_{number}"
        blocks.append({"type": "tool_use", "id": identifier, "name": call.name, "input": call.arguments})
    return blocks


def whole(asked: Asked, answer: Answer, identity: str) -> JsonObject:
    """The answer as one message. `identity` makes its ids."""
    content: list[Json] = [*_content(answer, identity)]
    return {
        "id": f"msg_{identity}",
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "content": content,
        "stop_reason": STOP_REASON[answer.stop],
        "stop_sequence": answer.matched_stop,
        "usage": _usage(asked, answer),
    }


def frames(asked: Asked, answer: Answer, identity: str) -> list[bytes]:
    """The answer as server-sent events."""
    message = whole(asked, answer, identity)
    opening: JsonObject = {**message, "content": [], "stop_reason": None, "stop_sequence": None}
    opening["usage"] = {**_usage(asked, answer), "output_tokens": 1}
    written = [_frame({"type": "message_start", "message": opening})]
    for index, block in enumerate(_content(answer, identity)):
        started, deltas = _in_pieces(block)
        written.append(_frame({"type": "content_block_start", "index": index, "content_block": started}))
        written += [_frame({"type": "content_block_delta", "index": index, "delta": delta}) for delta in deltas]
        written.append(_frame({"type": "content_block_stop", "index": index}))
    delta: JsonObject = {"stop_reason": message["stop_reason"], "stop_sequence": message["stop_sequence"]}
    written.append(_frame({"type": "message_delta", "delta": delta, "usage": message["usage"]}))
    return [*written, _frame({"type": "message_stop"})]


def _in_pieces(block: JsonObject) -> tuple[JsonObject, list[JsonObject]]:
    """A block as it is opened, and the deltas that fill it."""
    match block["type"]:
        case "text":
            deltas: list[JsonObject] = [
                {"type": "text_delta", "text": piece} for piece in pieces(as_str(block["text"]) or "")
            ]
            return {"type": "text", "text": ""}, deltas
        case "thinking":
            deltas = [
                {"type": "thinking_delta", "thinking": piece} for piece in pieces(as_str(block["thinking"]) or "")
            ]
            signature: JsonObject = {"type": "signature_delta", "signature": block["signature"]}
            return {"type": "thinking", "thinking": "", "signature": ""}, [*deltas, signature]
        case "tool_use" | "server_tool_use":
            text = orjson.dumps(block["input"]).decode()
            cuts = range(0, len(text), ARGUMENT_CHARACTERS)
            deltas = [
                {"type": "input_json_delta", "partial_json": text[cut : cut + ARGUMENT_CHARACTERS]} for cut in cuts
            ]
            return {**block, "input": {}}, deltas
        case _:
            return block, []


def _frame(value: JsonObject) -> bytes:
    return f"event: {value['type']}\ndata: ".encode() + orjson.dumps(value) + b"\n\n"


def error(problem: BadRequestError) -> JsonObject:
    """Anthropic's error shape."""
    return {"type": "error", "error": {"type": error_type_of_status(problem.status), "message": problem.message}}
