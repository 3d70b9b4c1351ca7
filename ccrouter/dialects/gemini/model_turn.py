"""One assistant turn as the parts of a model turn, each signature back on the part it came on."""

from ccrouter.dialects.folding import OpenCall, arguments_object
from ccrouter.dialects.gemini.call_ids import is_minted
from ccrouter.dialects.gemini.content import PROTOCOL
from ccrouter.dialects.gemini.families import Family
from ccrouter.dialects.gemini.signatures import Mark, carried, signed, text_parts
from ccrouter.dialects.gemini.tools import wire_name
from ccrouter.dialects.gemini.wire import SKIP_VALIDATOR, text_part
from ccrouter.dialects.quirks import Quirks
from ccrouter.dialects.wording import NO_CONTENT, opaque_text
from ccrouter.model.blocks import Block, Opaque, Text, Thinking, ToolUse
from ccrouter.model.json import JsonObject
from ccrouter.model.notes import Notes

WHERE = "/messages"


def model_turn(
    blocks: list[Block], *, origin: str, family: Family, quirks: Quirks, notes: Notes
) -> tuple[list[JsonObject], list[OpenCall]]:
    """The parts (never none), and the calls among them."""
    turn = _ModelTurn(origin, family, quirks, notes)
    for block in blocks:
        turn.take(block)
    return turn.parts(), turn.calls


class _ModelTurn:
    def __init__(self, origin: str, family: Family, quirks: Quirks, notes: Notes) -> None:
        self._origin = origin
        self._family = family
        self._quirks = quirks
        self._notes = notes
        self._groups: list[list[JsonObject]] = []
        """Parts, grouped by the block they came from."""
        self._last_text: tuple[int, str, list[Mark]] | None = None
        """Group, text and marks of the last text block."""
        self._next_text: list[Mark] = []
        self._signatures: dict[str, str] = {}
        self._after: dict[str, list[JsonObject]] = {}
        self._own_ids = False
        self.calls: list[OpenCall] = []

    def take(self, block: Block) -> None:
        match block:
            case Thinking():
                self._thinking(block)
            case Text():
                self._text(block.text)
            case ToolUse():
                self._call(block)
            case Opaque():
                text = opaque_text(block, self._notes, WHERE, protocol=PROTOCOL)
                self._groups.append([text_part(text)] if text else [])
            case _:
                kind = type(block).__name__.lower()
                self._notes.add(kind, WHERE, "not possible in an assistant message")

    def parts(self) -> list[JsonObject]:
        """All parts, with a stand-in on the turn's first call where its signature is not to be had."""
        parts = [part for group in self._groups for part in group]
        if self._family.needs_signatures:
            first = next((place for place, part in enumerate(parts) if "functionCall" in part), None)
            if first is not None and "thoughtSignature" not in parts[first]:
                parts[first] = signed(parts[first], SKIP_VALIDATOR)
        return parts or [text_part(NO_CONTENT)]

    def _thinking(self, block: Thinking) -> None:
        state = carried(block, self._origin, self._family.generation)
        if state is None:
            self._notes.add("thinking", WHERE, "another provider or another generation of models made it")
            return
        self._returned_text(state.last_text)
        parts: list[JsonObject] = []
        if block.text or state.thought is not None:
            parts.append(signed({"text": block.text, "thought": True}, state.thought))
        self._groups.append([*parts, *state.parts])
        self._next_text = state.next_text or self._next_text
        self._signatures.update(state.calls)
        self._after.update(state.after)
        self._own_ids = self._own_ids or state.own_ids

    def _returned_text(self, marks: list[Mark]) -> None:
        if marks and self._last_text is not None:
            group, text, before = self._last_text
            self._groups[group] = text_parts(text, [*before, *marks])

    def _text(self, text: str) -> None:
        marks, self._next_text = self._next_text, []
        if not marks and (not text or text.isspace()):
            return
        self._last_text = len(self._groups), text, marks
        self._groups.append(text_parts(text, marks))

    def _call(self, use: ToolUse) -> None:
        function: JsonObject = {"name": wire_name(use.name), "args": arguments_object(use.input)}
        own_id = use.id if self._own_ids and self._quirks.call_ids and not is_minted(use.id) else ""
        if own_id:
            function["id"] = own_id
        self.calls.append(OpenCall(use.id, own_id, use.name))
        part = signed({"functionCall": function}, self._signatures.get(use.id))
        self._groups.append([part, *self._after.get(use.id, ())])
