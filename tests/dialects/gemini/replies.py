"""Builds Gemini replies and decodes them, the grammar always asserted."""

from typing import Any

import orjson

from ccrouter.dialects.base import ReplyContext
from ccrouter.dialects.gemini import GEMINI
from ccrouter.model.events import Event
from ccrouter.model.grammar import violations
from ccrouter.sse import Frame
from tests.conformance.compare import Outcome, outcome

CONTEXT = ReplyContext(origin="acme", model="gemini-3.1-pro-preview", tool_names=frozenset({"Bash", "Read"}))


def chunk(*parts: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    """One chunk as Google documents it. `more` are further fields of the candidate."""
    candidate: dict[str, Any] = {"content": {"parts": list(parts), "role": "model"}, "index": 0, **more}
    if finish is not None:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "modelVersion": "gemini-3.1-pro-preview", "responseId": "r-1"}


def text(said: str, **more: Any) -> dict[str, Any]:
    """A part of the answer's text."""
    return {"text": said, **more}


def thought(said: str, **more: Any) -> dict[str, Any]:
    """A part of the model's reasoning."""
    return {"text": said, "thought": True, **more}


def call(name: str, args: Any = None, id_: str | None = None, **more: Any) -> dict[str, Any]:
    """A whole function call."""
    function = {"name": name, "args": args or {}}
    return {"functionCall": function if id_ is None else {**function, "id": id_}, **more}


def stream(*chunks: Any, context: ReplyContext = CONTEXT) -> list[Event]:
    """The events of a stream of these chunks (dicts, or bytes as they are)."""
    decoder = GEMINI.decoder(context)
    events: list[Event] = []
    for item in chunks:
        events += decoder.frame(Frame(None, item if isinstance(item, bytes) else orjson.dumps(item)))
    events += decoder.end()
    assert violations(events) == []
    return events


def streamed(*chunks: Any, context: ReplyContext = CONTEXT) -> Outcome:
    """The outcome of such a stream."""
    return outcome(stream(*chunks, context=context))


def whole(body: Any, context: ReplyContext = CONTEXT) -> list[Event]:
    """The events of a whole reply (JSON, or bytes as they are)."""
    events = GEMINI.decoder(context).whole(body if isinstance(body, bytes) else orjson.dumps(body))
    assert violations(events) == []
    return events
