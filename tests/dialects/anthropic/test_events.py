"""Anthropic streams that are not as they should be end in Failed, never in a made-up answer."""

import random
from typing import Any

import orjson
import pytest

from ccrouter.dialects.anthropic import ANTHROPIC
from ccrouter.dialects.base import ReplyContext
from ccrouter.model.events import BlockStart, BlockStop, Event, Failed, Finish, OpaqueDelta, Start, TextBlock, TextDelta
from ccrouter.model.grammar import violations
from ccrouter.sse import Frame

START = {"type": "message_start", "message": {"id": "m", "model": "x", "content": [], "usage": {"input_tokens": 1}}}
OPEN = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
TEXT = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "a"}}
CLOSE = {"type": "content_block_stop", "index": 0}
DELTA = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}}
STOP = {"type": "message_stop"}
PING = {"type": "ping"}


def decode(*chunks: Any) -> list[Event]:
    decoder = ANTHROPIC.decoder(ReplyContext(origin="o", model="m"))
    events: list[Event] = []
    for chunk in chunks:
        events += decoder.frame(Frame(None, chunk if isinstance(chunk, bytes) else orjson.dumps(chunk)))
    events += decoder.end()
    assert decoder.end() == []
    assert violations(events) == []
    return events


def failure(events: list[Event]) -> str:
    assert isinstance(events[-1], Failed)
    return events[-1].error.detail.message


def test_a_whole_turn_with_pings() -> None:
    events = decode(PING, START, PING, OPEN, TEXT, PING, CLOSE, DELTA, STOP, TEXT)
    assert [type(event) for event in events[:4]] == [Start, BlockStart, TextDelta, BlockStop]
    assert events[1] == BlockStart(0, TextBlock())
    assert isinstance(events[-1], Finish)


def test_a_missing_message_stop_is_forgiven_after_the_stop_reason() -> None:
    assert isinstance(decode(START, OPEN, TEXT, CLOSE, DELTA)[-1], Finish)


@pytest.mark.parametrize(
    ("chunks", "words"),
    [
        ([], "ended the stream"),
        ([START], "ended the stream"),
        ([START, OPEN, TEXT], "ended the stream"),
        ([START, OPEN, TEXT, CLOSE], "ended the stream"),
        ([START, STOP], "ended the stream"),
        ([START, START], "started its answer twice"),
        ([START, OPEN, OPEN], "opened a block"),
        ([OPEN], "opened a block"),
        ([START, TEXT], "not open"),
        ([START, OPEN, {**TEXT, "index": 1}], "not open"),
        ([START, CLOSE], "not open"),
        ([START, OPEN, CLOSE, TEXT], "not open"),
        ([DELTA], "never started"),
        ([START, b"<html>"], "not JSON"),
        ([START, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}], "Overloaded"),
    ],
)
def test_broken_streams_fail(chunks: list[Any], words: str) -> None:
    assert words in failure(decode(*chunks))


@pytest.mark.parametrize("body", [b"", b"<html></html>", b"[]", b"{}", b'{"type":"error","error":{"message":"no"}}'])
def test_whole_bodies_that_are_no_message_fail(body: bytes) -> None:
    events = ANTHROPIC.decoder(ReplyContext(origin="o", model="m")).whole(body)
    assert failure(events)


@pytest.mark.parametrize("kind", ["thinking", "tool_use"])
def test_text_for_a_block_of_another_kind_fails(kind: str) -> None:
    block = {"type": kind, "thinking": "", "id": "t", "name": "n", "input": {}}
    assert "another kind" in failure(decode(START, {**OPEN, "content_block": block}, TEXT))


def test_text_for_a_block_of_an_unknown_kind_is_kept() -> None:
    events = decode(START, {**OPEN, "content_block": {"type": "next_year"}}, TEXT, CLOSE, DELTA, STOP)
    assert OpaqueDelta(0, TEXT["delta"]) in events  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_random_orders_keep_the_grammar_and_raise_nothing() -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    pieces: list[Any] = [START, OPEN, TEXT, CLOSE, DELTA, STOP, PING, b"x", {}, {"type": "content_block_delta"}]
    pieces += [{"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "id": None}}]
    pieces += [{"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": "{"}}]
    pieces += [{**OPEN, "index": "0"}, {**DELTA, "delta": None}, {"type": "message_start", "message": None}, [], 7]
    for _ in range(3000):
        decode(*[chance.choice(pieces) for _ in range(chance.randrange(12))])
