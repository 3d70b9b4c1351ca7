"""Only a sentence of the grammar goes out, and what is one already goes out untouched."""

import logging

import pytest

from ccrouter.config.types import ProviderConfig, TransformerUse
from ccrouter.dialects.anthropic.stream import ReplyDefaults
from ccrouter.dialects.openai_chat import OPENAI_CHAT
from ccrouter.dialects.quirks import Quirks
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
    TextDelta,
    ThinkingDelta,
    ToolInputDelta,
    ToolUseBlock,
    Usage,
    UsageUpdate,
)
from ccrouter.model.grammar import violations
from ccrouter.model.runs import Delta, DeltaRun
from ccrouter.pipeline.build import build_pipeline
from ccrouter.pipeline.inbound import Reply
from ccrouter.pipeline.reply_events import EventReader
from ccrouter.pipeline.verifier import LOST_ARGUMENTS, NO_END, MendCounts, Verifier
from ccrouter.transformers.base import Context, EventFilter, Transformer
from tests.pipeline.verified import (
    BROKEN,
    CALL,
    SEARCH,
    START,
    TEXT,
    THINKING,
    TOOLS_FOLLOW,
    TURN_ENDS,
    called,
    context,
    said,
    verified,
)

HEALTHY: dict[str, list[Event]] = {
    "text": [START, *said(0), UsageUpdate(Usage(output=1)), TURN_ENDS],
    "nothing said": [START, TURN_ENDS],
    "failed at once": [BROKEN],
    "failed within a block": [START, BlockStart(0, TEXT), TextDelta(0, "a"), BROKEN],
    "a call": [START, *said(0), *called(1, '{"a":', " 1}"), TOOLS_FOLLOW],
    "a call without input": [START, *called(0), TOOLS_FOLLOW],
    "a call cut off": [START, *called(0, '{"a":'), Finish("max_tokens")],
    "thinking": [
        START,
        BlockStart(5, THINKING),
        ThinkingDelta(5, "h"),
        UsageUpdate(Usage(output=1)),
        ThinkingDelta(5, "m"),
        Signature(5, "s"),
        BlockStop(5),
        *said(2),
        TURN_ENDS,
    ],
    "a search": [
        START,
        BlockStart(0, SEARCH),
        ToolInputDelta(0, '{"query":'),
        BlockStop(0),
        BlockStart(1, TEXT),
        OpaqueDelta(1, {"type": "citations_delta"}),
        BlockStop(1),
        TURN_ENDS,
    ],
    "a client call of a kind to come": [
        START,
        BlockStart(0, OpaqueBlock({"type": "code_tool_use"})),
        BlockStop(0),
        TOOLS_FOLLOW,
    ],
    "a refusal after a call": [START, *called(0, "{}"), Finish("refusal")],
    "a stop sequence": [START, *said(0), Finish("stop_sequence", "X")],
}


@pytest.mark.parametrize("name", HEALTHY)
def test_what_is_in_order_comes_out_as_the_very_same_list(name: str) -> None:
    events = HEALTHY[name]
    for size in (1, 2, 3, len(events)):
        notes_of = context()
        verifier = Verifier(notes_of)
        for at in range(0, len(events), size):
            batch = events[at : at + size]
            kept = list(batch)
            assert verifier(batch) is batch
            assert batch == kept
        assert verifier.end() == []
        assert notes_of.notes.entries == []


