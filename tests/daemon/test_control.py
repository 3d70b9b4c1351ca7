"""Who answers at an address?"""

import json
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ccrouter.daemon.control import (
    ControlError,
    Foreign,
    Health,
    Silent,
    find_daemon,
    probe,
    read_status,
    request_stop,
    wait_for,
)
from ccrouter.daemon.state import DaemonState, write_state


@contextmanager
def serving(status: int, body: bytes) -> Generator[tuple[str, int, list[str]]]:
    """A server that gives this answer to everything; its endpoint, its port and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class' name
            pass

        def do_GET(self) -> None:
            asked.append(f"{self.command} {self.path} {self.headers.get('x-ccr-admin-token', '-')}")
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the base class' name

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        port = int(server.server_address[1])
        try:
            yield f"http://127.0.0.1:{port}", port, asked
        finally:
            server.shutdown()
            thread.join()


def free_port() -> int:
    with socket.socket() as probe_socket:
        probe_socket.bind(("127.0.0.1", 0))
        return int(probe_socket.getsockname()[1])


def state(port: int, instance: str = "me") -> DaemonState:
    return DaemonState(1, "127.0.0.1", port, instance, "token", "c", "t", "0.1.0")


HEALTHY = json.dumps({"status": "ok", "service": "ccrouter", "version": "9.9", "instance": "me"}).encode()


def test_ccrouter_is_known_by_its_answer() -> None:
    with serving(200, HEALTHY) as (endpoint, _, asked):
        assert probe(endpoint) == Health(endpoint, "9.9", "me")
        assert asked == ["GET /health -"]


def test_nothing_listens() -> None:
    assert probe(f"http://127.0.0.1:{free_port()}") == Silent()


@pytest.mark.parametrize(
    ("status", "body", "hint"),
    [
        (404, b"<html>", ""),
        (200, b"[]", ""),
        (200, b'{"status":"ok"}', ""),
        (200, b'{"status":"ok","timestamp":"2026"}', "it answers like the original claude-code-router"),
        (500, b'{"service":"other"}', ""),
    ],
)
def test_something_else_listens(status: int, body: bytes, hint: str) -> None:
    with serving(status, body) as (endpoint, _, _):
        assert probe(endpoint) == Foreign(hint)
        assert wait_for(endpoint, 5) == Foreign(hint)  # a decided answer is not waited for


def test_what_does_not_answer_or_speaks_no_http_is_foreign() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}"
        answer = probe(endpoint, timeout=0.1)
        assert isinstance(answer, Foreign)
        assert not answer.answered

        def speak() -> None:
            for _ in range(2):
                connection, _ = server.accept()
                with connection:
                    connection.sendall(b"SSH-2.0-OpenSSH_9\r\n")

        thread = threading.Thread(target=speak)
        thread.start()
        assert isinstance(probe(endpoint), Foreign)
        thread.join()


def test_no_proxy_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    with serving(200, HEALTHY) as (endpoint, _, _):
        assert isinstance(probe(endpoint), Health)


def test_the_state_counts_only_with_the_same_instance(tmp_path: Path) -> None:
    file, pid = tmp_path / "daemon.json", tmp_path / "pid"
    with serving(200, HEALTHY) as (endpoint, port, _):
        write_state(state(port), file, pid)
        found = find_daemon(file, lambda: None)
        assert found is not None
        assert found.state == state(port)

        write_state(state(port, "an older one"), file, pid)
        found = find_daemon(file, lambda: None)
        assert found is not None
        assert found.endpoint == endpoint
        assert found.state is None


def test_the_configured_address_is_the_second_try(tmp_path: Path) -> None:
    file = tmp_path / "daemon.json"
    write_state(state(free_port()), file, tmp_path / "pid")
    with serving(200, HEALTHY) as (endpoint, port, _):
        found = find_daemon(file, lambda: ("0.0.0.0", port))
        assert found is not None
        assert found.endpoint == endpoint
        assert found.state is None
    assert find_daemon(file, lambda: ("127.0.0.1", port)) is None


def test_administration_shows_the_token_and_tells_refusals() -> None:
    with serving(200, b'{"open_requests":3}') as (_, port, asked):
        assert read_status(state(port)) == {"open_requests": 3}
        request_stop(state(port))
        assert asked == ["GET /admin/status token", "POST /admin/stop token"]
    with serving(401, b"{}") as (_, port, _), pytest.raises(ControlError, match="401"):
        request_stop(state(port))
    with serving(200, b"nonsense") as (_, port, _), pytest.raises(ControlError, match="no JSON"):
        read_status(state(port))
    with pytest.raises(ControlError, match="did not answer"):
        read_status(state(free_port()))
