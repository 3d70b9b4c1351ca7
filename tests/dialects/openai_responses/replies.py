"""Builds Responses replies and decodes them, the grammar always asserted."""

from typing import Any

import orjson

from ccrouter.dialects.base import ReplyContext
from ccrouter.dialects.openai_responses import OPENAI_RESPONSES
from ccrouter.model.events import Event
from ccrouter.model.grammar import violations
from ccrouter.sse import Frame
from tests.conformance.compare import Outcome, outcome

CONTEXT = ReplyContext(origin="acme", model="asked-model")
USAGE = {
    "input_tokens": 100,
    "input_tokens_details": {"cached_tokens": 40},
    "output_tokens": 7,
    "output_tokens_details": {"reasoning_tokens": 3},
    "total_tokens": 107,
}


def event(kind: str, index: int | None = None, **fields: Any) -> dict[str, Any]:
    """One typed event; `kind` without `response.` in front."""
    place = {} if index is None else {"output_index": index}
    return {"type": f"response.{kind}", **place, **fields}


def added(index: int, kind: str, **fields: Any) -> dict[str, Any]:
    return event("output_item.added", index, item={"type": kind, "status": "in_progress", **fields})


def done(index: int, kind: str, **fields: Any) -> dict[str, Any]:
    return event("output_item.done", index, item={"type": kind, "status": "completed", **fields})


def text(index: int, delta: str, part: int = 0) -> dict[str, Any]:
    return event("output_text.delta", index, content_index=part, delta=delta)


def summary(index: int, delta: str, part: int = 0) -> dict[str, Any]:
    return event("reasoning_summary_text.delta", index, summary_index=part, delta=delta)


def arguments(index: int, delta: str) -> dict[str, Any]:
    return event("function_call_arguments.delta", index, delta=delta)


def call(index: int, name: str = "Bash", id_: str | None = None, **fields: Any) -> dict[str, Any]:
    return added(index, "function_call", id=f"fc_{index}", call_id=id_ or f"call_{index}", name=name, **fields)


def ended(kind: str = "completed", **response: Any) -> dict[str, Any]:
    """The terminal event."""
    fields = {"id": "resp_1", "object": "response", "model": "m-1", "status": kind, "output": [], "usage": USAGE}
    return event(kind, response={**fields, **response})


def stream(*events: Any, context: ReplyContext = CONTEXT) -> list[Event]:
    """The events of a stream of these (dicts, or bytes as they are)."""
    decoder = OPENAI_RESPONSES.decoder(context)
    got: list[Event] = []
    for item in events:
        got += decoder.frame(Frame(None, item if isinstance(item, bytes) else orjson.dumps(item)))
    got += decoder.end()
    assert violations(got) == []
    assert not decoder.finishing
    assert decoder.frame(Frame(None, b"{}")) == decoder.end() == []
    return got


def streamed(*events: Any, context: ReplyContext = CONTEXT) -> Outcome:
    """The outcome of such a stream."""
    return outcome(stream(*events, context=context))


def whole(body: Any, context: ReplyContext = CONTEXT) -> Outcome:
    """The outcome of a whole reply (a dict, or bytes as they are)."""
    got = OPENAI_RESPONSES.decoder(context).whole(body if isinstance(body, bytes) else orjson.dumps(body))
    assert violations(got) == []
    return outcome(got)
