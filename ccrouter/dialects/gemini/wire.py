"""Names of the Gemini wire (`generateContent`), as Google's REST reference spells them in JSON."""

from typing import Final, TypedDict

from ccrouter.model.json import Json, JsonObject

SKIP_VALIDATOR: Final = "skip_thought_signature_validator"
"""Google's documented stand-in for the thought signature of a function call that another model made
(ai.google.dev, thought signatures, FAQ)."""

USER: Final = "user"
MODEL: Final = "model"


class Content(TypedDict):
    """One turn. `parts` are never empty, roles take turns, the first is the user's."""

    role: str
    parts: list[JsonObject]


def content(role: str, parts: list[JsonObject]) -> JsonObject:
    """A turn as JSON."""
    return {"role": role, "parts": list[Json](parts)}


def text_part(text: str) -> JsonObject:
    """A part that is text."""
    return {"text": text}
