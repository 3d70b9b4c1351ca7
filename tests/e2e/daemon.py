"""The real daemon, started and stopped as a user does it, with a HOME, a config and a port of its own."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from ccrouter.model.json import JsonObject

ROOT = Path(__file__).resolve().parents[2]
COMMAND_SECONDS = 30


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on just now."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Daemon:
    """`config` is written as JSON, with PORT added; `folder` holds the daemon's home. A context manager."""

    folder: Path
    config: JsonObject
    extra: Mapping[str, str] = field(default_factory=dict[str, str])
    port: int = field(default_factory=free_port)
    within: Sequence[str] = ()
    """What every command begins with, where it runs in a namespace."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def home(self) -> Path:
        return self.folder / "ccr-home"

    @property
    def config_path(self) -> Path:
        return self.home / ".claude-code-router" / "config.json"

    @property
    def log_path(self) -> Path:
        return self.home / ".claude-code-router" / "claude-code-router.log"

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Clean, as `env -i` would make it."""
        return {
            "PATH": f"{Path(sys.executable).parent}:{os.defpath}:/usr/local/bin",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "TMPDIR": str(self.folder),
            **self.extra,
            **(extra or {}),
        }

    def write(self, config: JsonObject | str | None = None) -> None:
        """Write the config file: an object as JSON with this daemon's PORT, a string as it is."""
        if config is None or isinstance(config, dict):
            text = json.dumps({"PORT": self.port, **(self.config if config is None else config)}, indent=2)
        else:
            text = config
        self.config_path.parent.mkdir(parents=True, exist_ok=True)
        self.config_path.write_text(text)

    def ccr(self, *arguments: str, extra: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """One `ccr …` run to its end."""
        return subprocess.run(
            [*self.within, str(Path(sys.executable).with_name("ccr")), *arguments],
            cwd=self.folder,
            env=self.environment(extra),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def spawn(self, *arguments: str) -> subprocess.Popen[str]:
        """One `ccr …` run that is not waited for."""
        return subprocess.Popen(
            [str(Path(sys.executable).with_name("ccr")), *arguments],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def start(self) -> Self:
        self.write()
        done = self.ccr("start")
        assert done.returncode == 0, f"ccr start: {done.returncode}\n{done.stdout}\n{done.stderr}\n{self.log}"
        return self

    def stop(self) -> None:
        self.ccr("stop")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def log(self) -> str:
        """The log so far; empty where there is none yet."""
        return self.log_path.read_text() if self.log_path.exists() else ""

    def log_line(self, *words: str, seconds: float = 3.0) -> str:
        """The last log line with all of `words`; waits for it, for a request's line is written after its answer."""
        end = time.monotonic() + seconds
        while True:
            lines = [line for line in self.log.splitlines() if all(word in line for word in words)]
            if lines:
                return lines[-1]
            assert time.monotonic() < end, f"no log line with {words} in\n{self.log[-1500:]}"
            time.sleep(0.05)

    def pid(self) -> int:
        """As `ccr status` tells it."""
        found = re.search(r"(?i)(?:pid|process id)\D*(\d+)", self.ccr("status").stdout)
        assert found is not None, self.ccr("status")
        return int(found[1])
