"""Reasoning items, both ways: what a provider must see again travels sealed in `encrypted_content`."""

from typing import Final

from ccrouter.client_apis.reading import Fields
from ccrouter.model.blocks import Block, Opaque, Thinking
from ccrouter.model.envelope import Envelope, seal, unseal
from ccrouter.model.json import Json, JsonObject, as_list, as_object, as_str
from ccrouter.model.notes import Notes

ORIGIN: Final = "responses client"
SIGNED: Final = "signed"
REDACTED: Final = "redacted"


def sealed_signature(signature: str) -> str:
    """`encrypted_content` for a thinking block's signature."""
    return seal(Envelope(ORIGIN, SIGNED, {"signature": signature}))


def sealed_redacted(raw: JsonObject) -> str:
    """`encrypted_content` for thinking that only its provider can read."""
    return seal(Envelope(ORIGIN, REDACTED, raw))


def reasoning_block(fields: Fields, notes: Notes, at: int) -> Block | None:
    """The thinking block of a reasoning item; None, with a note, for what another server sealed."""
    text = _text(fields.take("summary")) or _text(fields.take("content"))
    encrypted = fields.text("encrypted_content")
    envelope = unseal(encrypted)
    data = as_object(envelope.data) if envelope is not None and envelope.origin == ORIGIN else None
    if envelope is not None and data is not None:
        return Opaque(data) if envelope.kind == REDACTED else Thinking(text, as_str(data.get("signature")))
    if encrypted is not None or not text:
        notes.add("reasoning", f"/input/{at}", "another server made it")
        return None
    return Thinking(text, None)


def _text(parts: Json) -> str:
    return "".join([as_str((as_object(part) or {}).get("text")) or "" for part in as_list(parts) or ()])
