"""The output items of one reply, from whichever of their events tell of them.

An item is announced (`output_item.added`), comes in deltas by part, each part is repeated whole (`….done`), and so is
the item (`output_item.done`). Any of these may be missing: LM Studio sends arguments only when they are done, whole
replies are items only. Items are told apart by `output_index`: their ids differ from event to event behind Copilot.
"""

import hashlib
from typing import Final, Literal

from ccrouter.dialects.base import ReplyContext
from ccrouter.dialects.lenient_json import compact_json, object_list
from ccrouter.dialects.openai_responses.blocks import BlockWriter, Segment, ThinkingSegment
from ccrouter.dialects.openai_responses.reasoning import Following
from ccrouter.dialects.openai_responses.search import Searches
from ccrouter.dialects.tool_names import client_names
from ccrouter.dialects.web_search import citation_event, result_events, use_events
from ccrouter.model.events import TextBlock, TextDelta, ThinkingDelta, ToolInputDelta
from ccrouter.model.events import ToolUseBlock as CallBlock
from ccrouter.model.json import Json, JsonObject, as_list, as_object, as_str

Channel = Literal["text", "refusal", "summary", "raw", "arguments", "input"]

MESSAGE: Final = "message"
REASONING: Final = "reasoning"
CALL: Final = "function_call"
CUSTOM_CALL: Final = "custom_tool_call"
SEARCH: Final = "web_search_call"

KIND_OF_CHANNEL: Final[dict[Channel, str]] = {
    "text": MESSAGE,
    "refusal": MESSAGE,
    "summary": REASONING,
    "raw": REASONING,
    "arguments": CALL,
    "input": CUSTOM_CALL,
}


class Item:
    """One output item. `fields` are its newest; `parts` what was told of each part; `channel` the reasoning takes;
    `cited` counts its annotations."""

    __slots__ = ("channel", "cited", "client_id", "done", "fields", "kind", "last_part", "parts", "rotates", "segment")

    def __init__(self, kind: str, fields: JsonObject) -> None:
        self.kind = kind
        self.fields = fields
        self.parts: dict[int, list[str]] = {}
        self.channel: Channel | None = None
        self.cited = 0
        self.last_part: int | None = None
        self.client_id = ""
        self.segment: Segment | None = None
        self.done = False
        self.rotates = False
        """Its id was another one before: behind such an upstream nothing can be given back by id."""

    def told(self, part: int) -> str:
        """What was told of a part so far."""
        return "".join(self.parts.get(part, ()))


