"""Rounds, interleaved: for each scenario A B C A B C …, so that a noisy moment of the machine hits everybody."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

from bench import load
from bench.peers.base import Server
from bench.processes import cpu_seconds, peak_resident_megabytes
from bench.scenarios import Scenario

ROUND_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Figures:
    """One contestant on one scenario: of one round, or the medians of several. Times are milliseconds a request.

    `resident_mb` is the most while streams with a pace are open, else what is resident at the end of the round.
    """

    cpu_ms: float
    first_ms: float
    total_ms: float
    p99_ms: float
    requests_per_second: float
    resident_mb: float

    def as_json(self) -> dict[str, float]:
        return {name: round(value, 4) for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Result:
    """What a contestant did on a scenario. `figures` is None when it failed; `failure` then says why."""

    contestant: str
    scenario: str
    rounds: tuple[Figures, ...] = ()
    failure: str | None = None

    @property
    def figures(self) -> Figures | None:
        if self.failure is not None or not self.rounds:
            return None
        return medians(self.rounds)


def medians(rounds: Sequence[Figures]) -> Figures:
    """The median of each figure by itself."""
    columns: dict[str, list[float]] = {}
    for figures in rounds:
        for name, value in asdict(figures).items():
            columns.setdefault(name, []).append(value)
    return Figures(**{name: statistics.median(values) for name, values in columns.items()})


def one_round(server: Server, scenario: Scenario, requests: int) -> Figures:
    """Load one contestant once. Raises load.WrongAnswerError."""
    before = cpu_seconds(server.pid)
    with peak_resident_megabytes(server.pid, watched=scenario.answer.pause > 0) as peak:
        done = load.run(server.launch.port, server.contestant.spoken, scenario, requests)
    used = cpu_seconds(server.pid) - before
    totals = sorted(done.total)
    return Figures(
        cpu_ms=used / requests * 1000,
        first_ms=statistics.median(done.first) * 1000,
        total_ms=statistics.median(totals) * 1000,
        p99_ms=totals[min(len(totals) - 1, int(len(totals) * 0.99))] * 1000,
        requests_per_second=requests / done.wall,
        resident_mb=max(peak),
    )


def fitting(requests: int, least: int, seconds_each: float) -> int:
    """How many of `requests` fit into a round, but never fewer than `least`."""
    return min(requests, max(least, int(ROUND_SECONDS / seconds_each)))


def warm_up(server: Server, scenario: Scenario, requests: int) -> int:
    """Half a round that does not count; gives how many requests a round has. Raises load.WrongAnswerError."""
    least = min(requests, max(2, scenario.in_flight))
    began = time.monotonic()
    one_round(server, scenario, least)
    fits = fitting(requests, least, (time.monotonic() - began) / least)
    if scenario.rounds != 1 and fits // 2 > least:
        one_round(server, scenario, fits // 2)
    return fits


def measure(
    servers: Sequence[Server], scenario: Scenario, rounds: int, requests: int, progress: Callable[[str], None]
) -> Mapping[str, Result]:
    """All rounds of one scenario, one uncounted warm-up round first. A contestant that answers wrongly drops out.

    One that would take longer than ROUND_SECONDS for its requests sends fewer: CPU is told by the request anyway.
    """
    servers = [server for server in servers if scenario.name not in server.contestant.without]
    counted: dict[str, list[Figures]] = {server.contestant.name: [] for server in servers}
    failures: dict[str, str] = {}
    rounds = scenario.rounds or rounds
    own: dict[str, int] = {}
    for number in range(rounds + 1):
        for server in servers:
            name = server.contestant.name
            if name in failures:
                continue
            progress(f"{scenario.name}: {'warm-up' if number == 0 else f'round {number} of {rounds}'}, {name}")
            try:
                if number == 0:
                    own[name] = warm_up(server, scenario, requests)
                    continue
                figures = one_round(server, scenario, own[name])
            except (load.WrongAnswerError, OSError) as error:
                failures[name] = str(error) or type(error).__name__
                continue
            counted[name].append(figures)
    return {name: Result(name, scenario.name, tuple(figures), failures.get(name)) for name, figures in counted.items()}
