"""From items that may come interleaved to blocks in the one order of `model/grammar.py`.

Every item takes its place in line when it begins, and only the head of the line is open. A call, and reasoning that is
told as a summary, keep the others waiting until they are done: what comes of them later must not be torn apart, and a
reasoning item's encrypted content comes with its end. Text and readable reasoning give way as soon as something else
has to be said (OpenRouter ends a reasoning item only after the message that follows it).
"""

from collections import deque
from dataclasses import replace

from ccrouter.dialects.openai_responses.reasoning import Following, carried
from ccrouter.dialects.openai_responses.wire import REASONING_ITEM
from ccrouter.model.envelope import Envelope, seal
from ccrouter.model.events import (
    BlockHead,
    BlockStart,
    BlockStop,
    Event,
    OpaqueDelta,
    Signature,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolInputDelta,
)
from ccrouter.model.json import JsonObject

Delta = TextDelta | ThinkingDelta | ToolInputDelta | OpaqueDelta


class Segment:
    """A block to be. `required`: it is shown even when nothing is in it; `holds`: what follows waits for its end."""

    __slots__ = ("block", "closed", "finished", "holds", "key", "opened", "required", "waiting")

    def __init__(self, block: BlockHead, *, holds: bool, required: bool) -> None:
        self.block = block
        self.holds = holds
        self.required = required
        self.key = -1
        self.opened = self.finished = self.closed = False
        self.waiting: list[Delta] = []

    @property
    def ready(self) -> bool:
        """There is something of it to show, and nothing that forbids it."""
        return not self.closed and (self.opened or self.required or bool(self.waiting))

    def last_words(self) -> list[Event]:
        """What comes before its end."""
        return []


class ThinkingSegment(Segment):
    """A reasoning item's block, which carries the item in its signature as far as it is known when it closes."""

    __slots__ = ("following", "item", "origin", "raw")

    def __init__(self, origin: str, item: JsonObject) -> None:
        super().__init__(ThinkingBlock(), holds=True, required=False)
        self.origin = origin
        self.item = item
        self.raw = False
        self.following: Following | None = None

    def carried(self) -> JsonObject | None:
        """What the provider has to see again, or None."""
        return carried(self.item, self.following, raw=self.raw)

    def last_words(self) -> list[Event]:
        """The signature. Claude Code drops thinking without one."""
        return [Signature(self.key, seal(Envelope(self.origin, REASONING_ITEM, self.carried())))]


class BlockWriter:
    """Collects the events of one reply's blocks. `take` hands out what came since the last call."""

    __slots__ = ("_events", "_keys", "_line", "has_content")

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._line: deque[Segment] = deque()
        self._keys = 0
        self.has_content = False

    def take(self) -> list[Event]:
        """The events since the last `take`."""
        events, self._events = self._events, []
        return events

    def add(self, segment: Segment) -> Segment:
        """Give `segment` its key and the last place in line."""
        segment.key = self._keys
        self._keys += 1
        self._line.append(segment)
        self._advance()
        return segment

    def write(self, segment: Segment, delta: Delta) -> None:
        """More of a segment that is not closed."""
        if segment.opened:
            self._events.append(delta)
        else:
            segment.waiting.append(delta)
            self._advance()

    def whole_block(self, events: list[Event]) -> None:
        """A block that is all there, in events of any key."""
        head, *deltas = events[:-1]
        assert isinstance(head, BlockStart)
        segment = Segment(head.block, holds=True, required=True)
        segment.finished = True
        segment.key = self._keys
        segment.waiting = [replace(delta, key=segment.key) for delta in deltas if isinstance(delta, Delta)]
        self._keys += 1
        self._line.append(segment)
        self._advance()

    def finish(self, segment: Segment) -> None:
        """Nothing more will come of `segment`."""
        segment.finished = True
        self._advance()

    def finish_all(self) -> None:
        """Nothing more will come at all: everything that still waits is given out in order."""
        for segment in self._line:
            segment.finished = True
        self._advance()

    def _advance(self) -> None:
        line = self._line
        while line:
            head = line[0]
            if not head.opened and head.ready:
                self._open(head)
            gives_way = not head.holds and any(segment.ready for segment in line if segment is not head)
            if not head.finished and not gives_way:
                return
            if head.opened:
                self._events += head.last_words()
                self._events.append(BlockStop(head.key))
            head.closed = True
            line.popleft()

    def _open(self, segment: Segment) -> None:
        self.has_content = segment.opened = True
        self._events.append(BlockStart(segment.key, segment.block))
        self._events += segment.waiting
        segment.waiting = []
