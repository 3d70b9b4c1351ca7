"""A daemon with several workers as tests see it: who they are, each one asked by itself, and a load on all of them."""

import http.client
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import orjson
import psutil

from ccrouter.daemon.state import DaemonState, read_state
from ccrouter.model.json import JsonObject, as_int, as_list, as_object
from tests.e2e.daemon import Daemon
from tests.e2e.plain_http import HTTPAnswer

SECONDS = 30.0
HEADERS = {"content-type": "application/json", "anthropic-version": "2023-06-01"}


class OverSocket(http.client.HTTPConnection):
    """HTTP to a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(SECONDS)
        self.sock.connect(str(self._path))


@dataclass
class Workers:
    """Those of `daemon`, which must have been started with some."""

    daemon: Daemon
    key: str

    @property
    def state(self) -> DaemonState:
        state = read_state(self.daemon.config_path.with_name("daemon.json"))
        assert state is not None, self.daemon.log
        return state

    def status(self) -> JsonObject:
        """As `ccr status --json` tells it."""
        return as_object(orjson.loads(self.daemon.ccr("status", "--json").stdout)) or {}

    def pids(self) -> list[int]:
        """The workers that answer, in order."""
        rows = [as_object(row) or {} for row in as_list(self.status().get("workers")) or []]
        return [pid for row in rows if (pid := as_int(row.get("pid"))) is not None]

    def until(self, holds: Callable[[list[int]], bool], seconds: float = 30.0) -> list[int]:
        """Wait until the workers' pids are as wanted."""
        end = time.monotonic() + seconds
        while True:
            pids = self.pids()
            if holds(pids):
                return pids
            assert time.monotonic() < end, f"workers {pids}\n{self.daemon.log[-3000:]}"
            time.sleep(0.1)

    def both(self) -> tuple[int, int]:
        """Two workers, once there are as many."""
        one, other = self.until(lambda pids: len(pids) == 2)
        return one, other

    def ask(self, pid: int, method: str, path: str, body: JsonObject | None = None, **headers: str) -> HTTPAnswer:
        """A request to this very worker."""
        (found,) = self.daemon.config_path.parent.glob(f".workers-*/{pid}.sock")
        connection = OverSocket(found)
        sent = {**HEADERS, "x-api-key": self.key, "x-ccr-admin-token": self.state.admin_token, **headers}
        try:
            connection.request(method, path, orjson.dumps(body) if body is not None else b"", sent)
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return HTTPAnswer(answer.status, told, answer.read())
        finally:
            connection.close()

    def told(self, pid: int, method: str, path: str) -> JsonObject:
        """The JSON that this very worker answers with."""
        answer = self.ask(pid, method, path)
        assert answer.status == 200, answer
        return as_object(orjson.loads(answer.body)) or {}


def processes_of(daemon: Daemon) -> list[psutil.Process]:
    """Every living process of the daemon: they have its home."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("HOME") == str(daemon.home) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


@dataclass
class Load:
    """Clients that ask again and again over connections of their own, which they keep as long as they are let.

    A context manager: it ends with the block. `failures`: by client, what went wrong.
    """

    url: str
    body: JsonObject
    key: str
    clients: int = 6
    answers: Counter[str] = field(default_factory=Counter[str])
    """By target."""
    failures: dict[int, list[str]] = field(default_factory=dict[int, list[str]])
    refused: int = 0
    """Connections that were not taken."""
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list[threading.Thread])

    @property
    def count(self) -> int:
        return sum(self.answers.values())

    def wait_for(self, answers: int, seconds: float = 60.0) -> None:
        """Until so many more answers have come."""
        wanted, end = self.count + answers, time.monotonic() + seconds
        while self.count < wanted:
            assert time.monotonic() < end, f"only {self.count} of {wanted} answers; {self.failures}"
            time.sleep(0.02)

    def __enter__(self) -> Self:
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(self.clients)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(SECONDS)

    def _ask(self, number: int) -> None:
        connection: http.client.HTTPConnection | None = None
        body = orjson.dumps(self.body)
        while not self._stop.is_set():
            try:
                if connection is None:
                    connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=SECONDS)
                    connection.connect()
            except OSError:
                self.refused += 1
                connection = None
                continue
            try:
                connection.request("POST", "/v1/messages", body, {**HEADERS, "x-api-key": self.key})
                answer = connection.getresponse()
                content = answer.read()
                if answer.status != 200:
                    self.failures.setdefault(number, []).append(f"{answer.status} {content[:200]!r}")
                self.answers[answer.getheader("x-ccr-target") or "?"] += 1
                if answer.will_close:
                    connection.close()
                    connection = None
            except (OSError, http.client.HTTPException) as error:
                self.failures.setdefault(number, []).append(f"{type(error).__name__}: {error}")
                connection.close()
                connection = None
        if connection is not None:
            connection.close()
