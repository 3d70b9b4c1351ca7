"""One answer out of those of several workers."""

from ccrouter.gateway.rerouting import Rerouted, rerouted_json
from ccrouter.model.json import Json, JsonObject, as_list, as_object
from ccrouter.server.explaining import best_told
from ccrouter.server.merging import merged_reload, merged_session, merged_status, merged_totals


def totals(requests: int, cost: float | None, unpriced: int = 0) -> JsonObject:
    return {
        "requests": requests, "input": 10 * requests, "cached": 0, "cache_write": 0, "output": requests, "cost": cost,
        "unpriced": unpriced,
    }  # fmt: skip


def status(pid: int, requests: int, **more: Json) -> JsonObject:
    return {
        "pid": pid, "version": "1", "open_requests": 1, "requests_total": requests, "usage": totals(requests, 0.5),
        "mended": {"stray_stop": 1}, "reloaded_at": None, "rerouted": None, "problems": [], **more,
    }  # fmt: skip


def test_counts_are_summed_and_each_worker_has_a_row() -> None:
    merged = merged_status([status(12, 5), status(11, 3)], [], 10)
    assert (merged["pid"], merged["open_requests"], merged["requests_total"]) == (10, 2, 8)
    assert merged["usage"] == totals(8, 1.0)
    assert merged["mended"] == {"stray_stop": 2}
    assert merged["workers"] == [
        {"pid": 11, "open_requests": 1, "requests_total": 3},
        {"pid": 12, "open_requests": 1, "requests_total": 5},
    ]


def test_workers_that_are_gone_still_count() -> None:
    gone: JsonObject = {"requests_total": 100, "usage": totals(100, 2.0), "mended": {"empty_delta": 4}}
    merged = merged_status([status(11, 3)], [gone], 10)
    assert (merged["requests_total"], merged["open_requests"]) == (103, 1)
    assert merged["usage"] == totals(103, 2.5)
    assert merged["mended"] == {"empty_delta": 4, "stray_stop": 1}
    assert len(as_list(merged["workers"]) or []) == 1


def test_a_problem_is_told_once() -> None:
    same: Json = {"severity": "warning", "text": "x"}
    other: Json = {"severity": "error", "text": "y", "elsewhere": True}
    merged = merged_status([status(1, 0, problems=[same]), status(2, 0, problems=[same, other])], [], 9)
    assert merged["problems"] == [same, other]


def test_the_last_reload_counts() -> None:
    merged = merged_status([status(1, 0, reloaded_at=5.0), status(2, 0), status(3, 0, reloaded_at=7.5)], [], 9)
    assert merged["reloaded_at"] == 7.5


def test_what_a_reload_rerouted_is_told_as_one() -> None:
    one, other = Rerouted("r1", "default a,m", "default b,m"), Rerouted("r2", "default a,m", "default b,m")
    answers = [
        {"applied": True, "problems": [], "rerouted": rerouted_json([one], 3)},
        {"applied": True, "problems": [], "rerouted": rerouted_json([other], 4)},
        {"applied": True, "problems": [], "rerouted": None},
    ]
    merged = merged_reload([as_object(answer) or {} for answer in answers])
    assert merged == {"applied": True, "problems": [], "rerouted": rerouted_json([one, other], 7)}


def test_a_reload_that_failed_in_one_has_failed() -> None:
    assert merged_reload([{"applied": True}, {"applied": False}])["applied"] is False


def test_costs_that_nobody_knows_stay_unknown() -> None:
    assert merged_totals([totals(1, None, 1), totals(2, None, 2)])["cost"] is None
    assert merged_totals([totals(1, None, 1), totals(2, 0.25)])["cost"] == 0.25
    assert merged_totals([totals(0, 0.0), totals(0, 0.0)])["cost"] == 0.0


def test_the_line_shows_the_last_answer_and_all_sums() -> None:
    older: JsonObject = {"open": 1, "total": totals(2, 0.5), "at": 100.0, "model": "old"}
    newer: JsonObject = {"open": 0, "total": totals(1, 0.25), "at": 200.0, "model": "new"}
    answers: list[JsonObject] = [
        {"session": older, "keys": {"resting": 0}},
        {"session": None, "keys": None},
        {"session": newer, "keys": {"resting": 1}},
    ]
    merged = merged_session(answers)
    assert merged["keys"] == {"resting": 1}
    assert merged["session"] == {**newer, "open": 1, "total": totals(3, 0.75)}


def test_a_session_that_nobody_knows_is_none() -> None:
    assert merged_session([{"session": None, "default": "a,m"}, {"session": None}]) == {
        "session": None,
        "default": "a,m",
    }


def test_the_worker_that_knows_most_explains() -> None:
    nothing: JsonObject = {"record": None, "now": None}
    from_disk: JsonObject = {"record": {"at": 5.0}, "now": None}
    explained: JsonObject = {"record": {"at": 5.0}, "now": {"scenario": "default"}}
    older: JsonObject = {"record": {"at": 4.0}, "now": {}}
    assert best_told([nothing, from_disk, explained, older]) is explained
    assert best_told([nothing]) is nothing
