"""A port that published configs name, held for one test at a time: tests run side by side, and so may others."""

import fcntl
import socket
import tempfile
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest


@contextmanager
def usual_port(port: int) -> Generator[int]:
    """The port, for as long as it is entered. Skips the test where another program listens there."""
    with (Path(tempfile.gettempdir()) / f"ccrouter-tests-port-{port}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                pytest.skip(f"port {port}, which the config names, is in use on this machine")
        yield port
