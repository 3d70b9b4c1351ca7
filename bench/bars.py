"""The bars: what the daemon may cost at most, and whether this run shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench import workers
from bench.peers.ccrouter import CCROUTER
from bench.peers.floor import FLOOR
from bench.rounds import Figures, Result
from bench.scenarios import Scenario
from bench.startup import Timing
from bench.workers import Throughput

CHAIN_BAR = 1.3
"""Five transformers may cost so many times what none do."""
RESIDENT_BAR_MB = 70.0
OPEN_STREAMS_BAR_MB = 150.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure and its limit, both in `unit`. `reached` is None where this run did not measure it."""

    name: str
    limit: float
    unit: str
    reached: float | None
    at_least: bool = False

    @property
    def met(self) -> bool | None:
        if self.reached is None:
            return None
        return self.reached >= self.limit if self.at_least else self.reached <= self.limit

    @property
    def verdict(self) -> str:
        return {None: "not measured", True: "met", False: "missed"}[self.met]

    def amount(self, value: float) -> str:
        """A value of this bar's as text."""
        return f"{value:.{2 if abs(value) < 10 else 0}f} {self.unit}"

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """What, limit, reached, verdict."""
        limit = f"{'at least' if self.at_least else 'at most'} {self.limit:g} {self.unit}"
        return self.name, limit, "" if self.reached is None else self.amount(self.reached), self.verdict


def figures_of(results: Mapping[str, Result] | None, name: str) -> Figures | None:
    """A contestant's medians on a scenario, None when it did not run or failed."""
    result = results.get(name) if results else None
    return result.figures if result else None


def ratio(results: Mapping[str, Result] | None, name: str) -> float | None:
    """CPU of a contestant as a multiple of the floor's, where both ran."""
    floor, own = figures_of(results, FLOOR.name), figures_of(results, name)
    return own.cpu_ms / floor.cpu_ms if floor and own and floor.cpu_ms else None


def all_bars(
    scenarios: Sequence[Scenario],
    results: Mapping[str, Mapping[str, Result]],
    *,
    resident_mb: float | None = None,
    timings: Sequence[Timing] = (),
    throughput: Throughput | None = None,
    help_imports_aiohttp: bool | None = None,
) -> list[Bar]:
    """Every bar, those of `scenarios` first; `resident_mb` is the daemon's memory after the whole run."""
    found = [
        Bar(f"{scenario.name}: CPU ÷ floor's", scenario.bar, "×", ratio(results.get(scenario.name), CCROUTER.name))
        for scenario in scenarios
        if scenario.bar is not None
    ]
    found += [
        Bar(f"{scenario.name}: first byte after the floor's", scenario.first_bar_ms, "ms", _later(results, scenario))
        for scenario in scenarios
        if scenario.first_bar_ms is not None
    ]
    none, five = (figures_of(results.get(name), CCROUTER.name) for name in ("burst-5000", "burst-5"))
    opened = figures_of(results.get("open-1000"), CCROUTER.name)
    found += [
        Bar(
            "burst-5000: five transformers ÷ none", CHAIN_BAR, "×", five.cpu_ms / none.cpu_ms if five and none else None
        ),
        Bar("memory with 1000 open streams", OPEN_STREAMS_BAR_MB, "MB", opened.resident_mb if opened else None),
        Bar("memory after the whole run", RESIDENT_BAR_MB, "MB", resident_mb),
    ]
    found += [Bar(timing.name, timing.bar, "s", timing.median) for timing in timings if timing.bar is not None]
    imports = None if help_imports_aiohttp is None else float(help_imports_aiohttp)
    found += [
        Bar("ccr --help: imports of aiohttp", 0, "", imports),
        Bar(
            "requests/s of two workers ÷ one", workers.BAR, "×", throughput.gain if throughput else None, at_least=True
        ),
    ]
    return found


def _later(results: Mapping[str, Mapping[str, Result]], scenario: Scenario) -> float | None:
    floor, own = (figures_of(results.get(scenario.name), name) for name in (FLOOR.name, CCROUTER.name))
    return own.first_ms - floor.first_ms if floor and own else None
