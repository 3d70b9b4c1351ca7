"""Reasoning in the history: back to the provider it came from, in the field it came in, and to nobody else."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ccrouter.dialects.openai_chat.wire import (
    CARRIED_FIELDS,
    REASONING_DETAILS,
    REASONING_FIELDS,
    THINKING_PART,
)
from ccrouter.dialects.quirks import THINK_TAGS_OUT, Quirks
from ccrouter.model.blocks import Thinking
from ccrouter.model.envelope import BETWEEN_TAGS, unseal
from ccrouter.model.json import Json, JsonObject, as_list, as_object
from ccrouter.model.notes import Notes

DEFAULT_FIELD = "reasoning_content"
"""The field that is required of an upstream whose history never told one (DeepSeek, Kimi, GLM)."""


@dataclass(slots=True)
class Returned:
    """What an assistant message gives back. `parts` go into its content (Mistral), `calls` into its tool calls, `text`
    before its text.
    """

    message: JsonObject = field(default_factory=dict[str, Json])
    parts: list[JsonObject] = field(default_factory=list[JsonObject])
    calls: dict[str, JsonObject] = field(default_factory=dict[str, JsonObject])
    text: str = ""


def returned_reasoning(
    blocks: Iterable[Thinking], *, origin: str, quirks: Quirks, has_calls: bool, notes: Notes
) -> Returned:
    """The reasoning of one assistant message as `origin` wants to see it again."""
    returned = Returned()
    texts: dict[str, str] = {}
    details: list[Json] = []
    for block in blocks:
        envelope = unseal(block.signature)
        if envelope is None or envelope.origin != origin:
            notes.add("thinking", "/messages", "another provider made it")
        elif quirks.reasoning_out is None:
            notes.add("thinking", "/messages", "the upstream takes no reasoning back")
        elif envelope.kind == CARRIED_FIELDS:
            _carry(returned, as_object(envelope.data) or {})
        elif envelope.kind == REASONING_DETAILS and quirks.reasoning_out in ("same", REASONING_DETAILS):
            details.extend(as_list(envelope.data) or ())
        elif block.text:
            name = _field_for(envelope.kind, quirks)
            if name is None:
                notes.add("thinking", "/messages", "it came in the text, and the upstream is not known to want it back")
            else:
                texts[name] = texts.get(name, "") + block.text
    if details:
        returned.message[REASONING_DETAILS] = details
    for name, text in texts.items():
        _give_back(returned, name, text)
    if quirks.reasoning_required and has_calls and not any(name in returned.message for name in _FIELDS):
        name = quirks.reasoning_out if quirks.reasoning_out not in (None, "same", THINK_TAGS_OUT) else DEFAULT_FIELD
        returned.message[name] = ""
    return returned


def _give_back(returned: Returned, name: str, text: str) -> None:
    if name == THINKING_PART:
        returned.parts.append({"type": "thinking", "thinking": [{"type": "text", "text": text}]})
    elif name == THINK_TAGS_OUT:
        returned.text = f"<think>{text}</think>"
    elif name == REASONING_DETAILS:
        returned.message.setdefault(name, [{"type": "reasoning.text", "text": text}])
    else:
        returned.message[name] = text


def _field_for(kind: str, quirks: Quirks) -> str | None:
    """Where reasoning that came as `kind` goes: a field, a content part, the text; None is nowhere."""
    if quirks.reasoning_out != "same":
        return quirks.reasoning_out
    if kind in (*REASONING_FIELDS, THINKING_PART):
        return kind
    if kind == BETWEEN_TAGS and not quirks.reasoning_required:
        return THINK_TAGS_OUT if quirks.think_tags_back else None
    return DEFAULT_FIELD


_FIELDS = (*REASONING_FIELDS, REASONING_DETAILS)


def _carry(returned: Returned, data: JsonObject) -> None:
    returned.message.update(as_object(data.get("message")) or {})
    for id_, state in (as_object(data.get("calls")) or {}).items():
        fields = as_object(state)
        if fields is not None:
            returned.calls.setdefault(id_, {}).update(fields)
