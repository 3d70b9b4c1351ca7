"""`python -m bench scaling`: what more worker processes bring: requests a second, and CPU time a request.

One and two workers (`--workers N` for more) are asked in turn, round by round, so that what else the machine does
touches them alike. The load generator and the upstream need CPU of their own: on a machine of two cores the second
worker can have but what they leave, so the gain is also told by CPU time: as many requests as N cores would serve that
belong to the workers alone.
"""

import argparse
import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import orjson

from bench.contestants import empty_home, upstream
from bench.load import run
from bench.peers.base import WORKSPACE, Contestant, Launch, Server, start
from bench.peers.ccrouter import prepare
from bench.processes import cpu_seconds
from bench.scenarios import Scenario, all_scenarios
from bench.workers import unseen

UNSEEN = "unseen-50k"
SCENARIOS = {
    "small-32": (32, 1600),
    "first-turn": (16, 160),
    "long-200k": (8, 48),
    "burst-5000": (8, 48),
    "gemini-1000": (64, 400),
    UNSEEN: (64, 240),
}
"""In flight, and requests a round."""


@dataclass(slots=True)
class Measured:
    """One number of workers in one scenario, a value for each round."""

    per_second: list[float] = field(default_factory=list[float])
    cpu_ms: list[float] = field(default_factory=list[float])


def with_workers(number: int, port: int, home: Path) -> Server:
    """The daemon with so many workers. Raises NotAvailableError."""
    launch = prepare(port, home)
    command = launch.command if number == 1 else (*launch.command, "--workers", str(number))
    contestant = Contestant(f"ccrouter-{number}", "anthropic", prepare)
    return start(contestant, Launch(command, launch.environment, launch.home, launch.port))


def measure(servers: dict[int, Server], scenario: Scenario, requests: int, rounds: int) -> dict[int, Measured]:
    """Every number of workers in turn, `rounds` times after one for warming up."""
    results = {number: Measured() for number in servers}
    for counted in range(-1, rounds):
        for number, server in servers.items():
            before = cpu_seconds(server.pid)
            load = run(server.launch.port, "anthropic", scenario, requests)
            time.sleep(0.1)
            cpu = cpu_seconds(server.pid) - before
            if counted >= 0:
                results[number].per_second.append(requests / load.wall)
                results[number].cpu_ms.append(cpu / requests * 1000)
    return results


def main(arguments: Sequence[str]) -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench scaling", description=__doc__)
    parser.add_argument("--workers", type=int, action="append", help="beside 1 (default 2)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scenario", action="append", choices=SCENARIOS)
    options = parser.parse_args(arguments)
    WORKSPACE.mkdir(exist_ok=True)
    with ExitStack() as stack:
        home = stack.enter_context(empty_home())
        port = stack.enter_context(upstream())
        servers: dict[int, Server] = {}
        for number in (1, *(options.workers or [2])):
            (home / str(number)).mkdir()
            servers[number] = with_workers(number, port, home / str(number))
            stack.callback(servers[number].stop)
        told: dict[str, object] = {}
        print(f"{'':12}{'workers':>8}{'requests/s':>12}{'× one':>8}{'CPU ms':>10}{'× one by CPU':>14}")
        for name in options.scenario or SCENARIOS:
            in_flight, requests = SCENARIOS[name]
            scenario = unseen() if name == UNSEEN else replace(all_scenarios()[name], in_flight=in_flight)
            results = measure(servers, scenario, requests, options.rounds)
            alone = results[1]
            for number, found in results.items():
                gains = [more / one for more, one in zip(found.per_second, alone.per_second, strict=True)]
                by_cpu = [number * one / more for more, one in zip(found.cpu_ms, alone.cpu_ms, strict=True)]
                row = [statistics.median(values) for values in (found.per_second, gains, found.cpu_ms, by_cpu)]
                told[f"{name}, {number}"] = row
                print(f"{name:12}{number:>8}{row[0]:>12.1f}{row[1]:>8.2f}{row[2]:>10.2f}{row[3]:>14.2f}", flush=True)
        (WORKSPACE / "scaling.json").write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2))
    return 0
