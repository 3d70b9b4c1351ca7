"""sd_notify: what systemd is told, and that nobody else is."""

import logging
import os
import socket
import sys
from pathlib import Path

import pytest

from ccrouter.daemon.readiness import Readiness

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Unix sockets")


ABSTRACT = pytest.param(True, marks=pytest.mark.skipif(sys.platform != "linux", reason="a namespace of Linux'"))


@pytest.mark.parametrize("abstract", [False, ABSTRACT])
def test_ready_and_why_not(tmp_path: Path, abstract: bool) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        name = f"ccrouter-test-{os.getpid()}" if abstract else str(tmp_path / "n")
        channel.bind(f"\0{name}" if abstract else name)
        channel.settimeout(5)
        environment = {"NOTIFY_SOCKET": f"@{name}" if abstract else name, "HOME": "/"}
        readiness = Readiness(environment)
        assert environment == {"HOME": "/"}
        readiness.ready("http://127.0.0.1:3456")
        assert channel.recv(1000) == b"READY=1\nSTATUS=listening on http://127.0.0.1:3456"
        readiness.failed("two\n  lines\nREADY=1")
        assert channel.recv(1000) == b"STATUS=two lines READY=1"


def test_nobody_asked() -> None:
    Readiness({}).ready("http://127.0.0.1:3456")


def test_a_socket_that_is_gone_is_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "ccrouter.daemon"):
        Readiness({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready("http://127.0.0.1:3456")
    assert "could not be told" in caplog.text
