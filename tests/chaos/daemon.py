"""The real daemon as a child, in the foreground, and how it is restarted gracefully."""

import asyncio
import contextlib
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import aiohttp
import psutil

from ccrouter.model.json import JsonObject
from tests.e2e.daemon import Daemon

START_SECONDS: Final = 20.0
END_SECONDS: Final = 40.0
TAKEN_OVER: Final = " takes over from "
"""In the log, once a worker has been replaced."""
AFTERWARDS: Final = 0.5
"""Connections that the old daemon closed may still be found closed so long after the new one is there."""


class Child:
    """`folder` holds the daemon's home; `workers`: how many processes serve."""

    def __init__(self, folder: Path, workers: int = 1) -> None:
        self._home = Daemon(folder, {})
        self.workers = workers
        self._process: subprocess.Popen[bytes] | None = None
        self._away_until = 0.0
        self.endings: list[float] = []
        """How long each graceful end took, in seconds."""

    @property
    def port(self) -> int:
        return self._home.port

    @property
    def url(self) -> str:
        return self._home.url

    @property
    def log(self) -> str:
        return self._home.log

    def write(self, config: JsonObject) -> None:
        """Write the config file."""
        self._home.write(config)

    def away(self) -> bool:
        """Whether nobody need be there: the daemon is being restarted."""
        return time.monotonic() < self._away_until

    def resident(self) -> float:
        """Resident memory in MB, of all its processes."""
        assert self._process is not None
        size = 0
        with contextlib.suppress(psutil.NoSuchProcess):  # a worker that has just been replaced
            own = psutil.Process(self._process.pid)
            size = sum(process.memory_info().rss for process in (own, *own.children()))
        return size / 1e6

    async def start(self) -> None:
        """Start it; return when it answers."""
        self._process = subprocess.Popen(  # noqa: ASYNC220 - forks and returns
            [str(Path(sys.executable).with_name("ccr")), "start", "--foreground", "--workers", str(self.workers)],
            cwd=self._home.folder,
            env=self._home.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_SECONDS
        async with aiohttp.ClientSession() as client:
            while time.monotonic() < deadline and self._process.poll() is None:
                with contextlib.suppress(aiohttp.ClientError):
                    async with client.get(f"{self.url}/health") as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.02)
        raise RuntimeError(f"the daemon did not start:\n{self.log[-3000:]}")

    async def end(self) -> None:
        """Ask for its end and wait for it. Raises RuntimeError where it does not end well."""
        assert self._process is not None
        begun = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        while self._process.poll() is None:
            if time.monotonic() > begun + END_SECONDS:
                self._process.kill()
                raise RuntimeError("the daemon did not end")
            await asyncio.sleep(0.01)
        self.endings.append(time.monotonic() - begun)
        if self._process.returncode != 0:
            raise RuntimeError(f"the daemon ended with {self._process.returncode}:\n{self.log[-3000:]}")

    async def restart(self) -> None:
        """End it gracefully and start it again."""
        self._away_until = float("inf")
        await self.end()
        await self.start()
        self._away_until = time.monotonic() + AFTERWARDS

    async def renew(self) -> None:
        """Have every worker replaced; nobody may notice. Raises RuntimeError where it is not done in time."""
        assert self._process is not None
        wanted = self.log.count(TAKEN_OVER) + self.workers
        deadline = time.monotonic() + START_SECONDS * self.workers
        self._process.send_signal(signal.SIGHUP)
        while self.log.count(TAKEN_OVER) < wanted:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the workers were not replaced:\n{self.log[-3000:]}")
            await asyncio.sleep(0.2)

    def kill(self) -> None:
        """For when something went wrong."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
