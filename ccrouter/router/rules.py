"""The routing rules, in the order they are asked. Each either chooses a target or says why it does not."""

from collections.abc import Callable, Sequence
from typing import Final

from ccrouter.config.types import ANY_AGENT, Config, Overrides, Route, Target
from ccrouter.errors import RequestError
from ccrouter.frozen import frozen
from ccrouter.model.request import Message, Request
from ccrouter.router.classification import (
    background_work,
    current_turn,
    has_image,
    is_classifier,
    is_plan_mode,
    is_subagent,
    is_web_search_helper,
    reaches,
    tier_of,
    web_search_tool,
)
from ccrouter.router.facts import Facts, ProviderFacts, searches_web
from ccrouter.router.hints import hints_of
from ccrouter.router.reading import Reading
from ccrouter.router.selectors import Ambiguous, ambiguity, find_alias, resolve, resolve_route
from ccrouter.router.subagent import find_tag
from ccrouter.router.weighing import Subject, weigh
from ccrouter.tokens import ceiling
from ccrouter.tokens.counter import FEWEST_BYTES_PER_TOKEN

LEAST_TOKENS_AFTER_LONG_PROMPT = 20_000
"""CCR: a session whose last prompt was long stays with longContext while the next one has more than this."""


@frozen
class Choice:
    """A rule's answer: this target."""

    scenario: str
    target: Target
    reason: str
    overrides: Overrides | None = None
    """What this route changes in the request; None: what Router says for the route that is called as the scenario."""
    considered: tuple[tuple[str, str], ...] = ()
    """Those of the user's rules that came before, each with why it did not hold."""


@frozen
class Passed:
    """A rule's answer: not me. `missing` says it for the user where the rule would have matched, had it a route."""

    considered: tuple[tuple[str, str], ...]
    """The rule's name and why; before it the user's rules one by one, where there are any."""
    missing: str | None = None


def passed(rule: str, why: str, missing: str | None = None) -> Passed:
    """The answer of a rule of ours."""
    return Passed(((rule, why),), missing)


# What nearly every request is answered, each made once.
NO_SAFETY_CHECK: Final = passed("classifier", "not a safety check of auto mode")
NO_RULES: Final = passed("rules", "Router.rules has none")
TAGGED: Final = passed("rules", "a subagent tag says where this one goes")
NO_COMPACTION: Final = passed("compaction", "not a compaction")
NO_COMPACTION_ROUTE: Final = passed("compaction", "Router.compaction is not configured")
NO_TAG: Final = passed("subagent tag", "no subagent tag")
NO_SEARCH: Final = passed("webSearch", "no web search tool")
SEARCH_IN_PASSING: Final = passed("webSearch", "a web search is one of many tools, which says nothing of this request")
NO_BACKGROUND_WORK: Final = passed("background", "not background work")
FOR_SUBAGENT: Final = passed("background", "a subagent, for Router.subagent")
NO_IMAGE_ROUTE: Final = passed("image", "Router.image is not configured")
IMAGE_AGENT: Final = passed(
    "image", "forceUseImageAgent: images are looked at by Router.image, the request goes elsewhere"
)
NO_IMAGE: Final = passed("image", "no image in the current turn")
NO_SUBAGENT: Final = passed("subagent", "not a subagent")
NO_THINKING: Final = passed("think", "thinking not enabled, no plan mode")
BACKGROUND_DOES_NOT_THINK: Final = passed("think", "background work does not think")


class Case:
    """One request and everything that a rule may look at. What several rules ask of it is worked out once."""

    __slots__ = (
        "_ceiling",
        "_turn",
        "background_work",
        "config",
        "facts",
        "hints",
        "is_subagent",
        "providers",
        "request",
        "router",
        "tag",
        "tokens",
    )

    def __init__(self, request: Request, facts: Facts, config: Config, providers: ProviderFacts) -> None:
        self.request = request
        self.facts = facts
        self.config = config
        self.router = config.router
        self.providers = providers
        """Asked about models alone, not about groups."""
        self.hints = hints = hints_of(facts.headers)
        self.tag = find_tag(request)
        self.tokens: int | None = None
        """Where they had to be counted."""
        self.is_subagent = is_subagent(hints)
        self.background_work = background_work(request, hints)
        self._ceiling: int | None = None
        self._turn: Sequence[Message] | None = None

    @property
    def turn(self) -> Sequence[Message]:
        """The messages since the user last spoke."""
        if self._turn is None:
            self._turn = current_turn(self.request.messages)
        return self._turn

    def over(self, limit: int, at: Target | None = None) -> int | None:
        """The number of tokens if it is over `limit`, else None. Not counted where the body's size already decides.

        `at`: as this target counts. A threshold is compared with the plain count, so that a request's route does not
        depend on what was answered before; a context window is the target's own.
        """
        if self.tokens is None:
            # Where the bytes alone are over the limit, nobody need look for images.
            if self.facts.body_bytes // FEWEST_BYTES_PER_TOKEN <= limit:
                if self._ceiling is None:
                    self._ceiling = ceiling(self.request, self.facts.body_bytes)
                if self._ceiling <= limit:
                    return None
            self.tokens = self.facts.tokens()
        tokens = self.tokens if at is None or self.facts.tokens_at is None else self.facts.tokens_at(at)
        return tokens if tokens > limit else None

    def subject(self) -> Subject:
        """What the conditions of the user's rules are asked about."""
        reading = Reading(self.request)
        return Subject(self.request, self.facts, self.hints, reading, self.over, lambda: self.tokens)


