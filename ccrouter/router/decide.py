"""Request in, targets and reason out. Pure: the same request, facts and config give the same decision."""

from ccrouter.config.types import ANY_TARGET, UNCHANGED, Config, Target
from ccrouter.errors import RequestError
from ccrouter.model.request import Request
from ccrouter.router.facts import Decision, Facts, ProviderFacts, context_window
from ccrouter.router.overriding import overridden
from ccrouter.router.rules import RULES, Case, Choice, custom, otherwise

OWN_FALLBACKS = ("image", "classifier", "subagent", "compaction", "rule")
"""Scenarios that CCR does not know: they have `fallback` lists of their own where configured, else default's."""


def decide(request: Request, facts: Facts, config: Config, *, provider_facts: ProviderFacts) -> Decision:
    """The targets for a request, in the order to try them, and why.

    Raises:
        RequestError: 404, the request names a provider that is not configured; 400, there is no default route.
    """
    case = Case(request, facts, config, provider_facts)
    considered: list[tuple[str, str]] = []
    choice = _fitting(case, _choose(case, considered))
    overrides = choice.overrides
    if overrides is None:
        overrides = config.router.overrides.get(choice.scenario, UNCHANGED)
    # The tag is an order to the router, not a part of the prompt, whichever rule decided.
    sent = case.request if case.tag is None else case.tag.request
    sent = sent if overrides is UNCHANGED else overridden(sent, overrides)
    targets = _with_fallbacks(choice, config) if config.fallback else (choice.target,)
    return Decision(targets, choice.scenario, choice.reason, sent, case.tokens, tuple(considered), overrides)


def decide_look(request: Request, config: Config, *, asker: str) -> Decision:
    """Where a look at an image goes that the model `asker` wants: to Router.image, with that scenario's fallbacks.

    Raises:
        RequestError: 400, there is none.
    """
    if config.router.image is None:
        raise RequestError("Router.image is not configured: nobody can look at images.")
    choice = Choice("image", config.router.image, f"{asker} sees no images and asks to look at one")
    return Decision(_with_fallbacks(choice, config), choice.scenario, choice.reason, request)


def _choose(case: Case, considered: list[tuple[str, str]]) -> Choice:
    """The first rule that matches; `considered` is told of those before it."""
    missing: list[str] = []
    for rule in RULES if case.facts.custom is None else (custom, *RULES):
        answer = rule(case)
        considered += answer.considered
        if isinstance(answer, Choice):
            return answer
        if answer.missing is not None:
            missing.append(answer.missing)
    return otherwise(case, "; ".join(missing))


def _fitting(case: Case, choice: Choice) -> Choice:
    """The choice, or longContext where the prompt is larger than the chosen model's known window and would fail."""
    roomier = case.router.long_context
    if roomier is None or choice.scenario in {"longContext", "webSearch", "image"}:
        return choice
    window = context_window(choice.target, case.config, case.providers)
    if window is None:
        return choice
    tokens = case.over(window, at=choice.target)
    if tokens is None:
        return choice
    room = context_window(roomier, case.config, case.providers)
    if room is not None and room <= window:
        return choice
    reason = f"{choice.reason}, but {tokens:,} tokens do not fit {choice.target} ({window:,}); to Router.longContext"
    return Choice("longContext", roomier, reason)


def _with_fallbacks(choice: Choice, config: Config) -> tuple[Target, ...]:
    """The choice, then what `fallback` lists for this very target, for its scenario, and for all.

    Explicit and custom requests have default's list, as in CCR.
    """
    fallback = config.fallback
    if choice.scenario in {"explicit", "custom"}:
        scenario = fallback.get("default", ())
    elif choice.scenario in OWN_FALLBACKS:
        scenario = fallback.get(choice.scenario, fallback.get("default", ()))
    else:
        scenario = fallback.get(choice.scenario, ())
    own, always = fallback.get(str(choice.target), ()), fallback.get(ANY_TARGET, ())
    return tuple(dict.fromkeys((choice.target, *own, *scenario, *always)))
