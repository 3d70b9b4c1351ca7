"""The table, the JSON and the verdict."""

import datetime
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table

from bench.peers.ccr import CCR
from bench.peers.ccrouter import CCROUTER
from bench.peers.floor import FLOOR
from bench.processes import SOURCE
from bench.rounds import Figures, Result
from bench.scenarios import Scenario

HEADINGS = ("CPU ms", "÷ floor", "bar", "first ms", "total ms", "p99 ms", "req/s", "RSS MB")


def ratio(results: Mapping[str, Result], name: str) -> float | None:
    """CPU of a contestant as a multiple of the floor's, where both ran."""
    floor, own = _figures(results, FLOOR.name), _figures(results, name)
    return own.cpu_ms / floor.cpu_ms if floor and own and floor.cpu_ms else None


def _figures(results: Mapping[str, Result], name: str) -> Figures | None:
    result = results.get(name)
    return result.figures if result else None


def problems(scenarios: Sequence[Scenario], results: Mapping[str, Mapping[str, Result]]) -> list[str]:
    """Why this run fails: the daemon answered wrongly, or cost more CPU than CCR."""
    found: list[str] = []
    for scenario in scenarios:
        ours = results[scenario.name].get(CCROUTER.name)
        if ours is not None and ours.failure is not None:
            found.append(f"{scenario.name}: {CCROUTER.name} failed: {ours.failure}")
        own, peer = _figures(results[scenario.name], CCROUTER.name), _figures(results[scenario.name], CCR.name)
        if own and peer and own.cpu_ms > peer.cpu_ms:
            found.append(f"{scenario.name}: {own.cpu_ms:.2f} ms CPU a request, {CCR.name} needs {peer.cpu_ms:.2f} ms")
    return found


def missed_bars(scenarios: Sequence[Scenario], results: Mapping[str, Mapping[str, Result]]) -> list[str]:
    """Where the daemon is above its bar. Said, but not yet a failure."""
    found: list[str] = []
    for scenario in scenarios:
        reached = ratio(results[scenario.name], CCROUTER.name)
        if scenario.bar is not None and reached is not None and reached > scenario.bar:
            found.append(f"{scenario.name}: {reached:.1f} × the floor, the bar is {scenario.bar:g}")
    return found


def cells(scenario: Scenario, results: Mapping[str, Result], name: str) -> list[str]:
    """One row's figures as text, for a contestant that ran."""
    figures = _figures(results, name)
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


def print_table(
    console: Console,
    scenarios: Sequence[Scenario],
    results: Mapping[str, Mapping[str, Result]],
    absent: Mapping[str, str],
) -> None:
    """One block of rows a scenario; a contestant that did not run says why."""
    for scenario in scenarios:
        table = Table(
            title=f"[bold]{scenario.name}[/]  [dim]{scenario.about}[/]", title_justify="left", box=None, pad_edge=False
        )
        table.add_column("", min_width=12)
        for heading in HEADINGS:
            table.add_column(heading, justify="right", no_wrap=True)
        notes: list[str] = []
        for name, result in results[scenario.name].items():
            if result.figures is None:
                notes.append(f"{name}: failed: {result.failure}")
            else:
                table.add_row(name, *cells(scenario, results[scenario.name], name))
        console.print(table)
        for note in notes:
            console.print(shortened(note), style="red", highlight=False, markup=False)
        console.print()
    for name, why in absent.items():
        console.print(f"{name}: {why}", style="yellow", highlight=False)


def shortened(text: str, limit: int = 240) -> str:
    """One line of at most `limit` characters: peers put stack traces into their errors."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def machine() -> str:
    """One line on where this ran."""
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    return f"{system}, {os.cpu_count()} cores, Python {platform.python_version()}"


def as_json(
    scenarios: Sequence[Scenario], results: Mapping[str, Mapping[str, Result]], absent: Mapping[str, str], rounds: int
) -> bytes:
    """Everything measured, each round too."""
    described: dict[str, object] = {}
    for scenario in scenarios:
        rows: dict[str, object] = {}
        for name, result in results[scenario.name].items():
            figures = result.figures
            rows[name] = {
                "failure": result.failure,
                "cpu_ratio_to_floor": ratio(results[scenario.name], name),
                "median": figures.as_json() if figures else None,
                "rounds": [each.as_json() for each in result.rounds],
            }
        described[scenario.name] = {"about": scenario.about, "bar": scenario.bar, "contestants": rows}
    document = {
        "at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "cpu_source": SOURCE,
        "rounds": rounds,
        "not_run": dict(absent),
        "scenarios": described,
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)


def write_docs(
    path: Path,
    scenarios: Sequence[Scenario],
    results: Mapping[str, Mapping[str, Result]],
    absent: Mapping[str, str],
    rounds: int,
) -> None:
    """docs/performance.md, made by the run."""
    now = datetime.datetime.now(datetime.UTC).date().isoformat()
    lines = [
        "# Performance",
        "",
        f"Written by `python -m bench --write-docs` on {now}: {machine()}; medians of {rounds} interleaved rounds.",
        "",
        f"The main figure is the router's CPU time a request, from {SOURCE}: it holds on a noisy machine. The floor is "
        "a bare aiohttp pass-through on the same kind of loop that reads the body, forwards it and copies the answer "
        "byte for byte. Every answer is checked: all text, in as many pieces as the upstream sent. "
        f"{CCR.name} runs with its log off, ccrouter with its log on.",
        "",
    ]
    for scenario in scenarios:
        lines += [f"## {scenario.name}", "", f"{scenario.about[0].upper()}{scenario.about[1:]}.", ""]
        lines += ["| | " + " | ".join(HEADINGS) + " |", "|---|" + "---:|" * len(HEADINGS)]
        for name, result in results[scenario.name].items():
            if result.figures is None:
                lines.append(f"| {name} | failed: {result.failure} |" + " |" * (len(HEADINGS) - 1))
            else:
                lines.append(f"| {name} | " + " | ".join(cells(scenario, results[scenario.name], name)) + " |")
        lines.append("")
    lines += [f"- {name}: {why}" for name, why in absent.items()]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")
