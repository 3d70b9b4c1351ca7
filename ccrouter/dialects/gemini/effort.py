"""How hard the model shall think: `thinkingConfig` in the form its generation takes."""

from typing import Final

from ccrouter.dialects.gemini.families import Family
from ccrouter.model.json import JsonObject
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request

SCALE: Final = ("MINIMAL", "LOW", "MEDIUM", "HIGH")
LEVEL: Final = {"minimal": "MINIMAL", "low": "LOW", "medium": "MEDIUM", "high": "HIGH", "xhigh": "HIGH", "max": "HIGH"}
"""Anthropic's efforts as thinking levels."""
BUDGET: Final = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 16_384}
"""Anthropic's efforts as thinking budgets in tokens; those above high get all there is."""
DYNAMIC: Final = -1
"""A `thinkingBudget` that leaves it to the model."""
SMALL_ANSWER: Final = 4096
"""A request that asks for no thinking and has fewer tokens than this for its answer (titles, verdicts, probes) would
get none, for thinking counts as output here: it is switched off. Others keep the model's own default."""


def encode_thinking(request: Request, family: Family, notes: Notes) -> tuple[JsonObject, int]:
    """`thinkingConfig` (empty: leave it out), and tokens to add to the answer's for thinking nobody asked for."""
    effort, budget = request.effort, None
    thinking = request.thinking
    if thinking is not None:
        budget = thinking.budget_tokens
    if family.thinking == "none":
        if effort is not None or (thinking is not None and thinking.type != "disabled"):
            notes.add("thinking", "/thinking", "the model has no setting for it")
        return {}, 0
    if thinking is None and effort is None:
        return _off(family, notes) if 0 < (request.max_tokens or 0) < SMALL_ANSWER else ({}, 0)
    if thinking is not None and thinking.type == "disabled":
        return _off(family, notes)
    config: JsonObject = {"includeThoughts": True}
    if family.thinking == "level":
        level = _level(effort, budget)
        if level is not None:
            config["thinkingLevel"] = _nearest(level, family)
    else:
        config["thinkingBudget"] = _budget(effort, budget, request.max_tokens, family)
    return config, 0


def _off(family: Family, notes: Notes) -> tuple[JsonObject, int]:
    if family.can_stop_thinking:
        return {"thinkingBudget": 0}, 0
    notes.add("thinking", "/thinking", "this model cannot be kept from thinking: as little as it takes")
    if family.thinking == "level":
        return {"thinkingLevel": family.levels[0]}, family.least_thinking
    return {"thinkingBudget": family.budget[0]}, family.least_thinking


def _level(effort: str | None, budget: int | None) -> str | None:
    if effort is not None:
        return LEVEL.get(effort, "HIGH")
    if budget is None:
        return None
    return "LOW" if budget <= 4096 else "MEDIUM" if budget <= 16_384 else "HIGH"


def _nearest(level: str, family: Family) -> str:
    """The weakest level that is at least `level`, else the strongest there is."""
    wanted = SCALE.index(level)
    return next((known for known in family.levels if SCALE.index(known) >= wanted), family.levels[-1])


def _budget(effort: str | None, budget: int | None, max_tokens: int | None, family: Family) -> int:
    fewest, most = family.budget
    if budget is None and effort is None:
        return DYNAMIC
    wanted = budget if budget is not None else BUDGET.get(effort or "", most)
    if max_tokens is not None and wanted >= max_tokens:
        wanted = max_tokens // 2  # thinking and answer share the limit
    return max(fewest, min(most, wanted))
