"""`python -m bench`: what the daemon costs beside a bare pass-through and its peers.

Exit code 1 when the daemon fails, or costs more CPU than CCR anywhere; with --strict also when a bar is missed.
"""

import argparse
import time
from collections.abc import Callable, Mapping, Sequence

from rich.console import Console

from bench import load, startup, workers
from bench.bars import all_bars
from bench.contestants import CONTESTANTS, empty_home, servers, upstream
from bench.document import IMAGES, comparison_lines, write_section
from bench.drawing import draw
from bench.machine import machine
from bench.peers.base import WORKSPACE, Contestant, NotAvailableError
from bench.peers.ccrouter import CCROUTER
from bench.processes import SOURCE, resident_megabytes
from bench.report import Report, as_json, print_report, problems
from bench.rounds import Result, measure
from bench.scenarios import Scenario, all_scenarios
from bench.startup import CommandFailedError, Timing
from bench.workers import Throughput

ROUNDS, QUICK_ROUNDS = 7, 3
SETTLING_SECONDS = 80.0
"""After the run, before everybody's memory is measured: the daemon gives memory back by itself when nobody has asked
for anything for 5 to 10 seconds, the tokenizer's a minute after its last use.
"""
OTHERS = "Other commands: python -m bench growth | memory | profile | instructions | everything; each takes --help."


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    scenarios = all_scenarios()
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__, epilog=OTHERS)
    parser.add_argument("--rounds", type=int, help=f"counted rounds (default {ROUNDS})")
    parser.add_argument("--scenario", action="append", choices=scenarios, help="only this one; may be repeated")
    parser.add_argument("--only", action="append", choices=CONTESTANTS, help="only this one; may be repeated")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROUNDS} rounds of a quarter of the requests")
    parser.add_argument("--strict", action="store_true", help="fail when a bar is missed")
    parser.add_argument("--write-docs", action="store_true", help="write docs/performance.md and its picture")
    return parser.parse_args(argv)


def run(console: Console, options: argparse.Namespace) -> Report:
    """Measure everything that the options ask for."""
    rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    scenarios = [each for name, each in all_scenarios().items() if not options.scenario or name in options.scenario]
    chosen = [each for name, each in CONTESTANTS.items() if not options.only or name in options.only]
    console.print(f"{machine()}\nCPU time from {SOURCE}; medians of {rounds} interleaved rounds\n", highlight=False)
    absent: dict[str, str] = {}
    timings: list[Timing] = []
    throughput: Throughput | None = None
    imports: bool | None = None
    with console.status("starting the contestants") as status, upstream() as port:
        results, starts, resident = _contestants(
            chosen,
            scenarios,
            port,
            rounds=rounds,
            quick=options.quick,
            absent=absent,
            progress=status.update,
        )
        if CCROUTER in chosen and not options.scenario:
            with empty_home() as home:
                status.update("the commands")
                try:
                    timings = startup.measure(port, home, rounds)
                    imports = startup.help_imports("aiohttp")
                except (NotAvailableError, CommandFailedError) as why:
                    absent["commands"] = str(why)
            with empty_home() as home:
                requests = workers.REQUESTS // 4 if options.quick else workers.REQUESTS
                try:
                    throughput = workers.measure(port, home, rounds, requests, status.update)
                except (NotAvailableError, load.WrongAnswerError) as why:
                    absent["two workers"] = str(why)
    bars = all_bars(
        scenarios,
        results,
        resident_mb=None if options.scenario else resident.get(CCROUTER.name),
        timings=timings,
        throughput=throughput,
        help_imports_aiohttp=imports,
    )
    return Report(rounds, scenarios, results, absent, bars, timings, starts, resident, throughput, options.quick)


def requests_of(scenario: Scenario, quick: bool) -> int:
    """How many requests make a round; never fewer than are to be in flight."""
    return max(2, scenario.in_flight, scenario.requests // 4) if quick else scenario.requests


def _contestants(
    chosen: Sequence[Contestant],
    scenarios: Sequence[Scenario],
    port: int,
    *,
    rounds: int,
    quick: bool,
    absent: dict[str, str],
    progress: Callable[[str], None],
) -> tuple[dict[str, Mapping[str, Result]], dict[str, float], dict[str, float]]:
    """Results by scenario and contestant; the seconds each took to start; its memory in MB at the end."""
    results: dict[str, Mapping[str, Result]] = {}
    with servers(chosen, port, absent) as running:
        for scenario in scenarios:
            results[scenario.name] = measure(running, scenario, rounds, requests_of(scenario, quick), progress)
        progress("memory after the run")
        time.sleep(SETTLING_SECONDS)
        starts = {server.contestant.name: server.start_seconds for server in running}
        resident = {server.contestant.name: resident_megabytes(server.pid) for server in running}
    return results, starts, resident


def main(argv: Sequence[str]) -> int:
    """Run, print, write, judge."""
    options = arguments(argv)
    console = Console()
    WORKSPACE.mkdir(exist_ok=True)
    report = run(console, options)
    print_report(console, report)
    figures = WORKSPACE / "results.json"
    figures.write_bytes(as_json(report))
    try:
        draw("comparison", figures, WORKSPACE / "performance.png")
        if options.write_docs:
            draw("comparison", figures, IMAGES / "performance.png")
    except NotAvailableError as why:
        console.print(f"{why}", style="yellow", highlight=False, markup=False)
    if options.write_docs:
        write_section("comparison", comparison_lines(report))
    failed = problems(report.scenarios, report.results)
    if CCROUTER.name in report.absent and (not options.only or "ccrouter" in options.only):
        failed.append(f"{CCROUTER.name}: {report.absent[CCROUTER.name]}")
    if options.strict:
        failed += [f"bar missed: {' | '.join(bar.cells)}" for bar in report.bars if bar.met is False]
    for problem in failed:
        console.print(f"FAILED {problem}", style="bold red", highlight=False, markup=False)
    return 1 if failed else 0
