"""`python -m bench`: what the daemon costs beside a bare pass-through and its peers.

Exit code 1 when the daemon fails, or costs more CPU than CCR anywhere.
"""

import argparse
from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from rich.console import Console

from bench.contestants import CONTESTANTS, servers, upstream
from bench.peers.base import ROOT, WORKSPACE, Contestant
from bench.peers.ccrouter import CCROUTER
from bench.processes import SOURCE
from bench.report import as_json, machine, missed_bars, print_table, problems, write_docs
from bench.rounds import Result, measure
from bench.scenarios import Scenario, all_scenarios

ROUNDS, QUICK_ROUNDS = 7, 3


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    scenarios = all_scenarios()
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, epilog="Others: python -m bench instructions"
    )
    parser.add_argument("--rounds", type=int, help=f"counted rounds (default {ROUNDS})")
    parser.add_argument("--scenario", action="append", choices=scenarios, help="only this one; may be repeated")
    parser.add_argument("--only", action="append", choices=CONTESTANTS, help="only this one; may be repeated")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROUNDS} rounds of a quarter of the requests")
    parser.add_argument("--write-docs", action="store_true", help="write docs/performance.md")
    return parser.parse_args(argv)


def run(
    console: Console, chosen: Sequence[Contestant], scenarios: Sequence[Scenario], rounds: int, quick: bool
) -> tuple[dict[str, Mapping[str, Result]], dict[str, str]]:
    """Measure everything. Gives the results by scenario and contestant, and why a contestant did not run."""
    results: dict[str, Mapping[str, Result]] = {}
    absent: dict[str, str] = {}
    with console.status("starting the contestants") as status, upstream() as port, ExitStack() as stack:
        running = stack.enter_context(servers(chosen, port, absent))
        for scenario in scenarios:
            requests = max(2, scenario.requests // 4) if quick else scenario.requests
            results[scenario.name] = measure(running, scenario, rounds, requests, status.update)
    return results, absent


def main(argv: Sequence[str]) -> int:
    """Run, print, write, judge."""
    options = arguments(argv)
    console = Console()
    rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    scenarios = [each for name, each in all_scenarios().items() if not options.scenario or name in options.scenario]
    chosen = [each for name, each in CONTESTANTS.items() if not options.only or name in options.only]
    WORKSPACE.mkdir(exist_ok=True)
    console.print(f"{machine()}\nCPU time from {SOURCE}; medians of {rounds} interleaved rounds\n", highlight=False)
    results, absent = run(console, chosen, scenarios, rounds, options.quick)
    print_table(console, scenarios, results, absent)
    (WORKSPACE / "results.json").write_bytes(as_json(scenarios, results, absent, rounds))
    if options.write_docs:
        write_docs(ROOT / "docs" / "performance.md", scenarios, results, absent, rounds)
    for missed in missed_bars(scenarios, results):
        console.print(f"above its bar: {missed}", style="yellow", highlight=False)
    failed = problems(scenarios, results)
    if CCROUTER in chosen and CCROUTER.name in absent:
        failed.append(f"{CCROUTER.name}: {absent[CCROUTER.name]}")
    for problem in failed:
        console.print(f"FAILED {problem}", style="bold red", highlight=False)
    return 1 if failed else 0
