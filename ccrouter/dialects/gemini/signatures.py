"""Thought signatures, which Gemini puts on parts of any kind and wants back on exactly those.

Claude Code gives back of a turn its text, its calls and its thinking blocks with their `signature`. So a signature
travels in a thinking block beside the part it belongs to: in the reasoning before it, else in an empty block made for
it. The envelope says which part that is.
"""

from dataclasses import dataclass, field
from typing import Final, TypeAlias

from ccrouter.dialects.lenient_json import object_list
from ccrouter.model.blocks import Thinking
from ccrouter.model.envelope import Envelope, seal, unseal
from ccrouter.model.json import Json, JsonObject, as_int, as_list, as_object, as_str

KIND: Final = "thought_signature"

Mark: TypeAlias = tuple[int, int, str]
"""A signed piece of a text block: where it begins and ends (characters), and its signature."""


@dataclass(slots=True)
class Carried:
    """What one thinking block carries."""

    generation: str
    """Of the model that signed: others refuse its signatures."""
    own_ids: bool = False
    """The calls of this turn bear ids of the model's own, to be repeated to it."""
    thought: str | None = None
    """Signature of the block's own thought part."""
    calls: dict[str, str] = field(default_factory=dict[str, str])
    """Signature of a call, by the call's id."""
    next_text: list[Mark] = field(default_factory=list[Mark])
    """Signed pieces of the text block that follows."""
    last_text: list[Mark] = field(default_factory=list[Mark])
    """Signed pieces of the last text block before."""
    parts: list[JsonObject] = field(default_factory=list[JsonObject])
    """Parts that nobody but Gemini understands, standing here."""
    after: dict[str, list[JsonObject]] = field(default_factory=dict[str, list[JsonObject]])
    """The same behind a call, by the call's id."""

    def sealed(self, origin: str) -> str:
        """As a thinking block's signature."""
        data: JsonObject = {"generation": self.generation}
        if self.own_ids:
            data["own_ids"] = True
        if self.thought is not None:
            data["thought"] = self.thought
        if self.calls:
            data["calls"] = dict[str, Json](self.calls)
        for name, marks in (("next_text", self.next_text), ("last_text", self.last_text)):
            if marks:
                data[name] = [list[Json](mark) for mark in marks]
        if self.parts:
            data["parts"] = list[Json](self.parts)
        if self.after:
            data["after"] = {id_: list[Json](parts) for id_, parts in self.after.items()}
        return seal(Envelope(origin, KIND, data))


def carried(block: Thinking, origin: str, generation: str) -> Carried | None:
    """What `block` carries for `origin`'s models of `generation`; None when it was made by anybody else."""
    envelope = unseal(block.signature)
    if envelope is None or envelope.origin != origin or envelope.kind != KIND:
        return None
    data = as_object(envelope.data) or {}
    if as_str(data.get("generation")) != generation:
        return None
    return Carried(
        generation=generation,
        own_ids=data.get("own_ids") is True,
        thought=as_str(data.get("thought")),
        calls={id_: text for id_, value in (as_object(data.get("calls")) or {}).items() if (text := as_str(value))},
        next_text=_marks(data.get("next_text")),
        last_text=_marks(data.get("last_text")),
        parts=object_list(data.get("parts")),
        after={id_: object_list(parts) for id_, parts in (as_object(data.get("after")) or {}).items()},
    )


def _marks(value: Json) -> list[Mark]:
    marks: list[Mark] = []
    for entry in as_list(value) or ():
        fields = as_list(entry) or []
        if len(fields) == 3:
            start, end, signature = as_int(fields[0]), as_int(fields[1]), as_str(fields[2])
            if start is not None and end is not None and signature is not None:
                marks.append((start, end, signature))
    return marks


def signed(part: JsonObject, signature: str | None) -> JsonObject:
    """`part` with its signature, if any."""
    return part if signature is None else {**part, "thoughtSignature": signature}


def text_parts(text: str, marks: list[Mark]) -> list[JsonObject]:
    """`text` as parts, the signed pieces being parts of their own as they once were."""
    parts: list[JsonObject] = []
    position = 0
    for begin, finish, signature in sorted(marks):
        # Where the text was changed on its way, the signature goes behind it.
        start, end = (begin, finish) if position <= begin <= finish <= len(text) else (len(text), len(text))
        if text[position:start]:
            parts.append({"text": text[position:start]})
        parts.append(signed({"text": text[start:end]}, signature))
        position = end
    if text[position:]:
        parts.append({"text": text[position:]})
    return parts
