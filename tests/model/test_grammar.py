"""The grammar accepts what Anthropic sends, and names what it does not accept."""

import pytest

from ccrouter.errors import upstream_failure
from ccrouter.model.events import (
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
from ccrouter.model.grammar import OPENS, TRANSITIONS, violations

START = Start("m", "model")
END = Finish("end_turn")
BROKEN = Failed(upstream_failure("cut"))


@pytest.mark.parametrize(
    "events",
    [
        [START, END],
        [BROKEN],
        [START, BROKEN],
        [START, BlockStart(0, TextBlock()), TextDelta(0, "a"), BROKEN],
        [START, BlockStart(0, TextBlock()), BlockStop(0), UsageUpdate(Usage(output=1)), END],
        [
            START,
            BlockStart(0, ThinkingBlock()),
            ThinkingDelta(0, "a"),
            Signature(0, "s"),
            BlockStop(0),
            BlockStart(7, ToolUseBlock("t", "n")),
            ToolInputDelta(7, "{}"),
            BlockStop(7),
            END,
        ],
        [START, BlockStart(0, OpaqueBlock({"type": "x"})), OpaqueDelta(0, {"type": "y"}), BlockStop(0), END],
    ],
)
def test_sentences(events: list[Event]) -> None:
    assert violations(events) == []


@pytest.mark.parametrize(
    ("events", "problem"),
    [
        ([], "reply ends before the start"),
        ([START], "reply ends between blocks"),
        ([END], "Finish before the start"),
        ([START, START, END], "Start between blocks"),
        ([START, BlockStart(0, TextBlock()), END, BROKEN], "Finish in a text block"),
        ([START, BlockStart(0, TextBlock()), BlockStart(1, TextBlock()), BROKEN], "BlockStart in a text block"),
        ([START, BlockStart(0, TextBlock()), ThinkingDelta(0, "a"), BROKEN], "ThinkingDelta in a text block"),
        ([START, BlockStart(0, ToolUseBlock("t", "n")), TextDelta(0, "a"), BROKEN], "TextDelta in a tool block"),
        ([START, BlockStart(0, TextBlock()), TextDelta(1, "a"), BROKEN], "TextDelta for block 1 while 0 is open"),
        ([START, BlockStart(0, TextBlock()), TextDelta(0, ""), BROKEN], "empty TextDelta"),
        ([START, TextDelta(0, "a"), END], "TextDelta between blocks"),
        ([START, END, END], "Finish after the end"),
        (
            [START, BlockStart(0, TextBlock()), BlockStop(0), BlockStart(0, TextBlock()), BlockStop(0), END],
            "block key 0 used twice",
        ),
        (
            [START, BlockStart(0, ThinkingBlock()), Signature(0, "s"), ThinkingDelta(0, "late"), BROKEN],
            "ThinkingDelta in a signed thinking block",
        ),
    ],
)
def test_not_sentences(events: list[Event], problem: str) -> None:
    assert problem in violations(events)


def test_every_state_is_reachable_and_named() -> None:
    reached = {state for row in TRANSITIONS.values() for state in row.values()} | set(OPENS.values())
    assert reached <= set(TRANSITIONS)
    assert set(TRANSITIONS) - reached == {"before the start"}