RoutingRule = Callable[[Case], Choice | Passed]


def custom(case: Case) -> Choice | Passed:
    """The user's own router chose. As in CCR it comes before everything, also before what the client asked for."""
    answer = case.facts.custom
    assert answer is not None, "asked only where there is one"
    if answer.target is not None:
        return Choice("custom", answer.target, answer.why)
    return passed("custom", answer.why, answer.why if answer.failed else None)


def explicit(case: Case) -> Choice | Passed:
    """The client named a target."""
    model = case.request.model
    found = resolve(model, case.config)
    if found is None:
        return Passed((("explicit", f"{model} names no configured provider"),))
    if isinstance(found, Ambiguous):
        why = f"{model} can mean {ambiguity(found)}"
        return passed("explicit", why, missing=f"{why}; write it with a comma")
    if (search := _search_elsewhere(case, found)) is not None:
        reason = f"{found} was asked for but has no web search of its own; a search goes to Router.webSearch"
        return Choice("webSearch", search, reason)
    alias = find_alias(model, case.config)
    return Choice("explicit", found, f"the client asked for {found if alias is None else f'{alias}, which is {found}'}")


def _search_elsewhere(case: Case, target: Target) -> Target | None:
    """Router.webSearch, where the request is a web search and the target that it would go to has none."""
    route = case.router.web_search
    if route is None or not is_web_search_helper(case.request):
        return None
    return None if searches_web(target, case.config, case.providers) else route


def classifier(case: Case) -> Choice | Passed:
    """Auto mode's safety check. It decides what may run, so it is never given to the background model."""
    if not is_classifier(case.request, case.hints):
        return NO_SAFETY_CHECK
    reason = "auto mode's safety check of a tool call"
    if case.router.classifier is not None:
        return Choice("classifier", case.router.classifier, reason)
    return Choice("classifier", default_of(case), f"{reason}; Router.classifier is not configured, so Router.default")


def user_rules(case: Case) -> Choice | Passed:
    """The user's own rules. A subagent tag is an order about this one prompt: rules about many leave it alone."""
    rules = case.router.rules
    if not rules:
        return NO_RULES
    if case.tag is not None:
        return TAGGED
    subject = case.subject()
    considered: list[tuple[str, str]] = []
    for rule in rules:
        verdict = weigh(rule.when, subject)
        if not verdict.holds:
            considered.append((rule.label, verdict.why))
            continue
        reason = f"{rule.label}: {verdict.why}"
        if (search := _search_elsewhere(case, rule.use.target)) is not None:
            reason = f"{reason}; {rule.use.target} has no web search of its own, so Router.webSearch"
            return Choice("webSearch", search, reason, considered=tuple(considered))
        return Choice("rule", rule.use.target, reason, rule.use.overrides, tuple(considered))
    return Passed((*considered, ("rules", "none of them holds")))


def compaction(case: Case) -> Choice | Passed:
    """The client sums up a long conversation. Without a route of its own that is main work like any other."""
    if case.hints.request_class != "compaction":
        return NO_COMPACTION
    if case.router.compaction is None:
        return NO_COMPACTION_ROUTE
    return Choice("compaction", case.router.compaction, "a compaction of the conversation")


def long_context(case: Case) -> Choice | Passed:
    """The prompt is longer than the threshold, or the session's last one was."""
    route, threshold, last = case.router.long_context, case.router.long_context_threshold, case.facts.last_input_tokens
    if route is None:
        # Not worth counting for; what the last answer told is known anyway.
        why = "Router.longContext is not configured"
        long = last is not None and last > threshold
        return passed("longContext", why, f"the session's last prompt had {last:,} tokens; {why}" if long else None)
    tokens = case.over(threshold)
    if tokens is not None:
        return Choice("longContext", route, f"{tokens:,} tokens, over the threshold of {threshold:,}")
    if last is not None and last > threshold:
        tokens = case.over(LEAST_TOKENS_AFTER_LONG_PROMPT)
        if tokens is not None:
            reason = f"{tokens:,} tokens after a prompt of {last:,}, which was over the threshold of {threshold:,}"
            return Choice("longContext", route, reason)
    if case.tokens is None:
        why = f"{case.facts.body_bytes:,} bytes are not more than {threshold:,} tokens"
    else:
        why = f"{case.tokens:,} tokens, not over the threshold of {threshold:,}"
    return Passed((("longContext", why),))


