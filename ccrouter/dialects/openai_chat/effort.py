"""How hard the model shall think, in the one spelling this upstream knows."""

from typing import Final

from ccrouter.dialects.quirks import Quirks
from ccrouter.model.json import JsonObject
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request

SCALE: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""Every word that `reasoning_effort` is known to take anywhere, from least to most."""
USUAL: Final = frozenset({"low", "medium", "high"})
"""The words that every upstream with `reasoning_effort` knows."""
OPENROUTER: Final = USUAL | {"xhigh"}
"""It translates for every model what it does not know. `none` is said as `enabled: false`."""


def encode_effort(request: Request, quirks: Quirks, notes: Notes) -> JsonObject:
    """The body's fields about reasoning; none where the upstream has no such field or the client asked for nothing."""
    thinking = request.thinking.type if request.thinking is not None else None
    if thinking is None and request.effort is None and quirks.effort_style != "enable_thinking":
        return {}
    words = OPENROUTER if quirks.effort_style == "openrouter" else quirks.efforts or USUAL
    effort = _effort(request, words)
    disabled = thinking == "disabled"
    if quirks.effort_style == "enable_thinking" and not request.streamed:
        # "parameter.enable_thinking must be set to false for non-streaming calls" (DashScope, ModelScope), and some
        # models think unless told not to.
        if thinking is not None and not disabled:
            notes.add("thinking", "/thinking", "the upstream thinks only in streams")
        return {"enable_thinking": False}
    match quirks.effort_style:
        case "none":
            if effort is not None and not disabled:
                notes.add("effort", "/output_config/effort", "the upstream has no field for it")
            return {}
        case "reasoning_effort":
            return _graded(effort, words, notes, disabled=disabled)
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


def _graded(effort: str | None, words: frozenset[str], notes: Notes, *, disabled: bool) -> JsonObject:
    """`reasoning_effort`. For no thinking at all: `none` where that is a word, else as little as the model takes."""
    if not disabled:
        return {} if effort is None else {"reasoning_effort": effort}
    least = min(words, key=SCALE.index)
    if least != "none":
        notes.add("thinking", "/thinking", f"this model cannot be kept from thinking: effort {least!r}")
    return {"reasoning_effort": least}


def _effort(request: Request, words: frozenset[str]) -> str | None:
    """The effort asked for, as the strongest of `words` that is not more; an old-style thinking budget counts too."""
    wanted = request.effort
    if wanted is None:
        budget = request.thinking.budget_tokens if request.thinking is not None else None
        if budget is None:
            return None
        wanted = "low" if budget <= 4096 else "medium" if budget <= 16384 else "high"
    elif wanted not in SCALE:
        wanted = "high"
    limit = SCALE.index(wanted)
    known = [word for word in SCALE if word in words and word != "none"]
    return next((word for word in reversed(known) if SCALE.index(word) <= limit), known[0] if known else None)
