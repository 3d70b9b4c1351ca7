"""Every configured key and how it is, for people: masked, never whole. Pure: the clock is given."""

from collections.abc import Iterable, Sequence
from typing import Final

from ccrouter.config.types import ProviderConfig
from ccrouter.model.json import Json, JsonObject
from ccrouter.upstream.cooldown import KeyStates, Place, Rest, fingerprint
from ccrouter.upstream.masking import masked, with_masked

WORST_FIRST: Final = ("resting", "probing", "ready")


def key_report(providers: Iterable[ProviderConfig], states: KeyStates, now: float) -> list[Json]:
    """One object for each provider: {"name", "keys": [{"key": masked, "fingerprint", "state", "rests": […]}]}.

    A key's state is that of the worst of its rests: `resting`, `probing` (its time is over; one request goes first) or
    `ready`. Each rest: {"model": the only one it is for, or null, "state", "since", "until", "status", "reason",
    "failures", "probe": when the one request went, or null}; times are seconds since the epoch.
    """
    by_key: dict[tuple[str, str], list[tuple[Place, Rest]]] = {}
    for place, rest in states.rests.items():
        by_key.setdefault((place.provider, place.key), []).append((place, rest))
    report: list[Json] = []
    for provider in providers:
        keys: list[Json] = []
        for key in dict.fromkeys(provider.api_keys):
            rests = by_key.get((provider.name, fingerprint(key)), [])
            keys.append(_key(key, provider.api_keys, sorted(rests, key=lambda found: found[0].model or ""), now))
        report.append({"name": provider.name, "keys": keys})
    return report


def _key(key: str, all_keys: Sequence[str], rests: list[tuple[Place, Rest]], now: float) -> JsonObject:
    found = {_state(rest, now) for _, rest in rests} | {"ready"}
    return {
        "key": masked(key),
        "fingerprint": fingerprint(key),
        "state": next(state for state in WORST_FIRST if state in found),
        "rests": [_rest(place, rest, all_keys, now) for place, rest in rests],
    }


def _rest(place: Place, rest: Rest, all_keys: Sequence[str], now: float) -> JsonObject:
    return {
        "model": place.model,
        "state": _state(rest, now),
        "since": rest.since,
        "until": rest.until,
        "status": rest.status,
        "reason": with_masked(rest.reason, all_keys),
        "failures": rest.failures,
        "probe": rest.probe,
    }


def _state(rest: Rest, now: float) -> str:
    return "resting" if now < rest.until else "probing"
