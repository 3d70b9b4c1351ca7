"""The order of a reply's events, written down once as data.

    Start  ( BlockStart delta* BlockStop | UsageUpdate )*  ( Finish | Failed )

with one block open at a time, deltas that fit the open block's kind, a signature last in its thinking block, and every
key used once. `Failed` may come at any point, also first; `Finish` only with no block open.
Every golden, conformance and fuzz test asserts `violations(events) == []`.
"""

from collections.abc import Iterable
from typing import Final

from ccrouter.model.events import (
    BlockKey,
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
    UsageUpdate,
)

BEGIN, BETWEEN, TEXT, THINKING, SIGNED, TOOL, OPAQUE, END = (
    "before the start",
    "between blocks",
    "in a text block",
    "in a thinking block",
    "in a signed thinking block",
    "in a tool block",
    "in an opaque block",
    "after the end",
)

OPENS: Final[dict[type, str]] = {TextBlock: TEXT, ThinkingBlock: THINKING, ToolUseBlock: TOOL, OpaqueBlock: OPAQUE}

# state → event → next state. BlockStart's next state is looked up in OPENS by the kind of block.
TRANSITIONS: Final[dict[str, dict[type, str]]] = {
    BEGIN: {Start: BETWEEN, Failed: END},
    BETWEEN: {BlockStart: BETWEEN, UsageUpdate: BETWEEN, Finish: END, Failed: END},
    TEXT: {TextDelta: TEXT, OpaqueDelta: TEXT, UsageUpdate: TEXT, BlockStop: BETWEEN, Failed: END},
    THINKING: {
        ThinkingDelta: THINKING,
        OpaqueDelta: THINKING,
        Signature: SIGNED,
        UsageUpdate: THINKING,
        BlockStop: BETWEEN,
        Failed: END,
    },
    SIGNED: {UsageUpdate: SIGNED, BlockStop: BETWEEN, Failed: END},
    TOOL: {ToolInputDelta: TOOL, UsageUpdate: TOOL, BlockStop: BETWEEN, Failed: END},
    OPAQUE: {
        ToolInputDelta: OPAQUE,
        OpaqueDelta: OPAQUE,
        UsageUpdate: OPAQUE,
        BlockStop: BETWEEN,
        Failed: END,
    },
    END: {},
}


class Checker:
    """Follows one reply. `problems` says what broke the grammar, in the order it happened."""

    def __init__(self) -> None:
        self.state = BEGIN
        self.problems: list[str] = []
        self._open: BlockKey | None = None
        self._used: set[BlockKey] = set()

    def see(self, event: Event) -> None:
        """Take the next event."""
        following = TRANSITIONS[self.state].get(type(event))
        if following is None:
            self.problems.append(f"{type(event).__name__} {self.state}")
            return
        if isinstance(event, BlockStart):
            if event.key in self._used:
                self.problems.append(f"block key {event.key!r} used twice")
            self._used.add(event.key)
            self._open = event.key
            following = OPENS[type(event.block)]
        elif isinstance(event, TextDelta | ThinkingDelta | Signature | ToolInputDelta | OpaqueDelta | BlockStop):
            if event.key != self._open:
                self.problems.append(f"{type(event).__name__} for block {event.key!r} while {self._open!r} is open")
            if isinstance(event, TextDelta | ThinkingDelta) and not event.text:
                self.problems.append(f"empty {type(event).__name__}")
        self.state = following


def violations(events: Iterable[Event]) -> list[str]:
    """Everything that is wrong with the order of a whole reply's events; empty when it is a sentence of the grammar."""
    checker = Checker()
    for event in events:
        checker.see(event)
    if checker.state != END:
        checker.problems.append(f"reply ends {checker.state}")
    return checker.problems
