"""What the benchmark knows about a contestant, and how a server process is started and ended."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.load import Spoken

ROOT = Path(__file__).resolve().parents[2]
WORKSPACE = ROOT / ".bench"
START_SECONDS = 60.0
POLL_SECONDS = 0.01


class NotAvailableError(Exception):
    """A contestant cannot run here; the message is what its row says."""


@dataclass(frozen=True, slots=True)
class Launch:
    """A command that serves on `port`, with its whole environment. `home` is the contestant's own, empty one."""

    command: Sequence[str]
    environment: Mapping[str, str]
    home: Path
    port: int


@dataclass(frozen=True, slots=True)
class Contestant:
    """One row of the table. `prepare(upstream_port, home)` installs and configures, or raises NotAvailableError.

    It takes no part in the scenarios of `without`: it has nothing of what they measure.
    """

    name: str
    spoken: Spoken
    prepare: Callable[[int, Path], Launch]
    without: tuple[str, ...] = ()


@dataclass(slots=True)
class Server:
    """A running contestant. `start_seconds` is from its start to its first answer."""

    contestant: Contestant
    launch: Launch
    process: subprocess.Popen[bytes]
    start_seconds: float = 0.0

    @property
    def pid(self) -> int:
        return self.process.pid

    def stop(self) -> None:
        """End it, politely first. The contestant leads a process group of its own, so nothing of it stays behind."""
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
        if sys.platform == "win32":
            self.process.kill()
        else:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


LEADING_ELSEWHERE: Final = (
    "ANTHROPIC_", "CCR_", "OPENAI_", "CLAUDE", "XDG_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "SERVICE_PORT",
)  # fmt: skip
UNUSUAL: Final = ("PYTHONDONTWRITEBYTECODE", "PYTHONMALLOC")
"""With the first, set in many containers, each start compiles everything: it takes twice as long and leaves memory."""


def clean_environment(home: Path) -> dict[str, str]:
    """This process' environment without anything that would lead a router elsewhere or that users do not have, and with
    an empty HOME.
    """
    drop = LEADING_ELSEWHERE + UNUSUAL
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(drop)}
    return {**kept, "HOME": str(home), "USERPROFILE": str(home), "NO_PROXY": "127.0.0.1,localhost"}


def start(contestant: Contestant, launch: Launch, seconds: float = START_SECONDS) -> Server:
    """Start it and wait until it answers HTTP, at most `seconds`. Raises NotAvailableError with the end of its log."""
    log = WORKSPACE / "logs" / f"{contestant.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            launch.command,
            env=dict(launch.environment),
            cwd=launch.home,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(contestant, launch, process)
    deadline = began + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if answers(launch.port):
            server.start_seconds = time.monotonic() - began
            return server
        time.sleep(POLL_SECONDS)
    server.stop()
    tail = log.read_text(errors="replace").strip().splitlines()[-3:]
    raise NotAvailableError("did not start: " + (" | ".join(tail) or f"no answer within {seconds:.0f} s"))


def answers(port: int) -> bool:
    """True when something on `port` answers HTTP, whatever it says."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True