def subagent_tag(case: Case) -> Choice | Passed:
    """The agent that started this one tagged its prompt with a model."""
    if case.tag is None:
        return NO_TAG
    try:
        target = resolve_route(case.tag.route, case.config)
    except RequestError as error:
        message = f"A subagent tag in {case.tag.where} asks for '{case.tag.route}'. {error.message}"
        raise RequestError(message, status=error.status) from error
    return Choice("subagent", target, f"a subagent tag in {case.tag.where} asks for {target}")


def web_search(case: Case) -> Choice | Passed:
    """The request offers a server tool that searches the web."""
    tool = web_search_tool(case.request)
    if tool is None:
        return NO_SEARCH
    if case.facts.search_in_passing and len(case.request.tools or ()) > 1:
        return SEARCH_IN_PASSING
    return _routed("webSearch", case.router.web_search, f"the server tool {tool} is on offer")


def subagent(case: Case) -> Choice | Passed:
    """A turn of a subagent, where it has a route."""
    if not case.is_subagent:
        return NO_SUBAGENT
    kind = case.hints.agent_type
    route = _subagent_route(case)
    if route is None:
        has_others = bool(case.router.subagent)
        why = f"Router.subagent has none for {kind}" if has_others else "Router.subagent is not configured"
        return passed("subagent", why)
    return Choice("subagent", route.target, f"a subagent{f' ({kind})' if kind else ''}", route.overrides)


def _subagent_route(case: Case) -> Route | None:
    """The subagent's route by its type, else the one for all."""
    routes = case.router.subagent
    if not routes:
        return None
    return routes.get((case.hints.agent_type or "").strip().casefold()) or routes.get(ANY_AGENT)


def background(case: Case) -> Choice | Passed:
    """Haiku-tier models, titles, summaries. A subagent on haiku that has a route of its own goes there."""
    if case.is_subagent and _subagent_route(case) is not None:
        return FOR_SUBAGENT
    why = case.background_work
    return NO_BACKGROUND_WORK if why is None else _routed("background", case.router.background, why)


def image(case: Case) -> Choice | Passed:
    """The user or a tool shows a picture. Without a route of its own it is an ordinary request."""
    if case.router.image is None:
        return NO_IMAGE_ROUTE
    if case.config.force_image_agent:
        return IMAGE_AGENT
    if not has_image(case.turn):
        return NO_IMAGE
    return Choice("image", case.router.image, "an image in the current turn")


def think(case: Case) -> Choice | Passed:
    """The request asks for reasoning beyond the usual. Today's client sends `adaptive` with everything: no sign."""
    if case.background_work is not None:
        return BACKGROUND_DOES_NOT_THINK
    request, least = case.request, case.router.think_effort
    why = None
    if request.thinking is not None and request.thinking.type == "enabled":
        why = "thinking is enabled"
    elif (effort := request.effort) is not None and reaches(effort, least):
        why = f"effort {effort} reaches Router.thinkEffort ({least})"
    elif is_plan_mode(case.turn):
        why = "plan mode is active"
    return NO_THINKING if why is None else _routed("think", case.router.think, why)


def default_of(case: Case) -> Target:
    """Router.default.

    Raises:
        RequestError: 400, there is none (a config problem that keeps a daemon from starting).
    """
    default = case.router.default
    if default is None:
        raise RequestError("No route for this request: Router.default is not configured.")
    return default


def otherwise(case: Case, missing: str) -> Choice:
    """Where a request goes that no rule took: by the tier of the model asked for, else Router.default.

    `missing` says which routes it would have taken if they were configured; "" for none.

    Raises:
        RequestError: see default_of.
    """
    tiers = case.config.tiers
    tier = tier_of(case.request.model) if tiers else None
    route = tiers.get(tier) if tier is not None else None
    if route is None:
        reason = f"{missing}, so Router.default" if missing else "an ordinary request"
        return Choice("default", default_of(case), reason)
    why = f"the model asked for is {tier}-tier ({case.request.model})"
    return Choice("default", route.target, f"{missing}; {why}" if missing else why, route.overrides)


def _routed(scenario: str, route: Target | None, why: str) -> Choice | Passed:
    if route is not None:
        return Choice(scenario, route, why)
    missing = f"Router.{scenario} is not configured"
    return passed(scenario, f"{why}, but {missing}", f"{why}; {missing}")


RULES: Final[tuple[RoutingRule, ...]] = (
    explicit,
    classifier,
    user_rules,
    compaction,
    long_context,
    subagent_tag,
    web_search,
    background,
    image,
    subagent,
    think,
)
"""First match wins. The order is CCR's (ccr-behaviour.md 2.2), with what it does not know put in. docs/routing.md says
why each stands where it does."""
