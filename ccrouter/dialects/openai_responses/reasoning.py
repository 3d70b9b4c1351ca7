"""Reasoning in the history: whole items back to the provider they came from, and to nobody else.

OpenAI checks that an item comes with its own id, that its encrypted content is the one it gave out, and that what
followed it still follows: `Item 'rs_…' of type 'reasoning' was provided without its required following item`.

What a thinking block's envelope carries is `{item, following, raw?}`: the item as it came (without its `content` where
`raw`: that is the block's own text), and what came directly after it.
"""

from dataclasses import dataclass

from ccrouter.dialects.openai_responses.wire import REASONING_ITEM
from ccrouter.dialects.quirks import Quirks
from ccrouter.frozen import frozen
from ccrouter.model.blocks import Thinking
from ccrouter.model.envelope import unseal
from ccrouter.model.json import Json, JsonObject, as_object, as_str
from ccrouter.model.notes import Notes


@frozen
class Following:
    """The item directly after a reasoning item. `name` is a called function's: its call's id may be another for the
    client. `id` and `phase` are given back with that item."""

    type: str
    id: str | None = None
    name: str | None = None
    phase: str | None = None

    def as_json(self) -> JsonObject:
        """For the envelope; `following_of` reads it."""
        fields = {"type": self.type, "id": self.id, "name": self.name, "phase": self.phase}
        return {name: value for name, value in fields.items() if value is not None}


def following_of(value: Json) -> Following | None:
    """The `following` of an envelope, or None when there is none."""
    fields = as_object(value)
    kind = as_str(fields.get("type")) if fields is not None else None
    if fields is None or kind is None:
        return None
    return Following(kind, as_str(fields.get("id")), as_str(fields.get("name")), as_str(fields.get("phase")))


@dataclass(slots=True)
class Entry:
    """One item of an assistant turn on its way out. `following` is set on reasoning items: what must come next."""

    item: JsonObject
    following: Following | None = None


def returned_item(block: Thinking, *, origin: str, quirks: Quirks, notes: Notes) -> Entry | None:
    """The reasoning item in a thinking block as `origin` wants to see it again, or None with a note."""
    envelope = unseal(block.signature)
    if envelope is None or envelope.origin != origin:
        return _left_out(notes, "another provider made it")
    data = as_object(envelope.data)
    item = as_object(data.get("item")) if data is not None else None
    following = following_of(data.get("following")) if data is not None else None
    if envelope.kind != REASONING_ITEM or data is None or item is None or following is None:
        return _left_out(notes, "it holds nothing that the provider could use again")
    encrypted = as_str(item.get("encrypted_content")) is not None
    if quirks.reasoning_out is None or (encrypted and not quirks.encrypted_reasoning):
        return _left_out(notes, "the upstream takes no reasoning back")
    if data.get("raw") is True and block.text:
        content: list[Json] = [{"type": "reasoning_text", "text": block.text}]
        item = dict(item)
        item["content"] = content
    return Entry(item, following=following)


def keep_what_is_followed(entries: list[Entry], notes: Notes) -> list[Entry]:
    """`entries` without the reasoning items that are not followed by what followed them when they were made.

    Items that follow a kept one get their own id and phase back.
    """
    kept: list[Entry] = []
    for entry in reversed(entries):
        if entry.following is not None:
            after = kept[-1] if kept else None
            if after is None or not _is_that(after, entry.following):
                _left_out(notes, "what followed it is gone")
                continue
            _restore(after, entry.following)
        kept.append(entry)
    return kept[::-1]


def carried(item: JsonObject, following: Following | None, *, raw: bool) -> JsonObject | None:
    """What a thinking block has to carry of a reasoning item, or None when it could not be given back anyway.

    Nothing is stored (`store: false`), so an item without encrypted content is of use only where its text is readable
    (`raw`). `status` is output only (`Unknown parameter: 'input[2].status'`), and null is not the same as absent.
    """
    if following is None or not (as_str(item.get("encrypted_content")) or raw):
        return None
    left_out = {"status", "content"} if raw else {"status"}
    kept: JsonObject = {
        name: value
        for name, value in item.items()
        if name not in left_out and value is not None and not (name == "content" and not value)
    }
    kept.setdefault("summary", [])
    data: JsonObject = {"item": kept, "following": following.as_json()}
    if raw:
        data["raw"] = True
    return data


def _is_that(entry: Entry, following: Following) -> bool:
    if entry.item.get("type") != following.type:
        return False
    return following.type != "function_call" or entry.item.get("name") == following.name


def _restore(entry: Entry, following: Following) -> None:
    if entry.following is not None:
        return  # reasoning again: it has its own id
    if following.id:
        entry.item["id"] = following.id
    if following.phase:
        entry.item["phase"] = following.phase


def _left_out(notes: Notes, why: str) -> None:
    notes.add("thinking", "/messages", why)
