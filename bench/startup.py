"""How long a user waits for the commands: `ccr start` to the first answer, `status`, `statusline`, `--help`."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from bench.peers.base import POLL_SECONDS, Launch, answers
from bench.peers.ccrouter import CCROUTER

ANSWER_SECONDS = 30.0
STATUS_LINE_INPUT = orjson.dumps(
    {
        "hook_event_name": "Status",
        "session_id": "5f0c2c5e-0000-4000-8000-000000000001",
        "cwd": "/tmp",
        "model": {"id": "claude-sonnet-4-5-20250929", "display_name": "Sonnet 4.5"},
        "workspace": {"current_dir": "/tmp", "project_dir": "/tmp"},
        "version": "2.1.197",
        "cost": {"total_cost_usd": 0.0},
    }
)
"""What Claude Code writes to the status line's standard input, without a transcript."""


class CommandFailedError(Exception):
    """A command of the daemon's did not do its work; the message has the end of what it wrote."""


@dataclass(frozen=True, slots=True)
class Timing:
    """One command: seconds on the clock, and of CPU (itself and what it waited for), run by run; `bar` is the most
    seconds on the clock it may take. The CPU of `ccr start` is not the daemon's, which it leaves behind.
    """

    name: str
    seconds: tuple[float, ...]
    cpu_seconds: tuple[float, ...]
    bar: float | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def cpu_median(self) -> float:
        return statistics.median(self.cpu_seconds)


def measure(upstream_port: int, home: Path, rounds: int) -> list[Timing]:
    """Time each command `rounds` times, with a daemon running in `home` and ended again.

    Raises NotAvailableError where there is no `ccr`, CommandFailedError where a command fails.
    """
    launch = CCROUTER.prepare(upstream_port, home)
    ccr, config = launch.command[0], launch.command[-1]
    starts: list[tuple[float, float]] = []
    for number in range(rounds + 1):
        timed = _timed(launch, (ccr, "start", "--config", config), until=lambda: answers(launch.port))
        if number:  # the first one compiles and fills the disk cache
            starts.append(timed)
        if number < rounds:
            _timed(launch, (ccr, "stop"))
    try:
        return [
            _timing("ccr start (to the first answer)", starts, 0.6),
            _timing("ccr status", _repeated(launch, (ccr, "status"), rounds), 0.25),
            _timing("ccr statusline", _repeated(launch, (ccr, "statusline"), rounds, STATUS_LINE_INPUT), 0.1),
            _timing("ccr --help", _repeated(launch, (ccr, "--help"), rounds)),
        ]
    finally:
        _timed(launch, (ccr, "stop"))


def help_imports(package: str) -> bool:
    """True when `ccr --help` imports `package`."""
    command = (sys.executable, "-X", "importtime", "-m", "ccrouter", "--help")
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=ANSWER_SECONDS)
    return imports(done.stderr, package)


def imports(import_times: str, package: str) -> bool:
    """True when the output of `python -X importtime` names `package` or a module of it."""
    names = [line.rpartition("|")[2].strip() for line in import_times.splitlines() if line.startswith("import time:")]
    return any(name == package or name.startswith(f"{package}.") for name in names)


def _timing(name: str, runs: Sequence[tuple[float, float]], bar: float | None = None) -> Timing:
    return Timing(name, tuple(seconds for seconds, _ in runs), tuple(cpu for _, cpu in runs), bar)


def _repeated(
    launch: Launch, command: Sequence[str], rounds: int, standard_input: bytes = b""
) -> list[tuple[float, float]]:
    return [_timed(launch, command, standard_input) for _ in range(rounds + 1)][1:]


def _timed(
    launch: Launch, command: Sequence[str], standard_input: bytes = b"", until: Callable[[], bool] | None = None
) -> tuple[float, float]:
    """Seconds on the clock till the command ends, or till `until` holds where that is given; and its CPU seconds."""
    cpu = _cpu_of_children()
    began = time.monotonic()
    process = subprocess.Popen(
        command,
        env=dict(launch.environment),
        cwd=launch.home,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    reached: float | None = None
    if until is not None:
        while reached is None and time.monotonic() - began < ANSWER_SECONDS:
            if until():
                reached = time.monotonic() - began
            else:
                time.sleep(POLL_SECONDS)
    output, _ = process.communicate(standard_input, timeout=ANSWER_SECONDS)
    ended = time.monotonic() - began
    if process.returncode != 0 or (until is not None and reached is None):
        tail = " | ".join(output.decode(errors="replace").strip().splitlines()[-3:])
        raise CommandFailedError(f"`ccr {' '.join(command[1:])}` ended with {process.returncode}: {tail}")
    return reached or ended, _cpu_of_children() - cpu


def _cpu_of_children() -> float:
    """CPU seconds of the children that this process has waited for; 0 on Windows, which does not tell."""
    if sys.platform == "win32":
        return 0.0
    import resource

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
