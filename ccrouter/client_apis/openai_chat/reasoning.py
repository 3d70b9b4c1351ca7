"""Reasoning in a chat client's history, and the state that belongs to it.

Chat has no field of OpenAI's own for either. Text travels as `reasoning_content` (DeepSeek's name, which most clients
know), and what a provider must see again as OpenRouter's `reasoning_details`, in an entry that nobody shows:
`{"type": "reasoning.encrypted", "data": …}`. Clients that give back what they got lose nothing.
"""

from collections.abc import Iterator
from typing import Final

from ccrouter.client_apis.reading import Fields
from ccrouter.model.blocks import Block, Opaque, Thinking
from ccrouter.model.envelope import Envelope, seal, unseal
from ccrouter.model.json import JsonObject, as_int, as_list, as_object, as_str
from ccrouter.model.notes import Notes

ORIGIN: Final = "chat client"
SIGNED: Final = "signed"
REDACTED: Final = "redacted"
FORMAT: Final = "ccrouter-v1"

TEXT_FIELDS: Final = ("reasoning_content", "reasoning")


def signed_detail(signature: str, letters: int, index: int) -> JsonObject:
    """The entry for a thinking block whose text is the next `letters` characters of the reasoning."""
    return _detail(Envelope(ORIGIN, SIGNED, {"signature": signature, "letters": letters}), index)


def redacted_detail(raw: JsonObject, index: int) -> JsonObject:
    """The entry for thinking that only its provider can read."""
    return _detail(Envelope(ORIGIN, REDACTED, raw), index)


def _detail(envelope: Envelope, index: int) -> JsonObject:
    return {
        "type": "reasoning.encrypted",
        "data": seal(envelope),
        "id": f"rs_{index}",
        "format": FORMAT,
        "index": index,
    }


def reasoning_blocks(fields: Fields, notes: Notes, at: int) -> Iterator[Block]:
    """The thinking of an assistant message, as it was made."""
    text = ""
    for name in TEXT_FIELDS:
        text = text or _plain(fields, name)
    begin = 0
    for entry in as_list(fields.take("reasoning_details")) or ():
        envelope = unseal(as_str((as_object(entry) or {}).get("data")))
        data = as_object(envelope.data) if envelope is not None and envelope.origin == ORIGIN else None
        if envelope is None or data is None:
            notes.add("reasoning_details", f"/messages/{at}", "another router made it")
        elif envelope.kind == REDACTED:
            yield Opaque(data)
        else:
            letters = as_int(data.get("letters")) or 0
            if begin + letters > len(text):
                notes.add("reasoning_details", f"/messages/{at}", "the reasoning it belongs to is gone")
                continue
            yield Thinking(text[begin : begin + letters], as_str(data.get("signature")))
            begin += letters
    if text[begin:]:
        yield Thinking(text[begin:], None)


def _plain(fields: Fields, name: str) -> str:
    value = fields.take(name)
    return value if isinstance(value, str) else ""
