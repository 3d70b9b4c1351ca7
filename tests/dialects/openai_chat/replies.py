"""Builds OpenAI-chat replies and decodes them, the grammar always asserted."""

from typing import Any

import orjson

from ccrouter.dialects.base import ReplyContext
from ccrouter.dialects.openai_chat import OPENAI_CHAT
from ccrouter.model.events import Event
from ccrouter.model.grammar import violations
from ccrouter.sse import Frame
from tests.conformance.compare import Outcome, outcome

CONTEXT = ReplyContext(origin="acme", model="asked-model")


def chunk(delta: dict[str, Any] | None = None, finish: str | None = None, **top: Any) -> dict[str, Any]:
    """One stream chunk as OpenAI documents it. `top` are further top-level fields."""
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m-1",
        "choices": [choice],
        **top,
    }


def call(index: int | None, id_: str | None = None, name: str | None = None, arguments: Any = None) -> dict[str, Any]:
    """One entry of `tool_calls`; what is None is left out."""
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    entry: dict[str, Any] = {"function": function}
    if index is not None:
        entry["index"] = index
    if id_ is not None:
        entry |= {"id": id_, "type": "function"}
    return entry


def calls(*entries: dict[str, Any]) -> dict[str, Any]:
    """A chunk with these `tool_calls`."""
    return chunk({"tool_calls": list(entries)})


def stream(*chunks: Any, done: bool = True, context: ReplyContext = CONTEXT) -> list[Event]:
    """The events of a stream of these chunks (dicts, or bytes as they are)."""
    decoder = OPENAI_CHAT.decoder(context)
    events: list[Event] = []
    for item in [*chunks, *([b"[DONE]"] if done else [])]:
        events += decoder.frame(Frame(None, item if isinstance(item, bytes) else orjson.dumps(item)))
    events += decoder.end()
    assert violations(events) == []
    return events


def streamed(*chunks: Any, done: bool = True, context: ReplyContext = CONTEXT) -> Outcome:
    """The outcome of such a stream."""
    return outcome(stream(*chunks, done=done, context=context))


def whole(body: Any, context: ReplyContext = CONTEXT) -> Outcome:
    """The outcome of a whole reply (a dict, or bytes as they are)."""
    events = OPENAI_CHAT.decoder(context).whole(body if isinstance(body, bytes) else orjson.dumps(body))
    assert violations(events) == []
    return outcome(events)


def answer(message: dict[str, Any], finish: str | None = "stop", **top: Any) -> dict[str, Any]:
    """A whole reply as OpenAI documents it."""
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    return {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m-1", "choices": [choice], **top}
