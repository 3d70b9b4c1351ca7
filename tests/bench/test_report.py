"""The verdict and the table."""

from bench.report import missed_bars, problems, ratio
from bench.rounds import Figures, Result, medians
from bench.scenarios import all_scenarios

SMALL = all_scenarios()["small"]


def result(name: str, *cpu: float, failure: str | None = None) -> Result:
    return Result(name, "small", tuple(Figures(each, 1, 1, 1, 1, 1) for each in cpu), failure)


def results(ours: Result, peer: float = 2.0) -> dict[str, dict[str, Result]]:
    rows = (result("pass-through", 1.0), ours, result("CCR 2.0.0", peer))
    return {"small": {row.contestant: row for row in rows}}


def test_the_median_of_the_rounds_counts():
    assert medians(result("x", 9.0, 1.0, 2.0).rounds).cpu_ms == 2.0


def test_cheaper_than_ccr_passes():
    rows = results(result("ccrouter", 1.5))
    assert ratio(rows["small"], "ccrouter") == 1.5
    assert problems([SMALL], rows) == []
    assert missed_bars([SMALL], rows) == []


def test_dearer_than_ccr_fails():
    assert "2.50 ms CPU" in problems([SMALL], results(result("ccrouter", 2.5)))[0]


def test_a_wrong_answer_fails():
    assert "dropped" in problems([SMALL], results(result("ccrouter", 0.1, failure="dropped a delta")))[0]


def test_above_the_bar_is_said():
    rows = results(result("ccrouter", 2.5), peer=6.0)
    assert problems([SMALL], rows) == []
    assert "2.5 × the floor, the bar is 2" in missed_bars([SMALL], rows)[0]
