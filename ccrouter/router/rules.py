"""The routing rules, in the order they are asked. Each either chooses a target or says why it does not."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ccrouter.config.types import Config, RouterConfig, Target
from ccrouter.errors import RequestError
from ccrouter.model.request import Request
from ccrouter.router.classification import (
    background_work,
    current_turn,
    has_image,
    is_classifier,
    is_plan_mode,
    is_web_search_helper,
    reaches,
    web_search_tool,
)
from ccrouter.router.facts import Facts, ProviderFacts
from ccrouter.router.hints import Hints
from ccrouter.router.selectors import Ambiguous, ambiguity, resolve, resolve_route
from ccrouter.router.subagent import Tag
from ccrouter.tokens import ceiling

LEAST_TOKENS_AFTER_LONG_PROMPT = 20_000
"""CCR: a session whose last prompt was long stays with longContext while the next one has more than this."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A rule's answer: this target."""

    scenario: str
    target: Target
    reason: str


@dataclass(frozen=True, slots=True)
class Passed:
    """A rule's answer: not me. `missing` says it for the user where the rule would have matched, had it a route."""

    why: str
    missing: str | None = None


class Count:
    """The request's tokens, counted at the first use."""

    def __init__(self, request: Request, facts: Facts) -> None:
        self.tokens: int | None = None
        self._request = request
        self._facts = facts
        self._ceiling: int | None = None

    def over(self, limit: int) -> int | None:
        """The number of tokens if it is over `limit`, else None. Not counted where the body's size already decides."""
        if self.tokens is None:
            if self._ceiling is None:
                self._ceiling = ceiling(self._request, self._facts.body_bytes)
            if self._ceiling <= limit:
                return None
            self.tokens = self._facts.tokens()
        return self.tokens if self.tokens > limit else None


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that a rule may look at."""

    request: Request
    facts: Facts
    config: Config
    providers: ProviderFacts
    hints: Hints
    tag: Tag | None
    count: Count

    @property
    def router(self) -> RouterConfig:
        """The configured routes."""
        return self.config.router


Rule = Callable[[Case], Choice | Passed]


def custom(case: Case) -> Choice | Passed:
    """The user's own router chose. As in CCR it comes before everything, also before what the client asked for."""
    answer = case.facts.custom
    assert answer is not None, "asked only where there is one"
    if answer.target is not None:
        return Choice("custom", answer.target, answer.why)
    return Passed(answer.why, answer.why if answer.failed else None)


def explicit(case: Case) -> Choice | Passed:
    """The client named a target."""
    found = resolve(case.request.model, case.config)
    if found is None:
        return Passed(f"{case.request.model} names no configured provider")
    if isinstance(found, Ambiguous):
        why = f"{case.request.model} can mean {ambiguity(found)}"
        return Passed(why, missing=f"{why}; write it with a comma")
    route = case.router.web_search
    if is_web_search_helper(case.request) and route is not None and not case.providers.searches_web(found):
        reason = f"{found} was asked for but has no web search of its own; a search goes to Router.webSearch"
        return Choice("webSearch", route, reason)
    return Choice("explicit", found, f"the client asked for {found}")


def classifier(case: Case) -> Choice | Passed:
    """Auto mode's safety check. It decides what may run, so it is never given to the background model."""
    if not is_classifier(case.request, case.hints):
        return Passed("not a safety check of auto mode")
    reason = "auto mode's safety check of a tool call"
    if case.router.classifier is not None:
        return Choice("classifier", case.router.classifier, reason)
    return Choice("classifier", default_of(case), f"{reason}; Router.classifier is not configured, so Router.default")


def long_context(case: Case) -> Choice | Passed:
    """The prompt is longer than the threshold, or the session's last one was."""
    route, threshold, last = case.router.long_context, case.router.long_context_threshold, case.facts.last_input_tokens
    if route is None:
        # Not worth counting for; what the last answer told is known anyway.
        why = "Router.longContext is not configured"
        long = last is not None and last > threshold
        return Passed(why, f"the session's last prompt had {last:,} tokens; {why}" if long else None)
    tokens = case.count.over(threshold)
    if tokens is not None:
        return Choice("longContext", route, f"{tokens:,} tokens, over the threshold of {threshold:,}")
    if last is not None and last > threshold:
        tokens = case.count.over(LEAST_TOKENS_AFTER_LONG_PROMPT)
        if tokens is not None:
            reason = f"{tokens:,} tokens after a prompt of {last:,}, which was over the threshold of {threshold:,}"
            return Choice("longContext", route, reason)
    if case.count.tokens is None:
        return Passed(f"{case.facts.body_bytes:,} bytes are not more than {threshold:,} tokens")
    return Passed(f"{case.count.tokens:,} tokens, not over the threshold of {threshold:,}")


def subagent(case: Case) -> Choice | Passed:
    """The agent that started this one tagged its prompt with a model."""
    if case.tag is None:
        return Passed("no subagent tag")
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
        return Passed("no web search tool")
    return _routed("webSearch", case.router.web_search, f"the server tool {tool} is on offer")


def background(case: Case) -> Choice | Passed:
    """Haiku-tier models, titles, summaries."""
    why = background_work(case.request, case.hints)
    return Passed("not background work") if why is None else _routed("background", case.router.background, why)


def image(case: Case) -> Choice | Passed:
    """The user or a tool shows a picture. Without a route of its own it is an ordinary request."""
    if case.router.image is None:
        return Passed("Router.image is not configured")
    if not has_image(current_turn(case.request.messages)):
        return Passed("no image in the current turn")
    return Choice("image", case.router.image, "an image in the current turn")


def think(case: Case) -> Choice | Passed:
    """The request asks for reasoning beyond the usual. Today's client sends `adaptive` with everything: no sign."""
    if background_work(case.request, case.hints) is not None:
        return Passed("background work does not think")
    request, least = case.request, case.router.think_effort
    why = None
    if request.thinking is not None and request.thinking.type == "enabled":
        why = "thinking is enabled"
    elif reaches(request.effort, least):
        why = f"effort {request.effort} reaches Router.thinkEffort ({least})"
    elif is_plan_mode(current_turn(request.messages)):
        why = "plan mode is active"
    return Passed("thinking not enabled, no plan mode") if why is None else _routed("think", case.router.think, why)


def default_of(case: Case) -> Target:
    """Router.default.

    Raises:
        RequestError: 400, there is none (a config problem that keeps a daemon from starting).
    """
    if case.router.default is None:
        raise RequestError("No route for this request: Router.default is not configured.")
    return case.router.default


def _routed(scenario: str, route: Target | None, why: str) -> Choice | Passed:
    if route is not None:
        return Choice(scenario, route, why)
    return Passed(f"{why}, but Router.{scenario} is not configured", f"{why}; Router.{scenario} is not configured")


RULES: Final[tuple[tuple[str, Rule], ...]] = (
    ("explicit", explicit),
    ("classifier", classifier),
    ("longContext", long_context),
    ("subagent", subagent),
    ("webSearch", web_search),
    ("background", background),
    ("image", image),
    ("think", think),
)
"""First match wins. The order is CCR's (ccr-behaviour.md 2.2), with the classifier and images put in."""