BROKEN_REPLIES: dict[str, tuple[list[Event], list[Event], dict[str, int]]] = {
    "no start": ([*said(0), TURN_ENDS], [Start(None, None), *said(0), TURN_ENDS], {"missing_start": 1}),
    "an end alone": ([TURN_ENDS], [Start(None, None), TURN_ENDS], {"missing_start": 1}),
    "usage before the start": (
        [UsageUpdate(Usage(input=3)), START, TURN_ENDS],
        [Start(None, None), UsageUpdate(Usage(input=3)), TURN_ENDS],
        {"missing_start": 1, "second_start": 1},
    ),
    "a delta before the start opens nothing": (
        [TextDelta(0, "a"), START, TURN_ENDS],
        [START, TURN_ENDS],
        {"stray_delta": 1},
    ),
    "two starts": ([START, START, *said(0), TURN_ENDS], [START, *said(0), TURN_ENDS], {"second_start": 1}),
    "what a second start tells of tokens is kept": (
        [START, BlockStart(0, TEXT), Start("n", "x", Usage(input=9)), TextDelta(0, "a"), BlockStop(0), TURN_ENDS],
        [START, BlockStart(0, TEXT), UsageUpdate(Usage(input=9)), TextDelta(0, "a"), BlockStop(0), TURN_ENDS],
        {"second_start": 1},
    ),
    "a block opens in another": (
        [START, BlockStart(0, TEXT), TextDelta(0, "a"), *said(1, "b"), TURN_ENDS],
        [START, *said(0, "a"), *said(1, "b"), TURN_ENDS],
        {"block_left_open": 1},
    ),
    "a block is open at the end": (
        [START, BlockStart(0, TEXT), TextDelta(0, "a"), TURN_ENDS],
        [START, *said(0, "a"), TURN_ENDS],
        {"block_left_open": 1},
    ),
    "deltas and the end of a block that was closed": (
        [START, *said(0), TextDelta(0, "late"), BlockStop(0), TURN_ENDS],
        [START, *said(0), TURN_ENDS],
        {"stray_delta": 1, "stray_stop": 1},
    ),
    "deltas for a block that never opened": (
        [START, BlockStart(0, TEXT), TextDelta(7, "x"), TextDelta(0, "a"), BlockStop(7), BlockStop(0), TURN_ENDS],
        [START, *said(0, "a"), TURN_ENDS],
        {"stray_delta": 1, "stray_stop": 1},
    ),
    "a key used twice": (
        [START, *said(0, "a"), *said(0, "b"), *said(1, "c"), TURN_ENDS],
        [START, *said(0, "a"), *said(1, "b"), *said(2, "c"), TURN_ENDS],
        {"key_used_twice": 2},
    ),
    "a key used twice in a block that is open": (
        [START, BlockStart(0, TEXT), *called(0, "{}"), TOOLS_FOLLOW],
        [START, BlockStart(0, TEXT), BlockStop(0), *called(1, "{}"), TOOLS_FOLLOW],
        {"block_left_open": 1, "key_used_twice": 1},
    ),
    "words of the other kind": (
        [
            START,
            BlockStart(0, THINKING),
            TextDelta(0, "a"),
            BlockStop(0),
            BlockStart(1, TEXT),
            ThinkingDelta(1, "b"),
            BlockStop(1),
            TURN_ENDS,
        ],
        [START, BlockStart(0, THINKING), ThinkingDelta(0, "a"), BlockStop(0), *said(1, "b"), TURN_ENDS],
        {"misfit_delta": 2},
    ),
    "deltas that fit no block": (
        [
            START,
            BlockStart(0, CALL),
            TextDelta(0, "a"),
            ToolInputDelta(0, "{}"),
            Signature(0, "s"),
            BlockStop(0),
            BlockStart(1, TEXT),
            ToolInputDelta(1, "{}"),
            TextDelta(1, "hi"),
            BlockStop(1),
            TOOLS_FOLLOW,
        ],
        [START, *called(0, "{}"), *said(1), TOOLS_FOLLOW],
        {"misfit_delta": 3},
    ),
    "nothing follows a signature": (
        [
            START,
            BlockStart(0, THINKING),
            Signature(0, "s"),
            ThinkingDelta(0, "late"),
            Signature(0, "t"),
            BlockStop(0),
            TURN_ENDS,
        ],
        [START, BlockStart(0, THINKING), Signature(0, "s"), BlockStop(0), TURN_ENDS],
        {"misfit_delta": 2},
    ),
    "empty deltas": (
        [START, BlockStart(0, TEXT), TextDelta(0, ""), TextDelta(0, "hi"), BlockStop(0), TURN_ENDS],
        [START, *said(0), TURN_ENDS],
        {"empty_delta": 1},
    ),
    "a call and end_turn": (
        [START, *called(0, "{}"), TURN_ENDS],
        [START, *called(0, "{}"), TOOLS_FOLLOW],
        {"stop_reason": 1},
    ),
    "tool_use and no call": ([START, *said(0), TOOLS_FOLLOW], [START, *said(0), TURN_ENDS], {"stop_reason": 1}),
    "tool_use and a search alone": (
        [START, BlockStart(0, SEARCH), BlockStop(0), Finish("tool_use", None, {"container": 1})],
        [START, BlockStart(0, SEARCH), BlockStop(0), Finish("end_turn", None, {"container": 1})],
        {"stop_reason": 1},
    ),
    "arguments that are no object are left, and counted": (
        [START, *called(0, '{"a":'), *called(1, "[1]"), *called(2, "{}"), TOOLS_FOLLOW],
        [START, *called(0, '{"a":'), *called(1, "[1]"), *called(2, "{}"), TOOLS_FOLLOW],
        {"broken_arguments": 2},
    ),
    "a call left open with half its arguments": (
        [START, BlockStart(0, CALL), ToolInputDelta(0, '{"a":'), *said(1), ToolInputDelta(0, "1}"), TURN_ENDS],
        [START, *called(0, '{"a":'), *said(1), TOOLS_FOLLOW],
        {"block_left_open": 1, "stray_delta": 1, "stop_reason": 1, "broken_arguments": 1},
    ),
    "nothing follows the end": (
        [START, TURN_ENDS, *said(0), BROKEN, TURN_ENDS],
        [START, TURN_ENDS],
        {"after_end": 5},
    ),
    "nothing follows a failure": ([BROKEN, START, TURN_ENDS], [BROKEN], {"after_end": 2}),
}


