"""Tool calls that a model wrote into its text become calls again, before the client sees them."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from ccrouter.model.events import (
    BlockKey,
    BlockStart,
    BlockStop,
    Event,
    Failed,
    Finish,
    OpaqueDelta,
    Signature,
    Start,
    TextBlock,
    TextDelta,
    ThinkingDelta,
    ToolInputDelta,
    ToolUseBlock,
)
from ccrouter.model.notes import Notes
from ccrouter.transformers.leak_scanner import LeakScanner, Piece
from ccrouter.transformers.leaked_forms import Form, LeakedCall, Schemas

ENDS_WITH_CALLS: Final = frozenset({"end_turn", "stop_sequence"})
"""What upstreams call the end of a turn whose calls they did not see."""


class LeakedCalls:
    """An event filter for one reply.

    Splits text blocks at the calls in them. Calls in reasoning (Qwen3.5, DeepSeek: vllm-project/vllm#39056,
    antirez/ds4#167) count only at its very end, and only when nothing else came of the turn: before that they may be
    drafts. Reasoning itself stays as it is. Every block gets a new key, counting from 0.
    """

    def __init__(self, forms: Iterable[Form], schemas: Schemas, notes: Notes) -> None:
        """`schemas`: the tools on offer, by name."""
        self._forms = tuple(forms)
        self._schemas = schemas
        self._notes = notes
        self._scanner = LeakScanner(self._forms, schemas)
        self._seed = ""
        self._calls = 0
        self._answered = False  # a call or a word of text came
        self._thinking: list[str] = []
        self._keys = 0
        self._key: BlockKey = 0  # of the block that is open on our side, or was last
        self._in_text = False  # the upstream's open block is a text block
        self._head = TextBlock()
        self._text_open = False
        self._blank = ""  # white space that waits for the text it belongs to
        self._calls_in_block = 0

    def __call__(self, batch: list[Event]) -> list[Event]:
        """The events for one batch."""
        out: list[Event] = []
        for event in batch:
            if type(event) is TextDelta:
                if self._text_open and self._scanner.passes(event.text):
                    out.append(event if event.key == self._key else TextDelta(self._key, event.text))
                else:
                    self._pieces(self._scanner.feed(event.text), out)
            else:
                self._see(event, out)
        return out

    def _see(self, event: Event, out: list[Event]) -> None:
        match event:
            case ThinkingDelta():
                self._thinking.append(event.text)
                out.append(self._renamed(event))
            case BlockStart(block=TextBlock() as head):
                self._in_text, self._head = True, head
                self._text_open, self._blank, self._calls_in_block = False, "", 0
            case BlockStart():
                self._answered = self._answered or isinstance(event.block, ToolUseBlock)
                self._key, self._keys = self._keys, self._keys + 1
                out.append(BlockStart(self._key, event.block))
            case BlockStop() if self._in_text:
                self._end_of_text(out)
            case OpaqueDelta() if self._in_text:
                self._open_text(out)
                out.append(self._renamed(event))
            case Signature() | ToolInputDelta() | OpaqueDelta() | BlockStop():
                out.append(self._renamed(event))
            case Failed():
                if self._in_text:
                    self._pieces(self._scanner.finish(complete=False), out)
                out.append(event)
            case Finish():
                out.extend(self._finish(event))
            case Start():
                self._seed = event.id or ""
                out.append(event)
            case _:
                out.append(event)

    def _renamed(self, event: ThinkingDelta | Signature | ToolInputDelta | OpaqueDelta | BlockStop) -> Event:
        return event if event.key == self._key else replace(event, key=self._key)

    def _pieces(self, pieces: list[Piece], out: list[Event]) -> None:
        for piece in pieces:
            if isinstance(piece, LeakedCall):
                if self._text_open:
                    out.append(BlockStop(self._key))
                self._text_open, self._blank = False, ""
                self._calls_in_block += 1
                self._call(piece, out)
            elif self._text_open:
                out.append(TextDelta(self._key, piece))
            else:
                self._blank += piece
                if not self._blank.isspace():
                    self._open_text(out)

    def _open_text(self, out: list[Event]) -> None:
        if not self._text_open:
            self._text_open = self._answered = True
            self._key, self._keys = self._keys, self._keys + 1
            out.append(BlockStart(self._key, self._head))
        if self._blank:
            out.append(TextDelta(self._key, self._blank))
            self._blank = ""

    def _call(self, call: LeakedCall, out: list[Event]) -> None:
        text = f"{self._seed}/{self._calls}/{call.name}/{call.arguments}"
        id_ = "toolu_" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:24]
        self._key, self._keys, self._calls = self._keys, self._keys + 1, self._calls + 1
        self._answered = True
        out += [
            BlockStart(self._key, ToolUseBlock(id_, call.name)),
            ToolInputDelta(self._key, call.arguments),
            BlockStop(self._key),
        ]
        self._notes.add("tool call", "content", f"{call.name} was called in text: made a call of it")

    def _end_of_text(self, out: list[Event]) -> None:
        self._pieces(self._scanner.finish(complete=True), out)
        if not self._text_open and not self._calls_in_block:
            answered = self._answered
            self._open_text(out)  # an empty block stays one, a blank one as well
            self._answered = answered
        if self._text_open:
            out.append(BlockStop(self._key))
        self._in_text = self._text_open = False

    def _finish(self, finish: Finish) -> list[Event]:
        out: list[Event] = []
        if not self._answered and finish.stop_reason in (*ENDS_WITH_CALLS, "tool_use"):
            for call in self._calls_at_end(out_of="".join(self._thinking)):
                self._call(call, out)
        if self._calls and finish.stop_reason in ENDS_WITH_CALLS:
            finish = replace(finish, stop_reason="tool_use", stop_sequence=None)
        return [*out, finish]

    def _calls_at_end(self, *, out_of: str) -> list[LeakedCall]:
        scanner = LeakScanner(self._forms, self._schemas)
        calls: list[LeakedCall] = []
        for piece in [*scanner.feed(out_of), *scanner.finish(complete=True)]:
            if isinstance(piece, LeakedCall):
                calls.append(piece)
            elif piece.strip():
                calls.clear()
        return calls
