"""One answer out of those of all workers. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence

from ccrouter.gateway.rerouting import rerouted_from_json, rerouted_json
from ccrouter.model.json import Json, JsonObject, as_int, as_list, as_object

SUMMED = ("open_requests", "requests_total")


def merged_status(answers: Sequence[JsonObject], gone: Sequence[JsonObject], pid: int) -> JsonObject:
    """The status of the daemon under the supervisor `pid`: the first answer's, with what is counted summed over all.

    Those that are `gone` have left only counts. Under "workers" is a row for each living one: {"pid", "open_requests",
    "requests_total"}.
    """
    status: JsonObject = {**answers[0], "pid": pid}
    counted = [*answers, *gone]
    for name in SUMMED:
        status[name] = total(counted, name)
    status["usage"] = merged_totals([as_object(answer.get("usage")) or {} for answer in counted])
    status["mended"] = merged_counts(as_object(answer.get("mended")) or {} for answer in counted)
    status["reloaded_at"] = latest(answer.get("reloaded_at") for answer in answers)
    status["rerouted"] = merged_rerouting([found for answer in answers if (found := as_object(answer.get("rerouted")))])
    status["problems"] = without_repeats(entry for answer in answers for entry in as_list(answer.get("problems")) or ())
    living = sorted(answers, key=lambda answer: as_int(answer.get("pid")) or 0)
    status["workers"] = [{name: answer.get(name) for name in ("pid", *SUMMED)} for answer in living]
    return status


def merged_reload(answers: Sequence[JsonObject]) -> JsonObject:
    """What a reload came to: applied when every worker did."""
    return {
        "applied": all(answer.get("applied") is True for answer in answers),
        "problems": without_repeats(entry for answer in answers for entry in as_list(answer.get("problems")) or ()),
        "rerouted": merged_rerouting([found for answer in answers if (found := as_object(answer.get("rerouted")))]),
    }


def merged_session(answers: Sequence[JsonObject]) -> JsonObject:
    """The facts of a status line: those of the worker that answered the session last, with all workers' sums."""
    sessions = [(answer, found) for answer in answers if (found := as_object(answer.get("session"))) is not None]
    if not sessions:
        return answers[0]
    newest, session = max(sessions, key=lambda one: number(one[1].get("at")))
    merged: JsonObject = {
        **session,
        "open": sum(as_int(found.get("open")) or 0 for _, found in sessions),
        "total": merged_totals([as_object(found.get("total")) or {} for _, found in sessions]),
    }
    return {**newest, "session": merged}


def merged_totals(totals: Sequence[JsonObject]) -> JsonObject:
    """Sums of `usage/sessions.py`'s Totals; the cost is null where none is known and something was used."""
    names = [name for name in totals[0] if name != "cost"] if totals else []
    summed: JsonObject = {name: total(totals, name) for name in names}
    costs = [cost for one in totals if isinstance(cost := one.get("cost"), int | float) and cost]
    return {**summed, "cost": float(sum(costs)) if costs or not summed.get("unpriced") else None}


def merged_counts(counts: Iterable[JsonObject]) -> JsonObject:
    """Sums by name, sorted by name."""
    summed = Counter[str]()
    for one in counts:
        summed.update({name: count for name, value in one.items() if (count := as_int(value)) is not None})
    return {name: summed[name] for name in sorted(summed)}


def merged_rerouting(found: Sequence[JsonObject]) -> JsonObject | None:
    """What the last reload did to the last requests, whoever served them."""
    if not found:
        return None
    read = [rerouted_from_json(one) for one in found]
    return rerouted_json([one for requests, _ in read for one in requests], sum(of for _, of in read))


def without_repeats(entries: Iterable[Json]) -> list[Json]:
    """Each entry once."""
    kept: list[Json] = []
    for entry in entries:
        if entry not in kept:
            kept.append(entry)
    return kept


def total(answers: Iterable[JsonObject], name: str) -> int:
    """The sum of a count."""
    return sum(as_int(answer.get(name)) or 0 for answer in answers)


def latest(times: Iterable[Json]) -> float | None:
    """The latest of the times that are known."""
    return max([float(time) for time in times if isinstance(time, int | float)], default=None)


def number(value: Json) -> float:
    """The number; 0 for none."""
    return float(value) if isinstance(value, int | float) else 0.0