@pytest.mark.parametrize("name", BROKEN_REPLIES)
def test_what_is_not_in_order_is_mended_and_counted(name: str) -> None:
    events, expected, counted = BROKEN_REPLIES[name]
    for size in (1, 2, 3, len(events)):
        assert verified(events, size) == (expected, counted), size


def test_a_call_whose_arguments_come_after_its_end_is_no_call_without_arguments() -> None:
    second = ToolUseBlock("toolu_2", "Bash")
    events = [START, BlockStart(0, CALL), BlockStart(1, second), ToolInputDelta(0, '{"a": 1}'), TOOLS_FOLLOW]
    out, counted = verified(events)
    assert isinstance(out[-1], Failed)
    assert out[-1].error.detail.message == LOST_ARGUMENTS
    assert counted == {"block_left_open": 1, "lost_arguments": 1, "after_end": 1}
    # White space is no argument.
    assert verified([START, *called(0), ToolInputDelta(0, " "), TOOLS_FOLLOW])[0] == [START, *called(0), TOOLS_FOLLOW]


def test_a_reply_without_an_end_has_failed() -> None:
    out, counted = verified([START, *said(0)])
    assert isinstance(out[-1], Failed)
    assert out[-1].error.detail.message == NO_END
    assert out[-1].error.retryable
    assert counted == {"missing_end": 1}


def test_arguments_that_are_not_unicode_are_counted_not_raised() -> None:
    assert verified([START, *called(0, '{"a": "\ud800"}'), TOOLS_FOLLOW])[1] == {"broken_arguments": 1}


def test_what_was_mended_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    given = context()
    verifier = Verifier(given)
    with caplog.at_level(logging.WARNING, "ccrouter.verifier"):
        for event in [START, START, *said(0), BlockStop(0), BlockStop(0), TURN_ENDS, TURN_ENDS]:
            verifier([event])
    assert [record.getMessage() for record in caplog.records] == [
        "p,m: the reply was not in order: second_start 1, stray_stop 2"
    ]
    assert [note.why for note in given.notes.entries] == ["not in order as they came: second_start 1, stray_stop 2"]


def test_counts_are_of_all_replies() -> None:
    counts = MendCounts()
    for _ in range(3):
        Verifier(context(), counts)([START, START, *said(0), TOOLS_FOLLOW])
    assert counts.as_json() == {"second_start": 3, "stop_reason": 3}


class Disorder(Transformer):
    """What a user's transformer may do wrong: it doubles what begins and swallows what ends."""

    name = "disorder"

    def events(self, context: Context) -> EventFilter | None:
        def disordered(events: list[Event]) -> list[Event]:
            return [
                copy
                for event in events
                for copy in ([event, event] if isinstance(event, Start | BlockStart) else [event])
                if not isinstance(copy, BlockStop if self.options.get("keep_end") else Finish)
            ]

        return disordered