class Items:
    """Follows the items of one reply and writes them as blocks."""

    def __init__(self, context: ReplyContext, writer: BlockWriter) -> None:
        self._context = context
        self._writer = writer
        self._names = client_names(context.tool_names)
        self._by_index: dict[int, Item] = {}
        self._all: list[Item] = []
        self._ids: set[str] = set()
        self.searches = Searches()
        self.seed = ""
        """Goes into the ids of calls that have none, so that the same reply always gives the same ids."""
        self.has_calls = False
        self.refused = False

    def __len__(self) -> int:
        return len(self._all)

    @property
    def nameless(self) -> bool:
        """True when a call was begun whose name never came."""
        return any(item.kind in (CALL, CUSTOM_CALL) and item.segment is None for item in self._all)

    def added(self, index: int | None, fields: JsonObject) -> None:
        """An item is announced."""
        item = self._known(index)
        kind = as_str(fields.get("type")) or ""
        if item is None or item.kind != kind or (item.done and item.fields.get("id") != fields.get("id")):
            self._begin(index, kind, fields)

    def delta(self, index: int | None, channel: Channel, part: int, text: str) -> None:
        """More of one part of an item."""
        self._say(self._of(index, KIND_OF_CHANNEL[channel]), channel, part, text)

    def part_done(self, index: int | None, channel: Channel, part: int, text: str) -> None:
        """One part of an item, whole."""
        self._complete(self._of(index, KIND_OF_CHANNEL[channel]), channel, part, text)

    def annotation(self, index: int | None, annotation: JsonObject) -> None:
        """A source that a message's text cites."""
        self._cite(self._of(index, MESSAGE), annotation)

    def item_done(self, index: int | None, fields: JsonObject) -> None:
        """An item, whole."""
        item = self._known(index)
        kind = as_str(fields.get("type")) or ""
        if item is None or item.kind != kind or (item.done and item.fields.get("id") != fields.get("id")):
            item = self._begin(index, kind, fields)
        elif item.done:
            return
        item.rotates = item.fields.get("id") != fields.get("id")
        item.fields = {**item.fields, **fields}
        self._take_whole(item)
        self._end(item)

    def finish(self, output: list[Json]) -> None:
        """The reply is over; `output` are its items as the end repeats them. What waits is given out."""
        known = bool(self._all)
        for index, fields in enumerate(output):
            item = self._by_index.get(index)
            whole = as_object(fields)
            if whole is not None and (
                not known or (item is not None and not item.done and item.kind == whole.get("type"))
            ):
                self.item_done(index, whole)
        for item in self._all:
            if not item.done:
                if item.kind in (CALL, CUSTOM_CALL):
                    self._take_whole(item)
                self._end(item)
        self._writer.finish_all()
        for identity, results in self.searches.results():
            self._writer.whole_block(result_events(0, identity, results))

    def _known(self, index: int | None) -> Item | None:
        if index is not None:
            return self._by_index.get(index)
        return self._all[-1] if self._all else None

    def _of(self, index: int | None, kind: str) -> Item:
        item = self._known(index)
        return item if item is not None and item.kind == kind else self._begin(index, kind, {"type": kind})

    def _begin(self, index: int | None, kind: str, fields: JsonObject) -> Item:
        item = Item(kind, fields)
        before = self._all[-1] if self._all else None
        self._all.append(item)
        self._by_index[len(self._all) - 1 if index is None else index] = item
        if kind in (CALL, CUSTOM_CALL):
            item.client_id = self._unique_id(as_str(fields.get("call_id")) or "")
        if before is not None and isinstance(before.segment, ThinkingSegment):
            self._followed(before, before.segment, item)
        if kind == REASONING:
            item.segment = self._writer.add(ThinkingSegment(self._context.origin, fields))
        elif kind == MESSAGE:
            item.segment = self._writer.add(Segment(TextBlock(), holds=False, required=False))
        elif kind in (CALL, CUSTOM_CALL):
            self._open_call(item)
        return item

    def _followed(self, before: Item, segment: ThinkingSegment, item: Item) -> None:
        """`item` comes directly after the reasoning `before`, which may close now if that was all it waited for."""
        segment.following = Following(
            item.kind, as_str(item.fields.get("id")), as_str(item.fields.get("name")), as_str(item.fields.get("phase"))
        )
        if before.done:
            self._end(before)

    def _open_call(self, item: Item) -> None:
        name = as_str(item.fields.get("name"))
        if item.segment is None and name:
            self.has_calls = True
            block = CallBlock(item.client_id, self._names.get(name, name))
            item.segment = self._writer.add(Segment(block, holds=True, required=True))
            if item.kind == CALL and (told := item.told(0)):
                self._writer.write(item.segment, ToolInputDelta(item.segment.key, told))

    def _take_whole(self, item: Item) -> None:
        """What an item's own fields say beyond its deltas."""
        fields = item.fields
        match item.kind:
            case "message":
                self._take_message(item)
            case "reasoning":
                self._take_reasoning(item)
            case "function_call":
                self._open_call(item)
                arguments = fields.get("arguments")
                # An object instead of text: not OpenAI's, but seen wherever arguments are.
                text = compact_json(arguments) if isinstance(arguments, dict) else as_str(arguments)
                self._complete(item, "arguments", 0, text or "")
            case "custom_tool_call":
                self._open_call(item)
                given = as_str(fields.get("input")) or item.told(0)
                if item.segment is not None and not item.segment.finished:
                    self._writer.write(item.segment, ToolInputDelta(item.segment.key, compact_json({"input": given})))
            case "web_search_call":
                self._take_search(fields)
            case kind:
                self._context.notes.add(
                    kind or "item without a type", "output", "the provider's own tools are not shown"
                )

    def _take_message(self, item: Item) -> None:
        annotations: list[JsonObject] = []
        for number, part in enumerate(object_list(item.fields.get("content"))):
            match part.get("type"):
                case "output_text" | "text":
                    self._complete(item, "text", number, as_str(part.get("text")) or "")
                case "refusal":
                    self._complete(item, "refusal", number, as_str(part.get("refusal")) or "")
                case kind:
                    self._context.notes.add(f"content part {kind}", "output[].content", "has no text to show")
            annotations += object_list(part.get("annotations"))
        for annotation in annotations[item.cited :]:
            self._cite(item, annotation)

    def _take_reasoning(self, item: Item) -> None:
        summary = object_list(item.fields.get("summary"))
        for number, part in enumerate(summary):
            self._complete(item, "summary", number, as_str(part.get("text")) or "")
        for number, part in enumerate(object_list(item.fields.get("content"))):
            self._complete(item, "raw", number, as_str(part.get("text")) or "")
        if isinstance(item.segment, ThinkingSegment):
            item.segment.item = {} if item.rotates else item.fields

    def _take_search(self, fields: JsonObject) -> None:
        search = self.searches.begin(fields, self.seed)
        if search is None:
            self._context.notes.add(SEARCH, "output", "a look into a page that a search found")
        else:
            self._writer.whole_block(use_events(0, search.id, search.query))

    def _complete(self, item: Item, channel: Channel, part: int, whole: str) -> None:
        """Say what of a whole part was not told yet."""
        told = item.told(part)
        if len(whole) > len(told) and whole.startswith(told):
            self._say(item, channel, part, whole[len(told) :])

    def _say(self, item: Item, channel: Channel, part: int, text: str) -> None:
        if not text or (item.done and channel in ("arguments", "input")):
            return
        if channel in ("summary", "raw"):
            # The same reasoning may come as a summary and as it is: what came first is shown.
            item.channel = item.channel or channel
            if channel != item.channel:
                return
        item.parts.setdefault(part, []).append(text)
        if channel == "input":
            return  # text that becomes JSON when it is whole
        if channel == "refusal":
            self.refused = True
        segment = self._segment(item)
        if segment is None:
            return  # a call whose name has not come; its arguments are kept in `parts`
        match channel:
            case "text" | "refusal":
                delta = TextDelta(segment.key, text)
            case "arguments":
                delta = ToolInputDelta(segment.key, text)
            case _:
                apart = item.last_part is not None and item.last_part != part
                delta = ThinkingDelta(segment.key, f"\n\n{text}" if apart else text)
                item.last_part = part
        self._writer.write(segment, delta)

    def _segment(self, item: Item) -> Segment | None:
        """Where more of `item` goes: its segment, or a new one when that had to give way to what came between."""
        segment = item.segment
        if isinstance(segment, ThinkingSegment) and item.channel == "raw":
            segment.raw, segment.holds = True, False
        if segment is None or not (segment.closed or segment.finished) or item.kind in (CALL, CUSTOM_CALL):
            return segment
        if item.kind == MESSAGE:
            item.segment = Segment(TextBlock(), holds=False, required=False)
        else:
            item.segment = ThinkingSegment(self._context.origin, {})
            item.segment.holds = False
            item.last_part = None
        return self._writer.add(item.segment)

    def _cite(self, item: Item, annotation: JsonObject) -> None:
        item.cited += 1
        result = self.searches.cite(annotation)
        if result is None:
            kind = as_str(annotation.get("type")) or "without a type"
            self._context.notes.add(f"annotation {kind}", "output[].content", "only citations of web pages are shown")
        elif item.segment is not None and item.segment.ready and not item.segment.finished:
            self._writer.write(item.segment, citation_event(item.segment.key, result))

    def _end(self, item: Item) -> None:
        item.done = True
        segment = item.segment
        if segment is None or segment.finished:
            return
        if isinstance(segment, ThinkingSegment):
            if segment.following is None and item is self._all[-1]:
                return  # what follows belongs to it
            segment.required = segment.carried() is not None
        self._writer.finish(segment)

    def _unique_id(self, given: str) -> str:
        wanted, number = given, len(self._all)
        while not wanted or wanted in self._ids or wanted in self._context.used_ids:
            text = f"{self.seed}/{number}/{given}"
            wanted, number = "toolu_" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:24], number + 1
        self._ids.add(wanted)
        return wanted


def output_of(response: JsonObject) -> list[Json]:
    """The items that a whole response holds."""
    return as_list(response.get("output")) or []
