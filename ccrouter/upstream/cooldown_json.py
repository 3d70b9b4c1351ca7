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
        rest = rest_from_json(entry)
        if provider is not None and key is not None and rest is not None:
            rests[Place(provider, key, model)] = rest
    return KeyStates(rests)


def rest_to_json(rest: Rest) -> JsonObject:
    """A rest without its probe."""
    return {
        "since": rest.since,
        "until": rest.until,
        "status": rest.status,
        "reason": rest.reason,
        "failures": rest.failures,
    }


def rest_from_json(value: Json) -> Rest | None:
    """What `rest_to_json` wrote; None for what is not of that shape."""
    entry = as_object(value) or {}
    since, until, status = _number(entry.get("since")), _number(entry.get("until")), as_int(entry.get("status"))
    if since is None or until is None or status is None:
        return None
    return Rest(since, until, status, as_str(entry.get("reason")) or "", as_int(entry.get("failures")) or 1)


def _one(place: Place, rest: Rest) -> JsonObject:
    named: JsonObject = {"provider": place.provider, "key": place.key, "model": place.model}
    return {**named, **rest_to_json(rest), "probe": rest.probe}


def _number(value: Json) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
