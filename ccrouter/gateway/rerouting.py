"""Which of the last requests would go elsewhere with another configuration."""

from collections.abc import Iterable
from dataclasses import replace

from ccrouter.config.groups import members_of
from ccrouter.errors import RequestError
from ccrouter.frozen import frozen
from ccrouter.gateway.types import Service
from ccrouter.model.json import Json, JsonObject, as_int, as_list, as_object, as_str
from ccrouter.router import decide
from ccrouter.router.sketch import Sketch

NAMED = 3
"""Request ids told for each way that changed."""


@frozen
class Way:
    """Where a request goes, or why it is refused, in words; and the models that its first target stands for."""

    words: str
    models: tuple[str, ...] = ()


@frozen
class Rerouted:
    """A request that would go another way."""

    request_id: str
    before: str
    after: str


def rerouted(sketches: Iterable[Sketch], old: Service, new: Service) -> list[Rerouted]:
    """The requests whose first target is another one under `new`. Project overrides are not looked at."""
    found: list[Rerouted] = []
    for sketch in sketches:
        before, after = way(sketch, old), way(sketch, new)
        if before.models != after.models or (not after.models and before.words != after.words):
            found.append(Rerouted(sketch.request_id, before.words, after.words))
    return found


def way(sketch: Sketch, service: Service) -> Way:
    """Where the sketched request goes under a configuration. What a custom router said then, it is taken to say now."""
    facts = sketch.facts if service.custom_router is not None else replace(sketch.facts, custom=None)
    try:
        decision = decide(sketch.request, facts, service.config, provider_facts=service)
    except RequestError as error:
        return Way(f"refused: {error.message}")
    first = decision.targets[0]
    return Way(f"{decision.scenario} {first}", tuple(map(str, members_of(first, service.config))))


def summary(found: list[Rerouted], of: int) -> str | None:
    """One sentence: "3 of the last 100 requests would now go elsewhere: …"; None where nothing changes."""
    if not found:
        return None
    ways: dict[tuple[str, str], list[str]] = {}
    for one in found:
        ways.setdefault((one.before, one.after), []).append(one.request_id)
    told = [
        f"{len(ids)} from {before} to {after} ({', '.join(ids[:NAMED])}{', …' if len(ids) > NAMED else ''})"
        for (before, after), ids in ways.items()
    ]
    requests = "the last request" if of == 1 else f"{len(found)} of the last {of} requests"
    return f"{requests} would now go elsewhere: {'; '.join(told)}"


def rerouted_json(found: list[Rerouted], of: int) -> JsonObject:
    """{"of": requests looked at, "requests": [{"id", "before", "after"}], "summary": the sentence or null}."""
    requests: list[Json] = [{"id": one.request_id, "before": one.before, "after": one.after} for one in found]
    return {"of": of, "requests": requests, "summary": summary(found, of)}


def rerouted_from_json(told: JsonObject) -> tuple[list[Rerouted], int]:
    """What `rerouted_json` wrote: the requests that would go elsewhere, and how many were looked at."""
    entries = [as_object(entry) or {} for entry in as_list(told.get("requests")) or ()]
    found = [Rerouted(*[as_str(entry.get(name)) or "" for name in ("id", "before", "after")]) for entry in entries]
    return found, as_int(told.get("of")) or 0