CHAT = (
    b'data: {"id":"c","model":"up","choices":[{"index":0,"delta":{"content":"one"},"finish_reason":null}]}\n\n'
    b'data: {"id":"c","model":"up","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
    b"data: [DONE]\n\n"
)


def reply_through_disorder(counts: MendCounts, *, streamed: bool, keep_end: bool) -> tuple[Reply, bytes]:
    use = (TransformerUse("disorder", {"keep_end": True} if keep_end else {}),)
    pipeline = build_pipeline(
        ProviderConfig("p", "http://127.0.0.1:1", use=use),
        "m",
        dialect=OPENAI_CHAT,
        quirks=Quirks(),
        transformers={"disorder": Disorder},
    )
    reply = Reply(pipeline, context(), ReplyDefaults("msg_d", "m"), streamed=streamed, counts=counts)
    out = b"".join(reply.feed(CHAT[at : at + 50]) for at in range(0, len(CHAT), 50)) + reply.end()
    reader = EventReader(pipeline, context(), counts)
    assert violations([*reader.feed(CHAT), *reader.end()]) == []
    return reply, out


@pytest.mark.parametrize("streamed", [True, False])
def test_replies_pass_the_verifier_last(streamed: bool) -> None:
    reply, out = reply_through_disorder(counts := MendCounts(), streamed=streamed, keep_end=True)
    assert reply.progress.failure is None
    assert b"one" in out
    assert counts.as_json() == {"block_left_open": 4, "key_used_twice": 2, "second_start": 2}


@pytest.mark.parametrize("streamed", [True, False])
def test_a_swallowed_end_is_a_failure_and_no_empty_answer(streamed: bool) -> None:
    reply, out = reply_through_disorder(counts := MendCounts(), streamed=streamed, keep_end=False)
    assert reply.progress.failure is not None
    assert reply.progress.failure.detail.message == NO_END
    assert (b"event: error" in out) == streamed
    assert counts.as_json()["missing_end"] == 2


@pytest.mark.parametrize(("head", "delta"), [(TEXT, TextDelta(0, "a")), (THINKING, ThinkingDelta(0, "a"))])
def test_words_take_the_short_way(head: BlockHead, delta: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    verifier = Verifier(context())
    verifier([START, BlockStart(0, head)])
    monkeypatch.setattr(verifier, "_in_order", None)  # the long one would raise
    batch = [delta] * 5000
    assert verifier(batch) is batch


RUNS = [
    pytest.param([], TextDelta, 0, False, id="no block"),
    pytest.param([BlockStart(0, TEXT)], TextDelta, 0, True, id="text"),
    pytest.param([BlockStart(0, TEXT)], TextDelta, 1, False, id="another block's"),
    pytest.param([BlockStart(0, TEXT)], ThinkingDelta, 0, False, id="thinking in a text"),
    pytest.param([BlockStart(0, TEXT), BlockStop(0)], TextDelta, 0, False, id="after the block"),
    pytest.param([BlockStart(0, THINKING)], ThinkingDelta, 0, True, id="thinking"),
    pytest.param([BlockStart(0, THINKING), Signature(0, "s")], ThinkingDelta, 0, False, id="signed"),
    pytest.param([BlockStart(0, ToolUseBlock("x", "f"))], ToolInputDelta, 0, True, id="call"),
    pytest.param([BlockStart(0, ToolUseBlock("x", "f"))], TextDelta, 0, False, id="text in a call"),
]


@pytest.mark.parametrize(("events", "kind", "key", "fits"), RUNS)
def test_a_run_fits_where_its_deltas_do(events: list[Event], kind: type[Delta], key: int, fits: bool) -> None:
    run = DeltaRun(kind, key, ["a", "b"])
    verifier = Verifier(context())
    verifier([START, *events])
    assert verifier.fits(run) == fits
    assert (verifier(run.events()) == run.events()) == fits


def test_arguments_that_came_in_runs_count() -> None:
    for text, mended in (("1}", {}), ("1", {"broken_arguments": 1})):
        counts = MendCounts()
        verifier = Verifier(context(), counts)
        verifier([START, BlockStart(0, ToolUseBlock("x", "f"))])
        verifier.take(DeltaRun(ToolInputDelta, 0, ['{"a":', text]))
        verifier([BlockStop(0), Finish("tool_use")])
        assert counts.as_json() == mended
