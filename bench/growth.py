"""`python -m bench growth`: CPU a request over the size of the conversation, and over the number of open streams.

Of conversations there are two curves for the daemon: one where each request has the same messages and a new last one,
as Claude Code sends them; and `unseen`, where every message is new, so that nothing about it can be known from before.
The distance between them is what is not done twice (counting tokens, mostly).
"""

import argparse
import datetime
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace

import orjson
from rich.console import Console
from rich.table import Table

from bench import load
from bench.contestants import servers, upstream
from bench.document import IMAGES, made_by, markdown_table, write_section
from bench.drawing import draw
from bench.machine import machine
from bench.peers.base import WORKSPACE, NotAvailableError, Server
from bench.peers.ccrouter import CCROUTER
from bench.peers.floor import FLOOR
from bench.rounds import one_round
from bench.scenarios import Scenario, all_scenarios, sized_conversation

TOKENS = (1_000, 10_000, 25_000, 50_000, 100_000, 200_000, 300_000, 400_000)
STREAMS = (1, 50, 100, 250, 500, 1000, 1500, 2000)
ROUNDS = 5
OPEN_FILES = 16_384
"""Two sockets a stream in the router, and one each in the upstream and here."""


@dataclass(frozen=True, slots=True)
class Line:
    """y = intercept + slope · x, by least squares. `fit` is r²: 1 where all points lie on it."""

    slope: float
    intercept: float
    fit: float


@dataclass(frozen=True, slots=True)
class Series:
    """Points and their line."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    line: Line


def series(x: Sequence[float], y: Sequence[float]) -> Series:
    """Fit a line to at least two points of different x."""
    slope, intercept = statistics.linear_regression(x, y)
    fit = statistics.correlation(x, y) ** 2 if len(set(y)) > 1 else 1.0
    return Series(tuple(x), tuple(y), Line(slope, intercept, fit))


@dataclass(frozen=True, slots=True)
class Panel:
    """One drawing: what the axes mean, and its series by name."""

    title: str
    x: str
    y: str
    series: dict[str, Series]


def open_streams(count: int) -> Scenario:
    """So many streams open at once, a chunk each half second."""
    return replace(all_scenarios()["open-1000"], requests=count, in_flight=count)


def over_conversations(
    running: Sequence[Server], sizes: Sequence[int], rounds: int, progress: Callable[[str], None]
) -> Panel:
    """Median CPU of `rounds` rounds a size, interleaved."""
    curves = [(server, kind) for server in running for kind in ("continued", "unseen")]
    curves = [(server, kind) for server, kind in curves if kind == "continued" or server.contestant is CCROUTER]
    measured: dict[str, list[float]] = {}
    for tokens in sizes:
        figures: dict[str, list[float]] = {}
        for number in range(rounds + 1):
            for server, kind in curves:
                name = server.contestant.name if kind == "continued" else f"{server.contestant.name}, unseen"
                progress(f"{tokens} tokens: {name}, {'warm-up' if number == 0 else f'round {number} of {rounds}'}")
                scenario = sized_conversation(tokens, unseen=kind == "unseen")
                done = one_round(server, scenario, scenario.requests if number else 2)
                if number:
                    figures.setdefault(name, []).append(done.cpu_ms)
        for name, values in figures.items():
            measured.setdefault(name, []).append(statistics.median(values))
    thousands = [tokens / 1000 for tokens in sizes]
    return Panel(
        "CPU of a request over the size of the conversation",
        "thousand tokens",
        "CPU ms",
        {name: series(thousands, values) for name, values in measured.items()},
    )


def over_streams(running: Sequence[Server], counts: Sequence[int], progress: Callable[[str], None]) -> list[Panel]:
    """CPU of all streams together, and the most memory, at each number of open streams."""
    cpu: dict[str, list[float]] = {}
    memory: dict[str, list[float]] = {}
    for count in counts:
        for server in running:
            name = server.contestant.name
            progress(f"{count} open streams: {name}")
            done = one_round(server, open_streams(count), count)
            cpu.setdefault(name, []).append(done.cpu_ms * count)
            memory.setdefault(name, []).append(done.resident_mb)
    return [
        Panel(title, "open streams", unit, {name: series(counts, values) for name, values in columns.items()})
        for title, unit, columns in (
            ("CPU of all streams together (7 s each)", "CPU ms", cpu),
            ("Memory while they are open", "MB", memory),
        )
    ]


def rows(panel: Panel) -> list[list[str]]:
    """One row an x, one column a series; last the line's slope and r²."""
    columns = list(panel.series.values())
    found = [[f"{x:g}", *(f"{each.y[number]:.2f}" for each in columns)] for number, x in enumerate(columns[0].x)]
    found.append(
        [f"slope, {panel.y} for each {panel.x.removesuffix('s')}", *(f"{each.line.slope:.4f}" for each in columns)]
    )
    found.append([f"at 0, {panel.y}", *(f"{each.line.intercept:.2f}" for each in columns)])
    found.append(["r²", *(f"{each.line.fit:.3f}" for each in columns)])
    return found


def allow_open_files() -> None:
    """Let this process, and those that it starts, open files enough for 2000 streams."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def main(argv: Sequence[str]) -> int:
    """Measure, print, draw, and write .bench/growth.json. Exit code 1 when a contestant does not run or fails."""
    parser = argparse.ArgumentParser(prog="python -m bench growth", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"counted rounds a size (default {ROUNDS})")
    parser.add_argument("--quick", action="store_true", help="one round of every third size")
    parser.add_argument("--write-docs", action="store_true", help="write docs/performance.md and its picture")
    options = parser.parse_args(argv)
    console = Console()
    step, rounds = (3, 1) if options.quick else (1, options.rounds)
    WORKSPACE.mkdir(exist_ok=True)
    allow_open_files()
    absent: dict[str, str] = {}
    try:
        with console.status("") as status, upstream() as port, servers((FLOOR, CCROUTER), port, absent) as running:
            panels = [over_conversations(running, TOKENS[::step], rounds, status.update)]
            panels += over_streams(running, STREAMS[::step], status.update)
    except load.WrongAnswerError as error:
        console.print(f"FAILED {error}", style="bold red", highlight=False, markup=False)
        return 1
    for panel in panels:
        console.print(_table(panel))
        console.print()
    document = {
        "at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "panels": [asdict(panel) for panel in panels],
    }
    figures = WORKSPACE / "growth.json"
    figures.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    try:
        draw("lines", figures, (IMAGES if options.write_docs else WORKSPACE) / "growth.png")
    except NotAvailableError as why:
        console.print(str(why), style="yellow", highlight=False, markup=False)
    if options.write_docs:
        write_section("growth", _lines(panels))
    for name, why in absent.items():
        console.print(f"FAILED {name}: {why}", style="bold red", highlight=False, markup=False)
    return 1 if absent else 0


def _table(panel: Panel) -> Table:
    table = Table(title=panel.title, title_justify="left", box=None, pad_edge=False)
    table.add_column(panel.x)
    for name in panel.series:
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows(panel):
        table.add_row(*row)
    return table


def _lines(panels: Sequence[Panel]) -> list[str]:
    lines = [made_by("growth --write-docs"), "", "![The growth curves](images/growth.png)", ""]
    for panel in panels:
        lines += [f"### {panel.title}", ""]
        lines += [*markdown_table([f"{name} ({panel.y})" for name in panel.series], rows(panel)), ""]
    return lines
