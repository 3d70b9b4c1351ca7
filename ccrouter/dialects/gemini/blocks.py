"""From parts to blocks in the one order of `model/grammar.py`, signatures in thinking blocks beside what they sign.

One block is open at a time. A call is whole when it comes and is given out when the next part has come, so that a
signed empty part behind it can still travel in front of it. What signs a text that is already on its way waits for the
next thinking block; when the turn ends with that text it is not kept, because Claude Code (measured: 2.1.197, 2.1.328)
looks for the answer in a turn's last block and finds an empty one (Google validates the signatures of calls only).
"""

from typing import Final, Literal

from ccrouter.dialects.gemini.signatures import Carried, Mark
from ccrouter.model.events import (
    BlockStart,
    BlockStop,
    Event,
    OpaqueBlock,
    OpaqueDelta,
    Signature,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolInputDelta,
    ToolUseBlock,
)
from ccrouter.model.json import JsonObject

TEXT: Final = "text"
THINKING: Final = "thinking"


class BlockWriter:
    """Collects the events of one reply's blocks. `take` hands out what came since the last call."""

    def __init__(self, origin: str, generation: str) -> None:
        self._origin = origin
        self._generation = generation
        self._events: list[Event] = []
        self._keys = 0
        self._shown: Literal["text", "thinking"] | None = None
        self._key = -1
        self._carried: Carried | None = None
        """Of the open thinking block."""
        self._length = 0
        """Characters of the open text block so far."""
        self._marks: list[Mark] = []
        """Signed pieces of the last text block that no thinking block carries yet."""
        self._call: tuple[str, str, str] | None = None
        """Id, name and arguments of a call that was not given out yet."""
        self.has_content = False
        self.has_text = False
        self.has_tool_use = False

    @property
    def open_text(self) -> int | None:
        """The key of the text block that is open, if one is."""
        return self._key if self._shown == TEXT else None

    def take(self) -> list[Event]:
        """The events since the last `take`."""
        events, self._events = self._events, []
        return events

    def text(self, text: str, signature: str | None = None) -> None:
        """A piece of the answer."""
        if not text and self._shown != TEXT:
            if signature is not None:
                self.part({"text": "", "thoughtSignature": signature})
            return
        self._give_out_call()
        if self._shown != TEXT:
            if signature is not None:
                self._carrier().next_text.append((0, len(text), signature))
            elif self._marks:
                self._carrier()
            self._close()
            self._open(TEXT)
        elif signature is not None:
            self._marks.append((self._length, self._length + len(text), signature))
        if text:
            self.has_text = True
            self._length += len(text)
            self._events.append(TextDelta(self._key, text))

    def thought(self, text: str, signature: str | None = None) -> None:
        """A piece of the model's reasoning."""
        self._give_out_call()
        if not text and signature is None:
            return
        state = self._carried
        if state is None or state.thought is not None or state.calls or state.parts or state.next_text:
            self._close()
            state = self._open_thinking()
        if text:
            self._events.append(ThinkingDelta(self._key, text))
        state.thought = signature

    def call(self, id_: str, name: str, json: str, *, signature: str | None, own_id: bool) -> None:
        """A whole call."""
        self._give_out_call()
        if signature is not None or self._marks or (own_id and not self.has_tool_use):
            carrier = self._carrier()
            carrier.own_ids = carrier.own_ids or own_id
            if signature is not None:
                carrier.calls[id_] = signature
        self._call = id_, name, json
        self.has_content = self.has_tool_use = True

    def part(self, part: JsonObject) -> None:
        """A part that only goes back as it is."""
        if self._call is not None:
            self._carrier().after.setdefault(self._call[0], []).append(part)
        else:
            self._carrier().parts.append(part)

    def delta(self, raw: JsonObject) -> None:
        """A delta of the open text block that is not text (a citation)."""
        self._events.append(OpaqueDelta(self._key, raw))

    def opaque(self, raw: JsonObject, json: str = "") -> None:
        """A whole block that the model does not know. `json`: the input of a server tool."""
        self._give_out_call()
        if self._marks:
            self._carrier()
        self._close()
        key = self._next_key()
        self._events.append(BlockStart(key, OpaqueBlock(raw)))
        if json:
            self._events.append(ToolInputDelta(key, json))
        self._events.append(BlockStop(key))

    def finish(self) -> bool:
        """Close what is open. False when a signature could not be kept."""
        self._give_out_call()
        self._close()
        return not self._marks

    def _carrier(self) -> Carried:
        """The open thinking block's state, in a block made for it where none is open."""
        state = self._carried
        if state is None:
            self._close()
            state = self._open_thinking()
        return state

    def _open_thinking(self) -> Carried:
        self._open(THINKING)
        state = self._carried = Carried(self._generation, last_text=self._marks)
        self._marks = []
        return state

    def _give_out_call(self) -> None:
        if self._call is None:
            return
        (id_, name, json), self._call = self._call, None
        self._close()
        key = self._next_key()
        self._events += [BlockStart(key, ToolUseBlock(id_, name)), ToolInputDelta(key, json), BlockStop(key)]

    def _open(self, kind: Literal["text", "thinking"]) -> None:
        self._key = self._next_key()
        self._shown = kind
        self._length = 0
        self._events.append(BlockStart(self._key, TextBlock() if kind == TEXT else ThinkingBlock()))

    def _close(self) -> None:
        if self._shown is None:
            return
        if self._carried is not None:
            self._events.append(Signature(self._key, self._carried.sealed(self._origin)))
            self._carried = None
        self._events.append(BlockStop(self._key))
        self._shown = None

    def _next_key(self) -> int:
        self.has_content = True
        self._keys += 1
        return self._keys - 1
