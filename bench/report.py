"""The table, the JSON and the verdict."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

import orjson
from rich.console import Console
from rich.table import Table

from bench.bars import Bar, figures_of, ratio
from bench.machine import machine
from bench.peers.ccr import CCR
from bench.peers.ccrouter import CCROUTER
from bench.processes import SOURCE
from bench.rounds import Result
from bench.scenarios import Scenario
from bench.startup import Timing
from bench.workers import Throughput

HEADINGS = ("CPU ms", "÷ floor", "bar", "first ms", "total ms", "p99 ms", "req/s", "RSS MB")
TIMING_HEADINGS = ("seconds", "CPU seconds", "bar")
START_HEADINGS = ("seconds", "RSS MB")
BAR_HEADINGS = ("limit", "reached", "")


@dataclass(frozen=True, slots=True)
class Report:
    """All that one run of the comparison has found.

    `absent` says why a contestant, or a part of the measurement, did not run; `starts` are the seconds to each
    contestant's first answer, once; `resident_mb` is its memory after the whole run.
    """

    rounds: int
    scenarios: Sequence[Scenario]
    results: Mapping[str, Mapping[str, Result]]
    absent: Mapping[str, str]
    bars: Sequence[Bar]
    timings: Sequence[Timing] = ()
    starts: Mapping[str, float] = field(default_factory=dict[str, float])
    resident_mb: Mapping[str, float] = field(default_factory=dict[str, float])
    throughput: Throughput | None = None
    quick: bool = False


def problems(scenarios: Sequence[Scenario], results: Mapping[str, Mapping[str, Result]]) -> list[str]:
    """Why this run fails: the daemon answered wrongly, or cost more CPU than CCR."""
    found: list[str] = []
    for scenario in scenarios:
        ours = results[scenario.name].get(CCROUTER.name)
        if ours is not None and ours.failure is not None:
            found.append(f"{scenario.name}: {CCROUTER.name} failed: {ours.failure}")
        own, peer = figures_of(results[scenario.name], CCROUTER.name), figures_of(results[scenario.name], CCR.name)
        if own and peer and own.cpu_ms > peer.cpu_ms:
            found.append(f"{scenario.name}: {own.cpu_ms:.2f} ms CPU a request, {CCR.name} needs {peer.cpu_ms:.2f} ms")
    return found


def cells(scenario: Scenario, results: Mapping[str, Result], name: str) -> list[str]:
    """One row's figures as text, for a contestant that ran."""
    figures = figures_of(results, name)
    assert figures is not None
    multiple = ratio(results, name)
    return [
        f"{figures.cpu_ms:.2f}",
        f"{multiple:.1f}" if multiple is not None else "",
        f"{scenario.bar:g}" if scenario.bar is not None and name == CCROUTER.name else "",
        f"{figures.first_ms:.1f}",
        f"{figures.total_ms:.1f}",
        f"{figures.p99_ms:.1f}",
        f"{figures.requests_per_second:.0f}",
        f"{figures.resident_mb:.0f}",
    ]


def print_report(console: Console, report: Report) -> None:
    """One block of rows a scenario, the commands, the bars; a contestant that did not run says why."""
    for scenario in report.scenarios:
        results = report.results[scenario.name]
        rows = [[name, *cells(scenario, results, name)] for name, result in results.items() if result.figures]
        console.print(_table(f"[bold]{scenario.name}[/]  [dim]{scenario.about}[/]", HEADINGS, rows))
        for name, result in results.items():
            if result.figures is None:
                console.print(
                    shortened(f"{name}: failed: {result.failure}"), style="red", highlight=False, markup=False
                )
        console.print()
    for title, headings, rows in (
        ("commands", TIMING_HEADINGS, timing_rows(report)),
        ("start, and memory at the end", START_HEADINGS, start_rows(report)),
        ("bars", BAR_HEADINGS, [bar.cells for bar in report.bars]),
    ):
        if rows:
            console.print(_table(f"[bold]{title}[/]", headings, rows))
            console.print()
    for name, why in report.absent.items():
        console.print(f"{name}: {why}", style="yellow", highlight=False, markup=False)


def timing_rows(report: Report) -> list[list[str]]:
    """The daemon's commands."""
    return [
        [timing.name, f"{timing.median:.3f}", f"{timing.cpu_median:.3f}", f"{timing.bar:g}" if timing.bar else ""]
        for timing in report.timings
    ]


def start_rows(report: Report) -> list[list[str]]:
    """Each contestant's start and memory."""
    return [[name, f"{seconds:.2f}", f"{report.resident_mb[name]:.0f}"] for name, seconds in report.starts.items()]


def _table(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("", min_width=12)
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table


def shortened(text: str, limit: int = 240) -> str:
    """One line of at most `limit` characters: peers put stack traces into their errors."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def as_json(report: Report) -> bytes:
    """Everything measured, each round too."""
    described: dict[str, object] = {}
    for scenario in report.scenarios:
        rows: dict[str, object] = {}
        for name, result in report.results[scenario.name].items():
            figures = result.figures
            rows[name] = {
                "failure": result.failure,
                "cpu_ratio_to_floor": ratio(report.results[scenario.name], name),
                "median": figures.as_json() if figures else None,
                "rounds": [each.as_json() for each in result.rounds],
            }
        described[scenario.name] = {"about": scenario.about, "bar": scenario.bar, "contestants": rows}
    document = {
        "at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "cpu_source": SOURCE,
        "rounds": report.rounds,
        "not_run": dict(report.absent),
        "bars": [{**asdict(bar), "verdict": bar.verdict} for bar in report.bars],
        "commands": [asdict(timing) for timing in report.timings],
        "start_seconds": dict(report.starts),
        "resident_mb_after_the_run": dict(report.resident_mb),
        "workers": asdict(report.throughput) if report.throughput else None,
        "scenarios": described,
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)
