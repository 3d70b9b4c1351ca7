"""What each session has used, and who answered it last. Bounded: those not heard of for longest are forgotten."""

from collections import OrderedDict
from dataclasses import dataclass, field

from ccrouter.config.types import Target
from ccrouter.frozen import frozen
from ccrouter.model.events import Usage
from ccrouter.model.json import JsonObject

REMEMBERED = 500
SHORTEST_ANSWER = 0.1
"""Seconds. A stream that comes within less came as one piece: its speed is that of the whole request."""


@frozen
class Finished:
    """One request that was answered. Times are seconds."""

    target: Target
    """Who answered."""
    scenario: str
    reason: str
    usage: Usage
    """The tokens of all requests that the answer took."""
    told: Usage
    """What the client was told: the prompt is the last request's, which is how full the context is."""
    fallback: bool
    """The one who answered was not the first that was tried."""
    first_byte: float | None
    total: float
    cost: float | None
    """US dollars; None where no price is known."""
    at: float
    """Seconds since the epoch."""


@dataclass(slots=True)
class Totals:
    """Sums over requests that were answered."""

    requests: int = 0
    input: int = 0
    cached: int = 0
    cache_write: int = 0
    output: int = 0
    cost: float = 0.0
    unpriced: int = 0
    """Requests that used tokens and whose price is not known: `cost` is too little by theirs."""

    def add(self, usage: Usage, cost: float | None) -> None:
        """Take in one request."""
        self.requests += 1
        self.input += usage.input or 0
        self.cached += usage.cache_read or 0
        self.cache_write += usage.cache_write or 0
        self.output += usage.output or 0
        if cost is not None:
            self.cost += cost
        elif prompt_tokens(usage) or usage.output:
            self.unpriced += 1

    def as_json(self) -> JsonObject:
        """The sums by name; the cost is null where it would be 0 only because nothing has a price."""
        return {
            "requests": self.requests,
            "input": self.input,
            "cached": self.cached,
            "cache_write": self.cache_write,
            "output": self.output,
            "cost": self.cost if self.cost or not self.unpriced else None,
            "unpriced": self.unpriced,
        }


@dataclass(slots=True)
class Session:
    """One session so far."""

    open: int = 0
    """Requests under way."""
    last: Finished | None = None
    """The last answer that the user saw."""
    totals: Totals = field(default_factory=Totals)


class Sessions:
    """The sessions by id."""

    def __init__(self, limit: int = REMEMBERED) -> None:
        self._limit = limit
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self.totals = Totals()
        """Over all sessions, forgotten ones too, and requests without one."""

    def get(self, session: str) -> Session | None:
        """What is known of a session."""
        return self._sessions.get(session)

    def begun(self, session: str) -> None:
        """A request of the session is under way; `ended` must follow."""
        self._take(session).open += 1

    def failed(self, session: str | None) -> None:
        """A request is over that nobody answered. `session`: None where it told none."""
        if session is not None:
            self._over(session)

    def answered(self, session: str | None, usage: Usage, cost: float | None, seen: Finished | None) -> None:
        """A request is over that was answered. `usage` is all that it took, `cost` US dollars, None where no price is
        known.

        `seen`: None where the answer is no part of the conversation that the user sees: a subagent's, a title, a probe.
        """
        self.totals.add(usage, cost)
        if session is not None:
            own = self._over(session)
            own.totals.add(usage, cost)
            if seen is not None:
                own.last = seen

    def _over(self, name: str) -> Session:
        session = self._take(name)
        session.open = max(0, session.open - 1)
        return session

    def _take(self, name: str) -> Session:
        session = self._sessions.get(name)
        if session is None:
            session = self._sessions[name] = Session()
        self._sessions.move_to_end(name)
        if len(self._sessions) > self._limit:
            self._sessions.popitem(last=False)
        return session


def session_report(session: Session) -> JsonObject:
    """A session as JSON: {"provider", "model", "scenario", "reason", "fallback", "at", "last": {…}} where something was
    answered, {"open", "total": {…}} always. Tokens, seconds since the epoch, milliseconds, US dollars."""
    report: JsonObject = {"open": session.open, "total": session.totals.as_json()}
    last = session.last
    if last is None:
        return report
    first = None if last.first_byte is None else round(last.first_byte * 1000)
    facts: JsonObject = {
        "input": last.told.input,
        "cached": last.told.cache_read,
        "cache_write": last.told.cache_write,
        "output": last.told.output,
        "prompt": prompt_tokens(last.told) or None,
        "tokens_per_second": tokens_per_second(last),
        "first_token_ms": first,
        "cost": last.cost,
    }
    answer: JsonObject = {
        "provider": last.target.provider,
        "model": last.target.model,
        "scenario": last.scenario,
        "reason": last.reason,
        "fallback": last.fallback,
        "at": last.at,
        "last": facts,
    }
    return report | answer


def prompt_tokens(usage: Usage) -> int:
    """The true size of the prompt; 0 where the upstream did not say."""
    return (usage.input or 0) + (usage.cache_read or 0) + (usage.cache_write or 0)


def tokens_per_second(finished: Finished) -> float | None:
    """How fast the answer came once it had begun; None where the upstream did not count it."""
    if not finished.usage.output or finished.total <= 0:
        return None
    streaming = finished.total - (finished.first_byte or 0.0)
    seconds = streaming if streaming >= SHORTEST_ANSWER else finished.total
    return round(finished.usage.output / seconds, 1)
