"""Events to the bytes Claude Code reads, and to a whole message: Rule 2."""

from typing import Any

import orjson
import pytest

from ccrouter.dialects.anthropic import ANTHROPIC
from ccrouter.dialects.anthropic.message import MessageCollector
from ccrouter.dialects.anthropic.stream import ReplyDefaults, StreamEncoder
from ccrouter.dialects.base import ReplyContext
from ccrouter.errors import ErrorDetail, UpstreamError
from ccrouter.model.events import (
    BlockHead,
    BlockStart,
    BlockStop,
    Event,
    Failed,
    Finish,
    OpaqueBlock,
    OpaqueDelta,
    Signature,
    Start,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolInputDelta,
    ToolUseBlock,
    Usage,
    UsageUpdate,
)
from ccrouter.model.grammar import violations
from ccrouter.model.runs import Delta, DeltaRun
from ccrouter.sse import FrameSplitter

DEFAULTS = ReplyDefaults("msg_default", "default-model", input_tokens=77)

TURN: list[Event] = [
    Start("msg_1", "served-model"),
    BlockStart(5, ThinkingBlock()),
    ThinkingDelta(5, 'thïnk "it" \n over'),
    Signature(5, "sig"),
    BlockStop(5),
    BlockStart(9, TextBlock()),
    TextDelta(9, "Héllo "),
    TextDelta(9, "🌍\u2028"),
    OpaqueDelta(9, {"type": "citations_delta", "citation": {"url": "u"}}),
    BlockStop(9),
    BlockStart(2, ToolUseBlock("toolu_1", "Bash")),
    ToolInputDelta(2, '{"command": "ec'),
    ToolInputDelta(2, 'ho \\"x\\""}'),
    BlockStop(2),
    BlockStart(3, ToolUseBlock("toolu_2", "Now")),
    BlockStop(3),
    BlockStart(4, OpaqueBlock({"type": "redacted_thinking", "data": "zzz"})),
    BlockStop(4),
    UsageUpdate(Usage(input=10, output=5, cache_read=3)),
    Finish("tool_use"),
]


def frames(body: bytes) -> list[tuple[str | None, dict[str, Any]]]:
    return [(frame.event, orjson.loads(frame.data)) for frame in FrameSplitter().feed(body)]


def test_the_turn_is_a_sentence() -> None:
    assert violations(TURN) == []


def test_indexes_are_contiguous_and_names_match_types() -> None:
    sent = frames(StreamEncoder(DEFAULTS).encode(TURN))
    assert all(name == data["type"] for name, data in sent)
    assert [data["index"] for _, data in sent if data["type"] == "content_block_start"] == [0, 1, 2, 3, 4]
    opened = None
    for _, data in sent:
        if data["type"] == "content_block_start":
            assert opened is None
            opened = data["index"]
        elif data["type"] == "content_block_stop":
            assert data["index"] == opened
            opened = None
        elif data["type"] == "content_block_delta":
            assert data["index"] == opened


def test_stream_and_whole_message_say_the_same() -> None:
    collector = MessageCollector(DEFAULTS)
    collector.collect(TURN)
    context = ReplyContext(origin="o", model="m")
    splitter, decoder, again = FrameSplitter(), ANTHROPIC.decoder(context), MessageCollector(DEFAULTS)
    for frame in splitter.feed(StreamEncoder(DEFAULTS).encode(TURN)):
        again.collect(decoder.frame(frame))
    assert again.message == collector.message
    assert collector.message == {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "served-model",
        "content": [
            {"type": "thinking", "thinking": 'thïnk "it" \n over', "signature": "sig"},
            {"type": "text", "text": "Héllo 🌍\u2028", "citations": [{"url": "u"}]},
            {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": 'echo "x"'}},
            {"type": "tool_use", "id": "toolu_2", "name": "Now", "input": {}},
            {"type": "redacted_thinking", "data": "zzz"},
        ],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 10,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 3,
            "output_tokens": 5,
        },
    }


def test_a_call_without_input_still_gets_one_delta() -> None:
    sent = frames(StreamEncoder(DEFAULTS).encode(TURN))
    assert [d["delta"]["partial_json"] for _, d in sent if d["type"] == "content_block_delta" and d["index"] == 3] == [
        "{}"
    ]


def test_what_the_upstream_does_not_tell_is_estimated() -> None:
    events: list[Event] = [
        Start(None, None),
        BlockStart(0, TextBlock()),
        TextDelta(0, "x" * 41),
        BlockStop(0),
        Finish("end_turn"),
    ]
    sent = frames(StreamEncoder(DEFAULTS).encode(events))
    message = sent[0][1]["message"]
    assert (message["id"], message["model"]) == ("msg_default", "default-model")
    assert message["usage"]["input_tokens"] == 77
    assert sent[-2][1]["usage"] == {
        "input_tokens": 77,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": 11,
    }


@pytest.mark.parametrize("batch", [1, 3])
def test_batches_make_no_difference(batch: int) -> None:
    encoder = StreamEncoder(DEFAULTS)
    cut = b"".join(encoder.encode(TURN[start : start + batch]) for start in range(0, len(TURN), batch))
    assert cut == StreamEncoder(DEFAULTS).encode(TURN)


@pytest.mark.parametrize(
    ("head", "kind"),
    [(TextBlock(), TextDelta), (ThinkingBlock(), ThinkingDelta), (ToolUseBlock("x", "f"), ToolInputDelta)],
)
@pytest.mark.parametrize("texts", [["a"], ["a", ',\n  "b"', "\u2028 ß", '"}}\n\n'], ["one"] * 1000])
def test_a_run_is_encoded_as_its_events_are(head: BlockHead, kind: type[Delta], texts: list[str]) -> None:
    run = DeltaRun(kind, 7, texts)
    begun: list[Event] = [Start(None, None), BlockStart(7, head)]
    ended: list[Event] = [BlockStop(7), Finish("end_turn")]
    one, many = StreamEncoder(DEFAULTS), StreamEncoder(DEFAULTS)
    assert one.encode([*begun, *run.events(), *ended]) == many.encode(begun) + many.encode_run(run) + many.encode(ended)


def test_a_broken_reply_ends_in_an_error_event() -> None:
    error = UpstreamError(ErrorDetail("overloaded_error", "Overloaded", 529))
    sent = frames(StreamEncoder(DEFAULTS).encode([*TURN[:7], Failed(error)]))
    assert sent[-1] == ("error", {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
    assert "message_stop" not in [name for name, _ in sent]
    collector = MessageCollector(DEFAULTS)
    collector.collect([*TURN[:7], Failed(error)])
    assert (collector.message, collector.failure) == (None, error)


def test_input_that_is_no_object_is_not_made_an_empty_call() -> None:
    collector = MessageCollector(DEFAULTS)
    events: list[Event] = [
        Start("m", "m"),
        BlockStart(0, ToolUseBlock("t", "Bash")),
        ToolInputDelta(0, '{"command": "ls'),
        BlockStop(0),
        Finish("max_tokens"),
    ]
    collector.collect(events)
    assert collector.message is not None
    assert collector.message["content"] == [
        {"type": "tool_use", "id": "t", "name": "Bash", "input": {"invalid_json": '{"command": "ls'}}
    ]
