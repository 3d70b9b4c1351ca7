"""Resting keys as JSON: what is kept on disk and told by `/admin/keys`. Fingerprints only, never keys."""

from ccrouter.model.json import Json, JsonObject, as_int, as_list, as_object, as_str
from ccrouter.upstream.cooldown import KeyStates, Place, Rest


def to_json(states: KeyStates) -> Json:
    """Every rest, one object each. Times are seconds since the epoch."""
    return [_one(place, rest) for place, rest in states.rests.items()]


def from_json(value: Json) -> KeyStates:
    """The rests that `to_json` wrote; entries that are not of that shape are left out.

    A probe is not read back: it ended with the daemon that sent it, and the next one may go.
    """
    rests: dict[Place, Rest] = {}
    for item in as_list(value) or ():
        entry = as_object(item) or {}
        provider, key, model = as_str(entry.get("provider")), as_str(entry.get("key")), as_str(entry.get("model"))
        since, until, status = _number(entry.get("since")), _number(entry.get("until")), as_int(entry.get("status"))
        if provider is None or key is None or since is None or until is None or status is None:
            continue
        reason, failures = as_str(entry.get("reason")) or "", as_int(entry.get("failures")) or 1
        rests[Place(provider, key, model)] = Rest(since, until, status, reason, failures)
    return KeyStates(rests)


def _one(place: Place, rest: Rest) -> JsonObject:
    return {
        "provider": place.provider,
        "key": place.key,
        "model": place.model,
        "since": rest.since,
        "until": rest.until,
        "status": rest.status,
        "reason": rest.reason,
        "failures": rest.failures,
        "probe": rest.probe,
    }


def _number(value: Json) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
