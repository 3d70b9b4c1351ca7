"""Names and shapes of the OpenAI chat wire, as OpenAI documents them and as its many imitators bend them."""

from typing import Final

from ccrouter.dialects import reply_decoder
from ccrouter.model.json import Json, JsonObject, as_object, as_str

DONE: Final = reply_decoder.DONE

REASONING_FIELDS: Final = ("reasoning_content", "reasoning", "reasoning_text")
"""Plain-text reasoning of a message or delta: DeepSeek, Kimi, GLM, Qwen, xAI · OpenRouter, Groq, Cerebras, Ollama,
newer vLLM · GitHub Copilot. Where several are sent they hold the same text."""

REASONING_DETAILS: Final = "reasoning_details"
"""OpenRouter's list of typed reasoning entries, to be given back as it came."""

THINKING_PART: Final = "thinking_part"
"""Our name for reasoning that came as a content part: Mistral's `{type: thinking, thinking: [{type: text, text}]}`."""

CARRIED_FIELDS: Final = "fields"
"""Our name for opaque state outside the reasoning fields: `{message: {…}, calls: {tool id: {…}}}`."""

MESSAGE_STATE: Final = ("reasoning_opaque", "extra_content")
"""Opaque message fields to be given back: Copilot's encrypted reasoning · Gemini's thought signature (OpenAI shim)."""

CALL_STATE: Final = ("extra_content",)
"""Opaque fields of a tool call to be given back (`extra_content.google.thought_signature`)."""


def text_of_parts(value: Json) -> str:
    """The text in a string, a `{text}` part, or a list of either; empty for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(text_of_parts(part) for part in value)
    part = as_object(value)
    return as_str(part.get("text")) or "" if part is not None else ""


def first_text(message: JsonObject, names: tuple[str, ...]) -> tuple[str, str] | None:
    """The first of the fields `names` that holds text, with that text."""
    for name in names:
        value = message.get(name)
        if value:
            text = text_of_parts(value)
            if text:
                return name, text
    return None


def details_text(entries: list[Json]) -> str:
    """The readable text in OpenRouter's reasoning entries (`reasoning.text`, `reasoning.summary`)."""
    found: list[str] = []
    for entry in entries:
        fields = as_object(entry)
        if fields is not None:
            found.append(as_str(fields.get("text")) or as_str(fields.get("summary")) or "")
    return "".join(found)


def merge_details(known: list[JsonObject], entries: list[Json]) -> None:
    """Add a delta's reasoning entries to those of the same block, so that the result reads as if it had come whole.

    Entries of the same type and index are fragments of one: their text is joined, and what only a later fragment
    tells (signature, id) is taken from it. Encrypted entries come whole and are kept as they are.
    """
    for entry in entries:
        fields = as_object(entry)
        if fields is None:
            continue
        earlier = _fragment_of(known, fields)
        if earlier is None:
            known.append(dict(fields))
            continue
        for name, value in fields.items():
            before = earlier.get(name)
            if name in ("text", "summary") and isinstance(before, str) and isinstance(value, str):
                earlier[name] = before + value
            elif value is not None:
                earlier[name] = value


def _fragment_of(known: list[JsonObject], fields: JsonObject) -> JsonObject | None:
    if fields.get("type") not in ("reasoning.text", "reasoning.summary"):
        return None
    for earlier in reversed(known):
        if earlier.get("type") == fields["type"] and earlier.get("index") == fields.get("index"):
            ids = earlier.get("id"), fields.get("id")
            return earlier if None in ids or ids[0] == ids[1] else None
    return None
