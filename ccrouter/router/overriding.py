"""A request as its route wants it: another effort, another token limit. The same request gives the same answer."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ccrouter.config.types import Effort, Overrides
from ccrouter.model.json import Json, as_list, as_object
from ccrouter.model.request import Request, ThinkingConfig

SMALL_ANSWER: Final = 4096
"""A request for fewer tokens than this (probes, verdicts, one-line helpers) keeps its limit, and is not made to think:
what it thinks would be all that it gets."""
LEAST_BUDGET: Final = 1024
"""The smallest thinking budget that Anthropic takes."""


def overridden(request: Request, overrides: Overrides) -> Request:
    """`request` with the effort and the token limit of its route; itself where they change nothing."""
    small = request.max_tokens is not None and request.max_tokens < SMALL_ANSWER
    if overrides.max_tokens is not None and overrides.max_tokens != request.max_tokens and not small:
        request = _limited(request, overrides.max_tokens)
    if overrides.effort == "off":
        return _without_thinking(request)
    if overrides.effort is None or small or _must_call(request):
        return request
    return _thinking(request, overrides.effort)


def _limited(request: Request, max_tokens: int) -> Request:
    thinking = request.thinking
    if thinking is not None and thinking.budget_tokens is not None and thinking.budget_tokens >= max_tokens:
        # "`max_tokens` must be greater than `thinking.budget_tokens`"
        fits = max_tokens > LEAST_BUDGET
        thinking = replace(thinking, budget_tokens=max_tokens - 1) if fits else ThinkingConfig("disabled")
    return replace(request, max_tokens=max_tokens, thinking=thinking)


def _must_call(request: Request) -> bool:
    """A tool that must be called goes with no thinking at Anthropic; Claude Code has none on then."""
    forced = request.tool_choice is not None and request.tool_choice.type in {"any", "tool"}
    return forced and (request.thinking is None or request.thinking.type == "disabled")


def _without_thinking(request: Request) -> Request:
    if request.thinking is not None and request.thinking.type == "disabled" and request.effort is None:
        return request
    request = _with_effort(request, None)
    return replace(request, thinking=ThinkingConfig("disabled"), extras=_without_clearing(request.extras))


def _without_clearing(extras: Mapping[str, Json]) -> Mapping[str, Json]:
    """Without the edit that clears old thinking, which Anthropic refuses where thinking is off."""
    management = as_object(extras.get("context_management"))
    edits = as_list(management.get("edits")) if management is not None else None
    if management is None or edits is None:
        return extras
    kept = [edit for edit in edits if not str((as_object(edit) or {}).get("type")).startswith("clear_thinking")]
    if len(kept) == len(edits):
        return extras
    if kept or len(management) > 1:
        return {**extras, "context_management": {**management, "edits": kept}}
    return {name: value for name, value in extras.items() if name != "context_management"}


def _thinking(request: Request, effort: Effort) -> Request:
    thinking = request.thinking
    if thinking is None or thinking.type == "disabled":
        thinking = ThinkingConfig("adaptive")
    elif thinking.budget_tokens is not None:
        # A budget is the older way to say how much; beside an effort of another size the two would disagree.
        thinking = replace(thinking, type="adaptive", budget_tokens=None)
    if thinking is request.thinking and request.effort == effort:
        return request
    return replace(_with_effort(request, effort), thinking=thinking)


def _with_effort(request: Request, effort: str | None) -> Request:
    """The request with that `output_config.effort`, its other fields and their order kept."""
    config: dict[str, Json] = dict(as_object(request.extras.get("output_config")) or {})
    if effort is None:
        config.pop("effort", None)
    else:
        config["effort"] = effort
    extras = dict(request.extras)
    if config:
        extras["output_config"] = config
    else:
        extras.pop("output_config", None)
    return replace(request, extras=extras)
