"""A `ccr` of the tests: the real command line in real processes, its server from the standard library."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

FAKE_CCR = Path(__file__).parents[1] / "daemon" / "fake_ccr.py"

INTERFERING = (
    "CCR_CONFIG",
    "CCR_DEBUG",
    "SERVICE_PORT",
    "SHELL",
    "NO_PROXY",
    "no_proxy",
    "CLAUDE_PATH",
    "XDG_CONFIG_HOME",
)
PROVIDER = {
    "name": "mock",
    "api_base_url": "http://127.0.0.1:9/v1/chat/completions",
    "api_key": "k",
    "models": ["m-text", "m-think"],
}


@dataclass
class Ccr:
    """Runs commands in a home of its own."""

    home: Path
    port: int
    pids: list[int] = field(default_factory=list[int])

    @property
    def folder(self) -> Path:
        return self.home / ".claude-code-router"

    @property
    def config(self) -> Path:
        return self.folder / "config.json"

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in INTERFERING}
        return {**kept, "HOME": str(self.home), "USERPROFILE": str(self.home), **more}

    def write_config(self, **more: object) -> None:
        self.folder.mkdir(exist_ok=True)
        content = {"PORT": self.port, "Providers": [PROVIDER], "Router": {"default": "mock,m-text"}, **more}
        self.config.write_text(json.dumps(content))

    def spawn(self, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, str(FAKE_CCR), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment(**environment),
            cwd=self.home,
        )

    def run(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        process = self.spawn(*arguments, **environment)
        output, errors = process.communicate(timeout=20)
        self.remember()
        return subprocess.CompletedProcess(arguments, process.returncode, output, errors)

    def state(self) -> dict[str, object]:
        content: dict[str, object] = json.loads((self.folder / "daemon.json").read_text())
        return content

    def pid(self) -> int:
        pid = self.state()["pid"]
        assert isinstance(pid, int)
        return pid

    def remember(self) -> None:
        with suppress(OSError, ValueError, KeyError):
            self.pids.append(self.pid())

    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture
def ccr(tmp_path: Path) -> Iterator[Ccr]:
    """A home with a config whose port is free; whatever daemon is left is ended."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    instance = Ccr(tmp_path, port)
    instance.write_config()
    yield instance
    instance.remember()
    for pid in set(instance.pids):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
