"""The bars, the verdict and the table."""

import orjson
import pytest
from rich.console import Console

from bench.bars import Bar, all_bars, ratio
from bench.comparison import requests_of
from bench.document import comparison_lines, replaced
from bench.report import Report, as_json, print_report, problems
from bench.rounds import Figures, Result, fitting, medians
from bench.scenarios import all_scenarios
from bench.startup import Timing, imports
from bench.workers import Throughput

SMALL = all_scenarios()["small"]


def result(name: str, *cpu: float, failure: str | None = None, first: float = 1.0, resident: float = 50.0) -> Result:
    return Result(name, "small", tuple(Figures(each, first, 1, 1, 1, resident) for each in cpu), failure)


def results(ours: Result, peer: float = 2.0) -> dict[str, dict[str, Result]]:
    rows = (result("pass-through", 1.0), ours, result("CCR 2.0.0", peer))
    return {"small": {row.contestant: row for row in rows}}


def bars(named: str, **measured: Result) -> Bar:
    """The bar of that name after a run in which the daemon's results were `measured`, beside a floor of 1 ms."""
    rows = {
        name.replace("_", "-"): {"pass-through": result("pass-through", 1.0), "ccrouter": ours}
        for name, ours in measured.items()
    }
    found = [bar for bar in all_bars(list(all_scenarios().values()), rows) if bar.name.startswith(named)]
    assert len(found) == 1, named
    return found[0]


def test_the_median_of_the_rounds_counts():
    assert medians(result("x", 9.0, 1.0, 2.0).rounds).cpu_ms == 2.0


def test_cheaper_than_ccr_passes():
    rows = results(result("ccrouter", 1.5))
    assert ratio(rows["small"], "ccrouter") == 1.5
    assert problems([SMALL], rows) == []


def test_dearer_than_ccr_fails():
    assert "2.50 ms CPU" in problems([SMALL], results(result("ccrouter", 2.5)))[0]


def test_a_wrong_answer_fails():
    assert "dropped" in problems([SMALL], results(result("ccrouter", 0.1, failure="dropped a delta")))[0]


def test_the_bar_of_cpu_is_a_multiple_of_the_floor():
    assert bars("small: CPU", small=result("ccrouter", 2.0)).cells == (
        "small: CPU ÷ floor's",
        "at most 2 ×",
        "2.00 ×",
        "met",
    )
    assert bars("small: CPU", small=result("ccrouter", 2.5)).verdict == "missed"
    assert bars("small: CPU", burst_5000=result("ccrouter", 2.5)).verdict == "not measured"


def test_the_first_byte_may_come_so_much_later_than_the_floors():
    assert bars("first-turn: first byte", first_turn=result("ccrouter", 1.0, first=1.75)).reached == 0.75
    assert bars("first-turn: first byte", first_turn=result("ccrouter", 1.0, first=2.5)).verdict == "missed"


def test_five_transformers_are_compared_with_none():
    chain = bars("burst-5000: five", burst_5000=result("ccrouter", 4.0), burst_5=result("ccrouter", 5.0))
    assert (chain.reached, chain.verdict) == (1.25, "met")
    assert bars("burst-5000: five", burst_5=result("ccrouter", 5.0)).verdict == "not measured"


def test_memory_commands_and_workers_have_bars():
    assert bars("memory with 1000", open_1000=result("ccrouter", 1.0, resident=151.0)).verdict == "missed"
    found = all_bars(
        [],
        {},
        resident_mb=69.0,
        timings=[Timing("ccr status", (0.2, 0.9, 0.1), (0.1, 0.1, 0.1), 0.25)],
        throughput=Throughput((100.0, 100.0), (160.0, 180.0)),
        help_imports_aiohttp=False,
    )
    verdicts = {bar.name: bar.verdict for bar in found}
    assert verdicts["memory after the whole run"] == "met"
    assert verdicts["ccr status"] == "met"
    assert verdicts["ccr --help: imports of aiohttp"] == "met"
    assert verdicts["requests/s of two workers ÷ one"] == "met"
    assert Bar("workers", 1.7, "×", 1.6, at_least=True).cells == ("workers", "at least 1.7 ×", "1.60 ×", "missed")


def test_a_quick_round_still_has_all_its_streams_in_flight():
    assert requests_of(all_scenarios()["paced-64"], quick=True) == 64
    assert requests_of(all_scenarios()["small"], quick=True) == 100
    assert requests_of(all_scenarios()["small"], quick=False) == 400


def test_a_slow_contestant_sends_fewer_requests():
    assert fitting(400, 2, 0.001) == 400
    assert fitting(10, 2, 5.0) == 4
    assert fitting(128, 64, 5.0) == 64
    assert fitting(1, 2, 5.0) == 1


def test_an_import_is_recognised_by_its_package():
    listed = "import time:  120 |  300 |   aiohttp.web\nimport time: 5 | 5 | click\n"
    assert imports(listed, "aiohttp")
    assert imports(listed, "click")
    assert not imports(listed, "aio")
    assert not imports("aiohttp is not a line of importtime\n", "aiohttp")


def report(ours: Result) -> Report:
    rows = results(ours)
    return Report(
        3,
        [SMALL],
        rows,
        {"LiteLLM": "not installed: pip failed"},
        all_bars([SMALL], rows),
        timings=[Timing("ccr status", (0.2,), (0.15,), 0.25)],
        starts={"ccrouter": 0.5},
        resident_mb={"ccrouter": 61.0},
    )


def test_everything_that_was_measured_is_printed_and_written():
    console = Console(width=140)
    with console.capture() as captured:
        print_report(console, report(result("ccrouter", 2.5)))
    printed = captured.get()
    for words in ("one short message", "CCR 2.0.0", "at most 2 ×", "missed", "ccr status", "LiteLLM: not installed"):
        assert words in printed
    written = "\n".join(comparison_lines(report(result("ccrouter", 2.5))))
    assert "| small: CPU ÷ floor's | at most 2 × | 2.50 × | missed |" in written
    assert "| small | 1.0 | 2.5 | 2.0 |" in written
    assert "- LiteLLM: not installed: pip failed" in written
    document = orjson.loads(as_json(report(result("ccrouter", 2.5))))
    assert document["bars"][0]["verdict"] == "missed"
    assert document["commands"][0]["seconds"] == [0.2]


def test_a_failure_is_told_in_one_line():
    written = "\n".join(comparison_lines(report(result("ccrouter", failure="status 500:\n  at x.js:1\n"))))
    assert "- ccrouter failed: status 500: at x.js:1" in written


def test_only_the_measured_part_of_the_document_is_replaced():
    text = "# Title\n<!-- measured: a -->\nold\n<!-- end: a -->\nours \\1\n<!-- measured: b -->\n<!-- end: b -->\n"
    changed = replaced(text, "a", "new \\1\n")
    assert changed == text.replace("\nold\n", "\n\nnew \\1\n\n")
    assert replaced(changed, "a", "new \\1") == changed
    with pytest.raises(ValueError, match="measured: c"):
        replaced(text, "c", "new")
