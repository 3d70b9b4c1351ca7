"""How an answer ended: `finishReason` and `blockReason` in Anthropic's words."""

from typing import Final, Literal

from ccrouter.model.events import StopReason
from ccrouter.model.json import JsonObject

Ending = StopReason | Literal["malformed", "failed"]

FINISH: Final[dict[str, Ending]] = {
    "STOP": "end_turn",
    "MAX_TOKENS": "max_tokens",
    "SAFETY": "refusal",
    "RECITATION": "refusal",
    "LANGUAGE": "refusal",
    "BLOCKLIST": "refusal",
    "PROHIBITED_CONTENT": "refusal",
    "SPII": "refusal",
    "MODEL_ARMOR": "refusal",  # Vertex
    "IMAGE_SAFETY": "refusal",
    "IMAGE_PROHIBITED_CONTENT": "refusal",
    "IMAGE_RECITATION": "refusal",
    "MALFORMED_FUNCTION_CALL": "malformed",
    "UNEXPECTED_TOOL_CALL": "malformed",
    "MALFORMED_RESPONSE": "failed",
    "MISSING_THOUGHT_SIGNATURE": "failed",
}

STRONG: Final = frozenset({"max_tokens", "refusal", "malformed", "failed"})
"""Endings that a later, milder one of the same reply does not undo (older Vertex says STOP with every chunk)."""


def ending_of(finish_reason: str) -> Ending | None:
    """Anthropic's stop reason, `malformed`, `failed`, or None for a word nobody knows."""
    return FINISH.get(finish_reason)


def stronger(old: str | None, new: Ending) -> Ending | str:
    """Which of two endings holds when a reply tells more than one."""
    return old if old in STRONG else new


def stop_reason(ending: str, *, has_tool_use: bool) -> str:
    """The stop reason to tell: Gemini says STOP after function calls, too."""
    return "tool_use" if has_tool_use and ending == "end_turn" else ending


def refusal_text(reason: str, message: str | None, *, prompt: bool) -> str:
    """What is shown where the provider said nothing but its reason."""
    what = "the request" if prompt else "its answer"
    return f"[The provider blocked {what}: {reason}{f'. {message}' if message else ''}]"


def refusal_extras(reason: str, message: str | None) -> JsonObject:
    """`stop_details` as Anthropic tells them with a refusal."""
    explanation = f"{reason}: {message}" if message else reason
    return {"stop_details": {"type": "refusal", "category": None, "explanation": explanation}}


def malformed_text(reason: str) -> str:
    """What is shown when the model's call could not be read and text had been sent already."""
    return (
        f"[The model tried to call a tool, but what it wrote could not be read ({reason}). "
        "Nothing was run. Ask it to go on.]"
    )
