"""How hard the model shall think, in the form that this Claude takes.

Claude Code picks the form by the model that it believes to speak to; a route may lead to another one. Up to 4.5 they
take a budget and know no effort; from 4.7 on they take `adaptive` and refuse a budget (field-notes 2, Anthropic).
"""

from dataclasses import replace
from typing import Final

from ccrouter.dialects.quirks import Quirks
from ccrouter.model.json import NO_EXTRAS, as_object
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request, ThinkingConfig

BUDGETS: Final = {"low": 2048, "medium": 8192, "high": 16_384, "xhigh": 24_000}
"""Efforts as thinking budgets in tokens."""
MOST: Final = 31_999
"""The budget for what is above them: Claude Code's own largest."""
MIN_BUDGET: Final = 1024
"""The smallest thinking budget that Anthropic takes."""


def fits(request: Request, quirks: Quirks) -> bool:
    """True when the request says it in the form that the model takes, or says nothing."""
    kind = request.thinking.type if request.thinking is not None else None
    match quirks.thinking_form:
        case "any":
            return True
        case "budget":
            return kind != "adaptive" and request.effort is None
        case "adaptive":
            return kind != "enabled"


def fitted(request: Request, quirks: Quirks, notes: Notes) -> Request:
    """`request` in the form that the model takes; itself where it has it already."""
    if fits(request, quirks):
        return request
    thinking = request.thinking
    if quirks.thinking_form == "adaptive":
        extras = thinking.extras if thinking is not None else NO_EXTRAS
        return replace(request, thinking=ThinkingConfig("adaptive", extras=extras))
    if thinking is not None and thinking.type == "adaptive":
        budget = min(BUDGETS.get(request.effort or "medium", MOST), (request.max_tokens or MOST) - 1)
        room = budget >= MIN_BUDGET
        if not room:
            notes.add("thinking", "/thinking", "switched off: the answer may have too few tokens for it")
        thinking = ThinkingConfig("enabled", budget) if room else ThinkingConfig("disabled")
    elif request.effort is not None:
        notes.add("effort", "/output_config/effort", "this model knows no effort")
    config = dict(as_object(request.extras.get("output_config")) or {})
    config.pop("effort", None)
    others = {name: value for name, value in request.extras.items() if name != "output_config" or config}
    if config:
        others["output_config"] = config
    return replace(request, thinking=thinking, extras=others)
