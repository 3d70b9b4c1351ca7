"""The exit: whatever came before, only a sentence of the grammar goes out.

Decoders and our own filters keep the grammar (tests); a user's transformer may not, and the encoder trusts its events:
a delta out of place would become part of another block. What breaks the order is mended where that loses nothing, else
left out, and always counted. `model/grammar.py` is the one table of what may follow what.
"""

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import orjson

from ccrouter.errors import upstream_failure
from ccrouter.model.events import (
    BlockHead,
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
    TextDelta,
    ThinkingDelta,
    ToolInputDelta,
    ToolUseBlock,
    Usage,
    UsageUpdate,
)
from ccrouter.model.grammar import BEGIN, END, OPENS, TEXT, THINKING, TOOL, TRANSITIONS
from ccrouter.model.json import Json, as_object, as_str
from ccrouter.model.runs import DeltaRun
from ccrouter.transformers.argument_repair import CUT
from ccrouter.transformers.base import Context

logger = logging.getLogger("ccrouter.verifier")

QUICK: Final[Mapping[str, type[Event]]] = {TEXT: TextDelta, THINKING: ThinkingDelta}
"""The deltas that most of a reply consists of, by state: they change nothing and are looked at no further."""

OF_NO_BLOCK: Final = (Start, UsageUpdate, Failed)
"""Nothing of these matters but where they stand."""

SERVER_CALLS: Final = frozenset({"server_tool_use", "mcp_tool_use"})
"""Calls that the upstream answers itself: no reason for the client to go on."""

LOST_ARGUMENTS: Final = "the reply came in disorder: a tool call was closed without its arguments, which came later"
NO_END: Final = "the reply came without its end: a transformer swallowed it"


class MendCounts:
    """How often replies had to be mended since the daemon began, by kind. One for all requests."""

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()

    def as_json(self) -> dict[str, Json]:
        """For the status: {kind: number}, sorted by kind."""
        return {kind: self.kinds[kind] for kind in sorted(self.kinds)}


