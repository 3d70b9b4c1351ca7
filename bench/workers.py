"""Requests per second with one worker process and with two.

On two cores the load generator and the upstream take from what the workers have: where these need a share s of the
router's CPU, two workers can serve 2 / (1 + s) times as much as one, whatever they do (of small requests s is a third,
of gemini-1000 an eighth). So what is asked is something that costs the router much and those two little: conversations
of 200 KB that it has not seen, whose tokens it counts. `python -m bench scaling` has the others.
"""

import statistics
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from bench import load
from bench.peers.base import Contestant, Launch, NotAvailableError, start
from bench.peers.ccrouter import CCROUTER
from bench.scenarios import Scenario, sized_conversation

BAR = 1.7
TOKENS = 50_000
IN_FLIGHT = 64
"""Enough that the kernel's choice of a worker for each connection evens out."""
REQUESTS = 240


def unseen() -> Scenario:
    """Conversations that nobody has seen, so many at a time."""
    return replace(sized_conversation(TOKENS, unseen=True), in_flight=IN_FLIGHT)


@dataclass(frozen=True, slots=True)
class Throughput:
    """Requests per second, round by round."""

    one: tuple[float, ...]
    two: tuple[float, ...]

    @property
    def gain(self) -> float:
        return statistics.median(self.two) / statistics.median(self.one)


def measure(upstream_port: int, home: Path, rounds: int, requests: int, progress: Callable[[str], None]) -> Throughput:
    """Rounds of one and two workers, interleaved. Raises NotAvailableError, load.WrongAnswerError."""
    scenario = unseen()
    (first := home / "one").mkdir()
    launch = CCROUTER.prepare(upstream_port, first)
    if "--workers" not in _help(launch):
        raise NotAvailableError("`ccr start` has no --workers")
    (second := home / "two").mkdir()
    launches = (launch, CCROUTER.prepare(upstream_port, second))
    running = [
        start(_named(workers), replace(each, command=(*each.command, "--workers", str(workers))))
        for workers, each in zip((1, 2), launches, strict=True)
    ]
    figures: list[list[float]] = [[], []]
    try:
        for number in range(rounds + 1):
            for server, column in zip(running, figures, strict=True):
                progress(f"{server.contestant.name}: {'warm-up' if number == 0 else f'round {number} of {rounds}'}")
                done = load.run(server.launch.port, server.contestant.spoken, scenario, requests)
                if number:
                    column.append(requests / done.wall)
    finally:
        for server in running:
            server.stop()
    return Throughput(tuple(figures[0]), tuple(figures[1]))


def _named(workers: int) -> Contestant:
    return replace(CCROUTER, name=f"{CCROUTER.name}-workers-{workers}")


def _help(launch: Launch) -> str:
    command = (launch.command[0], "start", "--help")
    return subprocess.run(command, capture_output=True, text=True, check=True, env=dict(launch.environment)).stdout
