"""Which keys rest, why, and until when. Pure: the clock is given, nothing is slept or stored here.

What users of pool routers suffer from (field-notes, fact 10) are waits of days trusted blindly, rests that a recovery
does not end, rests for what a request did wrong, and a whole key resting for one model's limit. Hence:

- a limit rests (key, model); only a refused key or an empty balance rests the key;
- a wait is never longer than the cap; when it is over one probe goes first, and the others follow its success;
- requests that were under way together and are limited together count as one failure, not as one in a row each;
- a success ends the rest at once, unless it began before the rest did; failures that are the request's own, or the
  upstream's (5xx), rest nothing.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final, Literal, TypeAlias

from ccrouter.errors import ErrorDetail
from ccrouter.frozen import frozen

CAP_SECONDS: Final = 300.0
FIRST_REST_SECONDS: Final = 5.0
"""The rest after a 429 that names no time; it doubles with each further one."""
PROBE_SECONDS: Final = 120.0
"""A probe that is not heard of for so long is taken for lost: the next may go."""
ANSWER_SECONDS: Final = 5.0
"""A probe under way is expected to be heard of about so soon."""

BILLING_CODES: Final = frozenset({"insufficient_quota", "billing_hard_limit_reached", "1113", "quota_exceeded"})
"""429s that no waiting mends: OpenAI's empty balance, Z.ai's."""

AUTHENTICATION: Final = frozenset({401, 402, 403})

Availability: TypeAlias = Literal["ready", "probe", "resting"]


@frozen
class Place:
    """What rests: a provider's key, for one model or (model None) altogether."""

    provider: str
    key: str
    """The key's fingerprint, never the key."""
    model: str | None = None


@frozen
class Rest:
    """One rest. Times are seconds since the epoch, so that they hold across a restart."""

    since: float
    until: float
    status: int
    reason: str
    failures: int = 1
    """In a row."""
    probe: float | None = None
    """When the probe went out that everybody waits for."""


@frozen
class KeyStates:
    """Every rest that is known; what is not here is well. Change by the functions below."""

    rests: Mapping[Place, Rest]


NOTHING_RESTS: Final = KeyStates({})


def fingerprint(key: str | None) -> str:
    """What a key is called in states, logs and on disk: enough to tell keys apart, nothing to use."""
    return "none" if key is None else hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def availability(states: KeyStates, provider: str, key: str, model: str, now: float) -> Availability:
    """Whether a request may use the key for the model now; `probe`: it may, as the one that tries first."""
    found: Availability = "ready"
    for rest in _rests(states, provider, key, model):
        if now < rest.until or (rest.probe is not None and now - rest.probe < PROBE_SECONDS):
            return "resting"
        found = "probe"
    return found


def ready_at(states: KeyStates, provider: str, keys: Iterable[str], model: str, now: float) -> float | None:
    """When the first of the keys may be tried again; None when one may be now, or there is none at all.

    While a probe is under way nobody can know: what is told then is soon enough to ask again.
    """
    times = [max([_ends(rest, now) for rest in _rests(states, provider, key, model)], default=0.0) for key in keys]
    return None if not times or min(times) <= now else min(times)


def order(
    states: KeyStates, provider: str, keys: tuple[str, ...], model: str, *, now: float, first: int
) -> tuple[str, ...]:
    """The keys that may be tried, well ones before probes, beginning with number `first` (the session's own)."""
    turned = (*keys[first:], *keys[:first])
    found = {key: availability(states, provider, key, model, now) for key in turned}
    return tuple([key for wanted in ("ready", "probe") for key in turned if found[key] == wanted])


def failed(
    states: KeyStates, provider: str, key: str, model: str, *, detail: ErrorDetail, now: float, cap: float = CAP_SECONDS
) -> KeyStates:
    """The states after an attempt failed. Unchanged where the failure says nothing about the key."""
    scope = _scope(detail)
    if scope == "nothing":
        return probe_over(states, provider, key, model)
    place = Place(provider, key, None if scope == "key" else model)
    before = states.rests.get(place)
    at_once = before is not None and now < before.until
    failures = 1 if before is None else before.failures + (0 if at_once else 1)
    if scope == "key":
        wait = cap
    elif detail.retry_after is not None:
        wait = min(max(detail.retry_after, 1.0), cap)
    elif at_once:
        return states
    else:
        wait = min(FIRST_REST_SECONDS * 2.0 ** min(failures - 1, 16), cap)
    rest = Rest(now, now + wait, detail.status, detail.message[:200], failures)
    return KeyStates({**states.rests, place: rest})


def succeeded(states: KeyStates, provider: str, key: str, model: str, *, begun: float) -> KeyStates:
    """The states after an attempt that began at `begun` went well: what rested by then, rests no longer."""
    gone = [
        place
        for place in (Place(provider, key, None), Place(provider, key, model))
        if place in states.rests and states.rests[place].since <= begun
    ]
    return KeyStates({place: rest for place, rest in states.rests.items() if place not in gone}) if gone else states


def probing(states: KeyStates, provider: str, key: str, model: str, now: float) -> KeyStates:
    """The states once a probe is on its way."""
    places = [place for place in (Place(provider, key, None), Place(provider, key, model)) if place in states.rests]
    if not places:
        return states
    return KeyStates({**states.rests, **{place: replace(states.rests[place], probe=now) for place in places}})


def probe_over(states: KeyStates, provider: str, key: str, model: str) -> KeyStates:
    """The states once a probe is over that proved nothing (failed for a reason of its own, was given up): the next may
    try."""
    places = [place for place in (Place(provider, key, None), Place(provider, key, model)) if place in states.rests]
    if not places:
        return states
    return KeyStates({**states.rests, **{place: replace(states.rests[place], probe=None) for place in places}})


def cleared(states: KeyStates, provider: str | None = None) -> KeyStates:
    """The states without the rests of `provider`, or without any."""
    return KeyStates({place: rest for place, rest in states.rests.items() if provider not in (None, place.provider)})


def pruned(states: KeyStates, now: float, *, keep_seconds: float = 24 * 3600.0) -> KeyStates:
    """The states without rests that ended long ago: keys come and go, a file must not grow for ever."""
    return KeyStates({place: rest for place, rest in states.rests.items() if now - rest.until < keep_seconds})


def _ends(rest: Rest, now: float) -> float:
    if rest.probe is None or now >= rest.probe + PROBE_SECONDS:
        return rest.until
    return max(rest.until, min(now + ANSWER_SECONDS, rest.probe + PROBE_SECONDS))


def without_balance(detail: ErrorDetail) -> bool:
    """True when the account behind the key has nothing left: waiting does not mend that."""
    return detail.status == 402 or (detail.status == 429 and detail.code in BILLING_CODES)


def _scope(detail: ErrorDetail) -> Literal["key", "model", "nothing"]:
    if detail.status in AUTHENTICATION or without_balance(detail):
        return "key"
    return "model" if detail.status == 429 else "nothing"


def _rests(states: KeyStates, provider: str, key: str, model: str) -> Iterable[Rest]:
    for place in (Place(provider, key, None), Place(provider, key, model)):
        rest = states.rests.get(place)
        if rest is not None:
            yield rest
