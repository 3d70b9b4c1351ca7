"""Claude Code in a terminal of its own: keys go in through a pseudo terminal, the screen is what pyte makes of it."""

import os
import re
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

import pexpect
import pyte

from tests.e2e.claude_code import ClaudeCode

COLUMNS, LINES = 140, 50
WAIT_SECONDS = 30.0
QUIET_SECONDS = 0.4
"""A screen that has not changed for so long has been drawn completely."""
ENTER, ESCAPE, DOWN, UP = "\r", "\x1b", "\x1b[B", "\x1b[A"


class Terminal:
    """An interactive session; a context manager that ends the client's whole process group when left."""

    def __init__(self, client: ClaudeCode, *arguments: str, extra: dict[str, str] | None = None) -> None:
        client.prepare()
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)
        self._process: pexpect.spawn[bytes] = pexpect.spawn(
            str(client.binary),
            list(arguments),
            cwd=str(client.project),
            env=client.environment(extra),  # pyright: ignore[reportArgumentType]
            dimensions=(LINES, COLUMNS),
            timeout=WAIT_SECONDS,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        leader = self._process.pid
        assert leader is not None
        with suppress(ProcessLookupError):
            os.killpg(leader, signal.SIGKILL)
        self._process.close(force=True)

    @property
    def lines(self) -> Sequence[str]:
        """The screen's lines without what is blank at their ends."""
        return [line.rstrip() for line in self._screen.display]

    @property
    def screen(self) -> str:
        return "\n".join(line for line in self.lines if line)

    def _read(self, seconds: float) -> bool:
        """Take in what comes within `seconds`; whether anything came."""
        try:
            self._stream.feed(self._process.read_nonblocking(65536, timeout=seconds))
        except pexpect.TIMEOUT:
            return False
        except pexpect.EOF:
            raise AssertionError(f"the client ended\n{self.screen}") from None
        return True

    def wait(self, found: str | Callable[[str], bool], seconds: float = WAIT_SECONDS) -> str:
        """Read until the screen shows `found` (a regular expression, or a test of the screen); the screen then."""
        shows = found if callable(found) else lambda screen: re.search(found, screen) is not None
        end = time.monotonic() + seconds
        while not shows(self.screen):
            if time.monotonic() > end:
                raise AssertionError(f"not seen within {seconds} s: {found}\n--- the screen ---\n{self.screen}")
            self._read(0.2)
        return self.screen

    def settle(self, seconds: float = QUIET_SECONDS, most: float = 10.0) -> str:
        """Read until nothing has come for `seconds`."""
        end = time.monotonic() + most
        while self._read(seconds) and time.monotonic() < end:
            pass
        return self.screen

    def press(self, *keys: str) -> None:
        """Send keys one after the other, each once the screen has settled from the one before."""
        for key in keys:
            self._process.send(key)
            self.settle(0.15, 2.0)

    def ready(self) -> None:
        """Wait for the prompt of a started session."""
        self.wait(r"(?m)^[─]+\n❯.*\n[─]+$")
        self.settle()

    def say(self, line: str) -> None:
        """Type a line and send it."""
        self._process.send(line)
        self.settle(0.3, 3.0)
        self._process.send(ENTER)
