"""A program in a real terminal: tmux, driven from outside, its screen read as text or with its colours."""

import shlex
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self
from uuid import uuid4

AVAILABLE = shutil.which("tmux") is not None
WAIT_SECONDS = 30.0


class Tmux:
    """One session of a tmux server of its own; a context manager that ends it."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], columns: int, lines: int) -> None:
        self._server = f"ccrouter-{uuid4().hex[:12]}"
        settings = [f"{name}={value}" for name, value in environment.items()]
        # What the program printed last must still be there when it has ended.
        shell = f"{shlex.join(['env', '-i', *settings, *command])}; code=$?; echo; echo exit code $code; sleep 600"
        size = ["-x", str(columns), "-y", str(lines)]
        self._run("-f", "/dev/null", "new-session", "-d", *size, "sh", "-c", shell)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run("kill-server")

    def _run(self, *arguments: str) -> str:
        command = ["tmux", "-L", self._server, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout

    def press(self, *keys: str) -> None:
        """Send keys by tmux's names (`Enter`, `Down`, `C-c`)."""
        self._run("send-keys", *keys)

    def type(self, text: str) -> None:
        """Send text as it is."""
        self._run("send-keys", "-l", text)

    def screen(self, *, colours: bool = False) -> str:
        """What is to be seen now; with `colours`, as escape sequences."""
        return self._run("capture-pane", "-p", *(["-e"] if colours else []))

    def wait(self, *texts: str, seconds: float = WAIT_SECONDS) -> str:
        """Wait until all of `texts` are to be seen; the screen then."""
        end = time.monotonic() + seconds
        while True:
            screen = self.screen()
            if all(text in screen for text in texts):
                return screen
            if time.monotonic() > end:
                raise AssertionError(f"not seen within {seconds} s: {texts}\n--- the screen ---\n{screen}")
            time.sleep(0.05)
