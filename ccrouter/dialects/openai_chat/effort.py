"""How hard the model shall think, in the one spelling this upstream knows."""

from typing import Final

from ccrouter.dialects.quirks import Quirks
from ccrouter.model.json import JsonObject
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request

LEVELS: Final = {"minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "high", "max": "high"}
"""Anthropic's efforts in the three words that every upstream with `reasoning_effort` knows."""


def encode_effort(request: Request, quirks: Quirks, notes: Notes) -> JsonObject:
    """The body's fields about reasoning; none where the upstream has no such field or the client asked for nothing."""
    thinking = request.thinking.type if request.thinking is not None else None
    effort = _effort(request)
    disabled = thinking == "disabled"
    if quirks.effort_style == "enable_thinking" and not request.streamed:
        # "parameter.enable_thinking must be set to false for non-streaming calls" (DashScope, ModelScope), and some
        # models think unless told not to.
        if thinking is not None and not disabled:
            notes.add("thinking", "/thinking", "the upstream thinks only in streams")
        return {"enable_thinking": False}
    if thinking is None and effort is None:
        return {}
    match quirks.effort_style:
        case "none":
            if effort is not None and not disabled:
                notes.add("effort", "/output_config/effort", "the upstream has no field for it")
            return {}
        case "reasoning_effort":
            return {} if disabled or effort is None else {"reasoning_effort": effort}
        case "openrouter":
            if disabled:
                return {"reasoning": {"enabled": False}}
            return {"reasoning": {"enabled": True} if effort is None else {"effort": effort}}
        case "thinking":
            if disabled or thinking is None:
                return {} if thinking is None else {"thinking": {"type": "disabled"}}
            return {"thinking": {"type": "enabled", **quirks.thinking_fields}}
        case "enable_thinking":
            return {} if thinking is None else {"enable_thinking": not disabled}


def _effort(request: Request) -> str | None:
    """The effort asked for; an old-style thinking budget counts as one."""
    if request.effort is not None:
        return LEVELS.get(request.effort, "high")
    budget = request.thinking.budget_tokens if request.thinking is not None else None
    if budget is None:
        return None
    return "low" if budget <= 4096 else "medium" if budget <= 16384 else "high"
