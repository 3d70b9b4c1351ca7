"""`python -m bench shared_state`: what it costs processes to know things together, in shared memory and in SQLite.

Both hold named values with a running number of changes, both are followed by looking at what has changed since. Medians
of several rounds, each alone and with a second process that changes values all the time.
"""

import argparse
import json
import multiprocessing
import multiprocessing.synchronize
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from ccrouter.sharing.board import Board, new_board_file

ROUNDS, OPERATIONS = 7, 2000
TOPIC = ("main", "session")
REST = {"since": 1.0, "until": 2.0, "status": 429, "reason": "Rate limit reached for requests", "failures": 3}


class Store(Protocol):
    """What is compared."""

    def look(self) -> None: ...

    def put(self, name: str, value: object) -> None: ...

    def count(self, name: str) -> int: ...


class InMemory:
    """The board."""

    def __init__(self, descriptor: int) -> None:
        self._board = Board(descriptor)
        self.seen: dict[object, object] = {}
        self._board.follow(TOPIC, lambda key, value: self.seen.__setitem__(key[0], value))

    def look(self) -> None:
        self._board.look()

    def put(self, name: str, value: object) -> None:
        self._board.put(TOPIC, (name,), value)  # pyright: ignore[reportArgumentType] - it is JSON

    def count(self, name: str) -> int:
        with self._board.exclusive():
            found = self.seen.get(name)
            number = (found if isinstance(found, int) else 0) + 1
            self.seen[name] = number
            self._board.put(TOPIC, (name,), number)
        return number


class InSqlite:
    """The same in SQLite as it is quickest for this: WAL, nothing waits for the disk, statements kept."""

    def __init__(self, path: Path) -> None:
        self._base = sqlite3.connect(path, timeout=5.0, isolation_level=None, cached_statements=100)
        self._base.execute("PRAGMA journal_mode=WAL")
        self._base.execute("PRAGMA synchronous=OFF")
        self._base.execute(
            "CREATE TABLE IF NOT EXISTS cells (name TEXT PRIMARY KEY, value TEXT, version INTEGER) WITHOUT ROWID"
        )
        self._base.execute("CREATE INDEX IF NOT EXISTS by_version ON cells (version)")
        self._version, self._newest = -1, 0
        self.seen: dict[object, object] = {}

    def look(self) -> None:
        (version,) = self._base.execute("PRAGMA data_version").fetchone()
        if version != self._version:
            self._version = version
            rows = self._base.execute("SELECT name, value, version FROM cells WHERE version > ?", (self._newest,))
            for name, value, newest in rows:
                self.seen[name] = json.loads(value)
                self._newest = max(self._newest, newest)

    def put(self, name: str, value: object) -> None:
        self._base.execute("BEGIN IMMEDIATE")
        self._write(name, value)
        self._base.execute("COMMIT")

    def count(self, name: str) -> int:
        self._base.execute("BEGIN IMMEDIATE")
        found = self._base.execute("SELECT value FROM cells WHERE name = ?", (name,)).fetchone()
        number = (int(found[0]) if found else 0) + 1
        self._write(name, number)
        self._base.execute("COMMIT")
        return number

    def _write(self, name: str, value: object) -> None:
        self._base.execute(
            "INSERT INTO cells VALUES (?, ?, (SELECT coalesce(max(version), 0) + 1 FROM cells)) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value, version = excluded.version",
            (name, json.dumps(value)),
        )


@contextmanager
def both() -> Generator[dict[str, Callable[[], Store]]]:
    """Makers of one store each, to be called in any process forked from here."""
    descriptor = new_board_file()
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        yield {
            "shared memory": lambda: InMemory(descriptor),
            "SQLite": lambda: InSqlite(Path(folder) / "state.sqlite"),
        }


def disturb(make: Callable[[], Store], stop: multiprocessing.synchronize.Event) -> None:
    """Change values all the time, as a busy worker would: about 1000 a second."""
    store = make()
    number = 0
    while not stop.is_set():
        number += 1
        store.put(f"session-{number % 500}", [number, "provider,model"])
        store.look()
        time.sleep(0.001)


def measured(operation: Callable[[int], object]) -> tuple[float, float]:
    """Median and worst microseconds of an operation; the worst is the median round's 99.9th percentile."""
    medians: list[float] = []
    worst: list[float] = []
    for _ in range(ROUNDS):
        times: list[int] = []
        for number in range(OPERATIONS):
            begun = time.perf_counter_ns()
            operation(number)
            times.append(time.perf_counter_ns() - begun)
        times.sort()
        medians.append(times[len(times) // 2] / 1000)
        worst.append(times[len(times) * 999 // 1000] / 1000)
    return statistics.median(medians), statistics.median(worst)


def main(arguments: Sequence[str]) -> int:
    """Measure and print a table."""
    argparse.ArgumentParser(prog="python -m bench shared_state", description=__doc__).parse_args(arguments)
    processes = multiprocessing.get_context("fork")
    for busy in (False, True):
        print("\nwith a second process that writes" if busy else "alone")
        print(f"{'':16}{'look':>18}{'write a value':>18}{'write a rest':>18}{'count up':>18}   µs: median (99.9 %)")
        with both() as makers:
            for name, make in makers.items():
                stop = processes.Event()
                other = processes.Process(target=disturb, args=(make, stop))
                if busy:
                    other.start()
                store = make()
                rows = [
                    measured(lambda _, store=store: store.look()),
                    measured(lambda n, store=store: store.put(f"session-{n % 500}", [n, "provider,model"])),
                    measured(lambda n, store=store: store.put(f"rest-{n % 50}", REST)),
                    measured(lambda _, store=store: store.count("turn")),
                ]
                stop.set()
                if busy:
                    other.join()
                print(f"{name:16}" + "".join(f"{f'{middle:.1f} ({worst:.0f})':>18}" for middle, worst in rows))
    return 0
