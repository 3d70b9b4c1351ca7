"""`python -m bench instructions`: how many instructions a request costs the daemon, and the floor.

The count does not depend on what else runs on the machine: two runs differ by a few in a hundred, where CPU time
may differ by a third. So it answers "is this change faster?" on a busy machine. It is not the figure of the bars:
what the kernel does for a process (its socket calls) is not in it, and that is the same for the floor and the daemon,
so these ratios are higher than those of CPU time.

Each contestant runs under valgrind's callgrind, some 50 times slower than by itself, which is why the scenarios with a
pace are not here: nothing could keep their pace. Needs valgrind (Linux; `apt-get install valgrind`).
"""

import argparse
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table

from bench import load
from bench.contestants import empty_home, upstream
from bench.document import made_by, markdown_table, write_section
from bench.peers.base import WORKSPACE, Contestant, Launch, NotAvailableError, Server, start
from bench.peers.ccrouter import CCROUTER
from bench.peers.floor import FLOOR
from bench.scenarios import Scenario, all_scenarios

CONTESTANTS = {"floor": FLOOR, "ccrouter": CCROUTER}
ROUNDS = 3
HEADINGS = ("floor", "ccrouter", "÷ floor", "spread", "bar (of CPU)")
START_SECONDS = 600.0
SETTLING_SECONDS, IDLE_SECONDS = 2.0, 5.0
TOTALS = re.compile(r"^totals: (\d+)", re.MULTILINE)


def measurable() -> dict[str, Scenario]:
    """The scenarios whose work does not depend on the time that passes."""
    return {name: scenario for name, scenario in all_scenarios().items() if not scenario.answer.pause}


