"""`python -m bench memory`: the daemon's resident memory over very many requests. It must stay flat.

Of each 1000 requests 970 are small (32 in flight), 24 are of first-turn and 6 of long-200k. Exit code 1 when memory
grows by more than the limit, or an answer is wrong.
"""

import argparse
import datetime
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace

import orjson
from rich.console import Console

from bench import load
from bench.contestants import servers, upstream
from bench.document import IMAGES, made_by, write_section
from bench.drawing import draw
from bench.growth import Panel, Series, series
from bench.machine import machine
from bench.peers.base import WORKSPACE, NotAvailableError, Server
from bench.peers.ccrouter import CCROUTER
from bench.processes import resident_megabytes
from bench.scenarios import Scenario, all_scenarios

REQUESTS = 100_000
MIXTURE = {"small-32": 970, "first-turn": 24, "long-200k": 6}
BATCH = sum(MIXTURE.values())
LIMIT_MB = 3.0
"""What the fitted line may rise from the first counted sample to the last: less than an allocator's arena or two."""
WARM_UP = 0.2
"""The part of the run in which pools and caches fill up; it does not count."""


def batch() -> list[tuple[Scenario, int]]:
    """The mixture, as scenarios with their number of requests."""
    return [(replace(all_scenarios()[name], in_flight=min(32, count)), count) for name, count in MIXTURE.items()]


def settled(samples: Sequence[float]) -> Series:
    """The line through the samples (one a batch) after the warm-up; x in thousands of requests."""
    skipped = int(len(samples) * WARM_UP)
    x = [(number + 1) * BATCH / 1000 for number in range(len(samples))]
    return series(x[skipped:], samples[skipped:])


def growth(fitted: Series) -> float:
    """MB that the line rises over the counted samples."""
    return fitted.line.slope * (fitted.x[-1] - fitted.x[0])


def sample(server: Server, batches: int, progress: Callable[[str], None]) -> list[float]:
    """Resident MB after each batch. Raises load.WrongAnswerError."""
    found: list[float] = []
    for number in range(batches):
        for scenario, count in batch():
            load.run(server.launch.port, server.contestant.spoken, scenario, count)
        found.append(resident_megabytes(server.pid))
        progress(f"{(number + 1) * BATCH} of {batches * BATCH} requests: {found[-1]:.1f} MB")
    return found


def main(argv: Sequence[str]) -> int:
    """Load, print, draw, and write .bench/memory.json."""
    parser = argparse.ArgumentParser(prog="python -m bench memory", description=__doc__)
    parser.add_argument("--requests", type=int, default=REQUESTS, help=f"how many (default {REQUESTS}, at least 5000)")
    parser.add_argument("--write-docs", action="store_true", help="write docs/performance.md and its picture")
    options = parser.parse_args(argv)
    console = Console()
    WORKSPACE.mkdir(exist_ok=True)
    batches = max(5, options.requests // BATCH)
    absent: dict[str, str] = {}
    began = time.monotonic()
    with console.status("") as status, upstream() as port, servers((CCROUTER,), port, absent) as running:
        if not running:
            console.print(f"FAILED {absent}", style="bold red", highlight=False, markup=False)
            return 1
        try:
            samples = sample(running[0], batches, status.update)
        except load.WrongAnswerError as error:
            console.print(f"FAILED {error}", style="bold red", highlight=False, markup=False)
            return 1
    fitted = settled(samples)
    flat = growth(fitted) <= LIMIT_MB
    verdict = (
        f"{batches * BATCH:,} requests in {time.monotonic() - began:.0f} s: {samples[0]:.1f} MB after the first "
        f"{BATCH}, {samples[-1]:.1f} MB at the end, {max(samples):.1f} MB at most. The line through the samples after "
        f"the first {WARM_UP:.0%} rises by {growth(fitted):+.2f} MB (limit {LIMIT_MB:g}): "
        f"{'flat' if flat else 'NOT flat'}."
    )
    console.print(verdict, highlight=False)
    panel = Panel("Memory over requests", "thousand requests", "MB resident", {CCROUTER.name: fitted})
    figures = WORKSPACE / "memory.json"
    document = {
        "at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "samples_mb": samples,
        "panels": [asdict(panel)],
    }
    figures.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    try:
        draw("lines", figures, (IMAGES if options.write_docs else WORKSPACE) / "memory.png")
    except NotAvailableError as why:
        console.print(str(why), style="yellow", highlight=False, markup=False)
    if options.write_docs:
        write_section("memory", [made_by("memory --write-docs"), "", verdict, "", "![Memory](images/memory.png)"])
    return 0 if flat else 1