class Verifier:
    """The last event filter of one reply. A batch in order comes out as the very same list.

    The kinds it counts: `missing_start`, `second_start`, `block_left_open`, `key_used_twice`, `stray_delta` and
    `stray_stop` (for a block that is not open), `misfit_delta` (of another kind than the block), `empty_delta`,
    `stop_reason` (disagreed with the calls), `broken_arguments` (no JSON object, in a reply that ended well; left as
    they are), `lost_arguments` (ends in `Failed`), `after_end`, `missing_end` (ends in `Failed`).
    """

    def __init__(self, context: Context, counts: MendCounts | None = None) -> None:
        self._context = context
        self._counts = counts
        self._mended: dict[str, int] = {}
        self._told = False
        self._state = BEGIN
        self._quick: type[Event] | None = None
        """The kind of delta that needs nothing but the open block's key and some text."""
        self._open: BlockKey | None = None
        self._used: set[BlockKey] = set()
        self._renamed: BlockKey | None = None
        """What the open block is called by those who used its key twice."""
        self._arguments: list[str] = []
        self._empty_calls: set[BlockKey] = set()
        self._broken = 0
        self._calls = False
        self._unknown_calls = False

    def __call__(self, batch: list[Event]) -> list[Event]:
        """The events for one batch."""
        kind, key = self._quick, self._open
        deltas: list[TextDelta] = batch  # pyright: ignore[reportAssignmentType] - each is looked at before it is used
        for delta in deltas:
            if type(delta) is not kind or delta.key != key or not delta.text:
                return self._each(batch)
        return batch

    def fits(self, run: DeltaRun) -> bool:
        """True where the run is in order as it is."""
        kind = run.kind
        return run.key == self._open and (kind is self._quick or (kind is ToolInputDelta and self._state == TOOL))

    def take(self, run: DeltaRun) -> None:
        """Take in a run that fits."""
        if run.kind is ToolInputDelta:
            self._arguments.extend(run.texts)

    def end(self) -> list[Event]:
        """The upstream's reply is over: `Failed` where nothing has ended it, else nothing."""
        if self._state == END:
            return []
        self._count("missing_end")
        return self._each([Failed(upstream_failure(NO_END))])

    def _each(self, batch: list[Event]) -> list[Event]:
        out: list[Event] | None = None
        for at, event in enumerate(batch):
            delta: TextDelta = event  # pyright: ignore[reportAssignmentType] - it is one, or one of thinking, or not used
            if type(delta) is self._quick and delta.key == self._open and delta.text:
                if out is not None:
                    out.append(event)
            elif not self._in_order(event):
                if out is None:
                    out = batch[:at]
                self._mend(event, out)
            elif out is not None:
                out.append(event)
        if self._state == END and self._mended and not self._told:
            self._tell()
        return batch if out is None else out

    def _in_order(self, event: Event) -> bool:
        """Take `event`; False, and nothing taken, where it may not follow as it is."""
        following = TRANSITIONS[self._state].get(type(event))
        if following is None:
            return False
        if isinstance(event, ToolInputDelta):  # the most frequent that comes here
            if event.key != self._open:
                return False
            self._arguments.append(event.json)
            return True
        if isinstance(event, BlockStart):
            if event.key in self._used:
                return False
            following = self._opened(event.key, event.block)
        elif isinstance(event, Finish):
            if not self._finished(event):
                return False
        elif not isinstance(event, OF_NO_BLOCK):
            if event.key != self._open:
                return False
            if isinstance(event, BlockStop):
                self._closed(event.key)
            elif isinstance(event, TextDelta | ThinkingDelta):
                return event.text != ""
        self._state = following
        self._quick = QUICK.get(following)
        return True

    def _opened(self, key: BlockKey, head: BlockHead) -> str:
        self._used.add(key)
        self._open, self._renamed, self._arguments = key, None, []
        if isinstance(head, ToolUseBlock):
            self._calls = True
        elif isinstance(head, OpaqueBlock):
            kind = as_str(head.raw.get("type")) or ""
            self._unknown_calls = self._unknown_calls or (kind.endswith("tool_use") and kind not in SERVER_CALLS)
        return OPENS[type(head)]

    def _closed(self, key: BlockKey) -> None:
        if self._state == TOOL:
            text = "".join(self._arguments)
            if not text.strip():
                self._empty_calls.add(key)
            elif not is_json_object(text):
                self._broken += 1
        self._open, self._renamed, self._arguments = None, None, []

    def _finished(self, event: Finish) -> bool:
        if self._reason(event.stop_reason) != event.stop_reason:
            return False
        if event.stop_reason not in CUT and self._broken:
            self._count("broken_arguments", self._broken)
        return True

    def _reason(self, told: str) -> str:
        """The stop reason that agrees with the blocks; `told` where only the upstream can know."""
        if told == "end_turn" and self._calls:
            return "tool_use"
        if told == "tool_use" and not self._calls and not self._unknown_calls:
            return "end_turn"
        return told

    def _put(self, event: Event, out: list[Event]) -> None:
        if self._in_order(event):
            out.append(event)
        else:
            self._mend(event, out)

    def _mend(self, event: Event, out: list[Event]) -> None:
        """Put into `out` what stands in for `event`, which is not in order."""
        if self._state == END:
            self._count("after_end")
        elif isinstance(event, Start):
            self._count("second_start")
            if event.usage != Usage():
                out.append(UsageUpdate(event.usage))
        elif isinstance(event, BlockStart | Finish | UsageUpdate):
            self._mend_frame(event, out)
        else:
            assert not isinstance(event, Failed), "it may come at any point"
            self._mend_content(event, out)

    def _mend_frame(self, event: BlockStart | Finish | UsageUpdate, out: list[Event]) -> None:
        if self._state == BEGIN:
            self._count("missing_start")
            self._put(Start(None, None), out)
            self._put(event, out)
        elif self._open is not None:
            self._count("block_left_open")
            self._put(BlockStop(self._open), out)
            self._put(event, out)
        elif isinstance(event, BlockStart):
            self._count("key_used_twice")
            self._put(replace(event, key=max(self._used) + 1), out)
            self._renamed = event.key
        elif isinstance(event, Finish):
            self._count("stop_reason")
            self._put(replace(event, stop_reason=self._reason(event.stop_reason)), out)

    def _mend_content(
        self, event: TextDelta | ThinkingDelta | ToolInputDelta | Signature | OpaqueDelta | BlockStop, out: list[Event]
    ) -> None:
        if self._open is not None and event.key == self._renamed:
            self._put(replace(event, key=self._open), out)
        elif event.key != self._open:
            if isinstance(event, ToolInputDelta) and event.key in self._empty_calls and event.json.strip():
                # The client would run the call with {}; half a call is never given out as a whole one.
                self._count("lost_arguments")
                self._put(Failed(upstream_failure(LOST_ARGUMENTS)), out)
                return
            self._count("stray_stop" if isinstance(event, BlockStop) else "stray_delta")
        elif isinstance(event, TextDelta | ThinkingDelta) and not event.text:
            self._count("empty_delta")
        else:
            self._count("misfit_delta")
            # The block says what its words are.
            if isinstance(event, TextDelta) and self._state == THINKING:
                self._put(ThinkingDelta(event.key, event.text), out)
            elif isinstance(event, ThinkingDelta) and self._state == TEXT:
                self._put(TextDelta(event.key, event.text), out)

    def _count(self, kind: str, number: int = 1) -> None:
        self._mended[kind] = self._mended.get(kind, 0) + number
        if self._counts is not None:
            self._counts.kinds[kind] += number

    def _tell(self) -> None:
        self._told = True
        kinds = ", ".join([f"{kind} {number}" for kind, number in sorted(self._mended.items())])
        logger.warning("%s,%s: the reply was not in order: %s", self._context.provider, self._context.model, kinds)
        self._context.notes.add("the reply", "its events", f"not in order as they came: {kinds}")


def is_json_object(text: str) -> bool:
    """True when `text` is one JSON object."""
    try:
        return as_object(orjson.loads(text)) is not None
    except ValueError:  # also of text that is not Unicode: surrogates alone
        return False