def requests_of(scenario: Scenario) -> int:
    """How many requests make a round: enough that the collector's runs are spread over them, few enough to wait for."""
    return max(3, scenario.requests // 4, scenario.in_flight * 3)


def totals(dump: str) -> int:
    """The number of instructions in a dump of callgrind. Raises ValueError when it holds none."""
    found = TOTALS.search(dump)
    if found is None:
        raise ValueError("callgrind wrote a dump without totals")
    return int(found.group(1))


@dataclass(frozen=True, slots=True)
class Counted:
    """A contestant under callgrind."""

    server: Server
    dumps: Path

    def since_last_time(self) -> int:
        """The instructions since this was last called, or since the start."""
        subprocess.run(("vgdb", f"--pid={self.server.pid}", "dump"), check=True, capture_output=True, timeout=120)
        total = 0
        for path in self.dumps.glob("dump.*"):
            total += totals(path.read_text(errors="replace"))
            path.unlink()
        return total


def under_callgrind(contestant: Contestant, upstream_port: int, home: Path) -> Counted:
    """Start a contestant under callgrind. Raises NotAvailableError."""
    if shutil.which("valgrind") is None or shutil.which("vgdb") is None:
        raise NotAvailableError("valgrind is not installed: `apt-get install valgrind` (Linux only)")
    (own := home / contestant.name).mkdir()
    (dumps := home / f"{contestant.name}-dumps").mkdir()
    launch = contestant.prepare(upstream_port, own)
    return Counted(start(contestant, _wrapped(launch, dumps / "dump"), START_SECONDS), dumps)


def _wrapped(launch: Launch, dump: Path) -> Launch:
    command = list(launch.command)
    if command[0] != sys.executable:  # an installed command is a script of this very Python's
        command.insert(0, sys.executable)
    counter = ("valgrind", "--tool=callgrind", f"--callgrind-out-file={dump}", "--trace-children=no")
    # The same hashes in each run: else dictionaries collide otherwise, and the counts differ.
    return replace(launch, command=(*counter, *command), environment={**launch.environment, "PYTHONHASHSEED": "0"})


def idle_rate(counted: Counted) -> float:
    """Instructions a second of doing nothing: timers, which tick as often however slow all else is."""
    time.sleep(SETTLING_SECONDS)
    counted.since_last_time()
    began = time.monotonic()
    time.sleep(IDLE_SECONDS)
    instructions = counted.since_last_time()
    return instructions / (time.monotonic() - began)


def count(counted: Counted, scenario: Scenario, rounds: int, idle: float) -> tuple[float, ...]:
    """Instructions a request, of each round, less those of so many seconds of doing nothing; one round before them does
    not count. Raises load.WrongAnswerError."""
    requests = requests_of(scenario)
    figures: list[float] = []
    server = counted.server
    for number in range(rounds + 1):
        began = time.monotonic()
        load.run(server.launch.port, server.contestant.spoken, scenario, requests)
        instructions = counted.since_last_time()
        if number:
            figures.append((instructions - idle * (time.monotonic() - began)) / requests)
    return tuple(figures)


def thousands(instructions: float) -> str:
    """A count as people compare them."""
    return f"{instructions / 1000:,.0f} k"


def rows(counts: Mapping[str, Mapping[str, Sequence[float]]]) -> list[list[str]]:
    """Scenario by scenario: each contestant's median, how far its rounds are apart, and the multiple of the floor's."""
    found: list[list[str]] = []
    for name, measured in counts.items():
        floor, own = measured.get(FLOOR.name), measured.get(CCROUTER.name)
        bar = all_scenarios()[name].bar
        found.append(
            [
                name,
                thousands(statistics.median(floor)) if floor else "",
                thousands(statistics.median(own)) if own else "",
                f"{statistics.median(own) / statistics.median(floor):.2f}" if own and floor else "",
                f"{(max(own) / min(own) - 1) * 100:.1f} %" if own else "",
                f"{bar:g}" if bar is not None else "",
            ]
        )
    return found


def table(counts: Mapping[str, Mapping[str, Sequence[float]]]) -> Table:
    """The rows for a terminal."""
    made = Table(box=None, pad_edge=False)
    made.add_column("")
    for heading in HEADINGS:
        made.add_column(heading, justify="right", no_wrap=True)
    for row in rows(counts):
        made.add_row(*row)
    return made


def main(argv: Sequence[str]) -> int:
    """Count, print, and write .bench/instructions.json. Exit code 1 when one does not run or answers wrongly."""
    parser = argparse.ArgumentParser(prog="python -m bench instructions", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"counted rounds (default {ROUNDS})")
    parser.add_argument("--scenario", action="append", choices=measurable(), help="only this one; may be repeated")
    parser.add_argument("--only", action="append", choices=CONTESTANTS, help="only this one; may be repeated")
    parser.add_argument("--write-docs", action="store_true", help="write docs/performance.md")
    options = parser.parse_args(argv)
    console = Console()
    scenarios = [each for name, each in measurable().items() if not options.scenario or name in options.scenario]
    counts: dict[str, dict[str, Sequence[float]]] = {scenario.name: {} for scenario in scenarios}
    failed: list[str] = []
    WORKSPACE.mkdir(exist_ok=True)
    with console.status("") as status, upstream() as port, empty_home() as home:
        for contestant in [each for name, each in CONTESTANTS.items() if not options.only or name in options.only]:
            status.update(f"starting {contestant.name} under callgrind (a minute or two)")
            try:
                counted = under_callgrind(contestant, port, home)
            except NotAvailableError as why:
                failed.append(f"{contestant.name}: {why}")
                continue
            try:
                idle = idle_rate(counted)
                for scenario in scenarios:
                    status.update(f"{contestant.name}: {scenario.name}")
                    try:
                        figures = count(counted, scenario, options.rounds, idle)
                    except load.WrongAnswerError as error:
                        failed.append(f"{contestant.name}: {scenario.name}: {error}")
                        continue
                    counts[scenario.name][contestant.name] = figures
                    console.print(f"{contestant.name}: {scenario.name}: {' '.join(map(thousands, figures))}")
            finally:
                counted.server.stop()
    console.print(table(counts))
    (WORKSPACE / "instructions.json").write_bytes(orjson.dumps(counts, option=orjson.OPT_INDENT_2))
    if options.write_docs:
        made = made_by("instructions --write-docs")
        write_section("instructions", [made, "", *markdown_table(HEADINGS, rows(counts))])
    for problem in failed:
        console.print(f"FAILED {problem}", style="bold red", highlight=False, markup=False)
    return 1 if failed else 0
