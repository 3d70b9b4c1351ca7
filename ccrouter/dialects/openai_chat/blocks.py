"""From deltas in any order to blocks in the one order of `model/grammar.py`.

One block is open at a time. Text and reasoning close what was open before them. The first tool call streams as it
comes and stays open until the turn ends, because fragments of parallel calls may come interleaved (0, 1, 0, 1) and
nothing but the end says that a call is complete. Whatever else comes meanwhile waits and is given out in the order in
which it was first seen.
"""

from typing import Final, Literal

from ccrouter.dialects.openai_chat.wire import REASONING_DETAILS, merge_details
from ccrouter.dialects.web_search import SearchResult, citation_event, search_events
from ccrouter.model.envelope import Envelope, seal
from ccrouter.model.events import (
    PLAIN_TEXT,
    PLAIN_THINKING,
    BlockStart,
    BlockStop,
    Event,
    Signature,
    TextDelta,
    ThinkingDelta,
    ToolInputDelta,
    ToolUseBlock,
)
from ccrouter.model.json import Json, JsonObject

Kind = Literal["text", "thinking", "tool", "search"]
TEXT: Final = "text"
THINKING: Final = "thinking"
TOOL: Final = "tool"
SEARCH: Final = "search"


class Segment:
    """A block to be: what it is, and what it holds back while another block is open."""

    __slots__ = ("data", "details", "field", "id", "key", "kind", "name", "parts", "results")

    def __init__(self, kind: Kind, field: str = "") -> None:
        self.kind = kind
        self.key = -1
        self.parts: list[str] = []
        self.id = ""
        self.name = ""
        self.field = field
        self.details: list[JsonObject] = []
        self.data: Json = None
        self.results: list[SearchResult] = []

    def envelope(self, origin: str) -> Envelope:
        """What must be given back with this thinking block."""
        if self.details:
            return Envelope(origin, REASONING_DETAILS, list[Json](self.details))
        return Envelope(origin, self.field, self.data)


class BlockWriter:
    """Collects the events of one reply's blocks. `take` hands out what came since the last call."""

    __slots__ = ("_events", "_held", "_keys", "_last", "_origin", "_queue", "has_content", "has_tool_use", "shown")

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._events: list[Event] = []
        self._keys = 0
        self._queue: list[Segment] = []
        self._held: list[Segment] = []
        self._last: Segment | None = None
        self.shown: Segment | None = None
        """The open block, if any."""
        self.has_content = False
        self.has_tool_use = False

    def take(self) -> list[Event]:
        """The events since the last `take`."""
        events, self._events = self._events, []
        return events

    def text(self, text: str) -> None:
        """More of the answer."""
        self._write(self._segment(TEXT), text)

    def reasoning(self, text: str, field: str) -> None:
        """More reasoning, which came in the wire field `field`."""
        segment = self._segment(THINKING, field)
        if text:
            self._write(segment, text)

    def details(self, entries: list[Json], text: str, *, merge: bool) -> None:
        """OpenRouter's reasoning entries with the text to show for them (empty for encrypted ones)."""
        last = self._last
        if text or (last is not None and last.kind == THINKING):
            segment = self._segment(THINKING, REASONING_DETAILS)
        else:
            segment = self._state_segment(REASONING_DETAILS)
        if merge:
            merge_details(segment.details, entries)
        else:
            segment.details.extend(entry for entry in entries if isinstance(entry, dict))
        if text:
            self._write(segment, text)

    def carry(self, kind: str, data: Json) -> None:
        """Opaque state that must be given back: a thinking block without text, for the sake of its signature."""
        segment = Segment(THINKING, kind)
        segment.data = data
        self._begin_state(segment)

    def call(self, id_: str, name: str) -> Segment:
        """Begin a tool call."""
        segment = Segment(TOOL)
        segment.id, segment.name = id_, name
        self.has_tool_use = True
        self._release_held()
        self._begin(segment)
        return segment

    def search(self, id_: str, query: str, results: list[SearchResult]) -> None:
        """A web search that the provider ran, whole: two blocks."""
        segment = Segment(SEARCH)
        segment.id, segment.name, segment.results = id_, query, results
        self._begin(segment)

    def cite(self, result: SearchResult) -> None:
        """The open text rests on `result`. Citations that come after their text's block are not kept."""
        if self.shown is not None and self.shown.kind == TEXT:
            self._events.append(citation_event(self.shown.key, result))

    def arguments(self, segment: Segment, json: str) -> None:
        """More of a tool call's arguments."""
        if json:
            self._write(segment, json)

    def finish(self) -> list[str]:
        """Close what is open and give out what waited. Returns what had to be dropped, in words."""
        # State that came after the answer's text would end the message with an empty thinking block, where Claude
        # Code looks for the text; only a turn with tool calls needs it back.
        dropped = [] if self.has_tool_use else [segment.field for segment in self._held]
        if self.has_tool_use:
            self._release_held()
        self._close()
        queue, self._queue = self._queue, []
        for segment in queue:
            self._open(segment)
            self._close()
        self._last = None
        return dropped

    def _segment(self, kind: Kind, field: str = "") -> Segment:
        """The segment that takes more of `kind`: the last one if it is of that kind, else a new one."""
        last = self._last
        if last is not None and last.kind == kind:
            return last
        segment = Segment(kind, field)
        if kind != TEXT:
            self._release_held()
        self._begin(segment)
        return segment

    def _state_segment(self, field: str) -> Segment:
        for segment in self._held:
            if segment.field == field:
                return segment
        segment = Segment(THINKING, field)
        self._begin_state(segment)
        return segment

    def _begin_state(self, segment: Segment) -> None:
        """Begin a block without text, unless that would cut an answer's text in two: then it waits for its end."""
        last = self._last
        if last is not None and last.kind == TEXT:
            self._held.append(segment)
        else:
            self._begin(segment)

    def _release_held(self) -> None:
        held, self._held = self._held, []
        for segment in held:
            self._begin(segment)

    def _begin(self, segment: Segment) -> None:
        self._last = segment
        self.has_content = True
        if self.shown is not None and self.shown.kind == TOOL:
            self._queue.append(segment)
            return
        self._close()
        self._open(segment)

    def _write(self, segment: Segment, text: str) -> None:
        if segment is not self.shown:
            segment.parts.append(text)
        elif segment.kind == TEXT:
            self._events.append(TextDelta(segment.key, text))
        elif segment.kind == TOOL:
            self._events.append(ToolInputDelta(segment.key, text))
        else:
            self._events.append(ThinkingDelta(segment.key, text))

    def _open(self, segment: Segment) -> None:
        if segment.kind == SEARCH:
            self._events += search_events(self._keys, segment.id, segment.name, segment.results)
            self._keys += 2
            return
        segment.key = self._keys
        self._keys += 1
        self.shown = segment
        if segment.kind == TEXT:
            block = PLAIN_TEXT
        elif segment.kind == TOOL:
            block = ToolUseBlock(segment.id, segment.name)
        else:
            block = PLAIN_THINKING
        self._events.append(BlockStart(segment.key, block))
        if segment.parts:
            self._write(segment, "".join(segment.parts))
            segment.parts.clear()

    def _close(self) -> None:
        shown = self.shown
        if shown is None:
            return
        if shown.kind == THINKING:
            self._events.append(Signature(shown.key, seal(shown.envelope(self._origin))))
        self._events.append(BlockStop(shown.key))
        self.shown = None
