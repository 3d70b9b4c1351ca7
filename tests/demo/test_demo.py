"""`ccr demo` as a person runs it: a process of its own, the real daemon, real sockets."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ccrouter.daemon.processes import process_exists
from ccrouter.demo.ports import NoPortError, choose_port, is_free
from ccrouter.demo.run import claude_command, shortened
from ccrouter.demo.scenarios import demo_requests

DEMO = (sys.executable, "-m", "ccrouter", "demo")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An empty HOME, and a temporary folder of its own, in which nothing may stay."""
    (tmp_path / "home").mkdir()
    (tmp_path / "tmp").mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CCR_", "ANTHROPIC_"))}
    return {**kept, "HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "tmp"), "COLUMNS": "80"}


@pytest.fixture
def free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield int(holder.getsockname()[1])


def assert_nothing_left(environment: dict[str, str], output: str) -> None:
    pid = re.search(r"\(pid (\d+)\)", output)
    assert pid is not None
    assert not process_exists(int(pid.group(1)))
    assert list(Path(environment["TMPDIR"]).iterdir()) == []
    assert list(Path(environment["HOME"]).iterdir()) == []


def test_once_shows_every_scenario_and_leaves_nothing(environment: dict[str, str], free: int):
    command = (*DEMO, "--once", "--port", str(free))
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    for request in demo_requests():
        assert re.search(rf"^  {request.name} +{request.target} ", done.stdout, re.MULTILINE)
    assert "FAILED" not in done.stdout
    assert "All 8 requests" in done.stdout
    assert "\x1b[" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert_nothing_left(environment, done.stdout)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
@pytest.mark.parametrize(
    ("kind", "moment"),
    [
        ("SIGINT", "at once"),
        ("SIGINT", "in the table"),
        ("SIGINT", "waiting"),
        ("SIGTERM", "waiting"),
        ("SIGHUP", "waiting"),
    ],
)
def test_signals_end_it_cleanly_at_any_moment(environment: dict[str, str], free: int, kind: str, moment: str):
    command = (*DEMO, "--port", str(free))
    environment["PYTHONUNBUFFERED"] = "1"
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    awaited = {"at once": "demo: no key", "in the table": "demo-chat", "waiting": "Ctrl-C ends the demo"}[moment]
    output = ""
    for line in process.stdout:
        output += line
        if awaited in line:
            break
    time.sleep(0.05)
    process.send_signal(getattr(signal, kind))
    rest, _ = process.communicate(timeout=20)
    output += rest
    assert process.returncode == 0, output
    assert "Traceback" not in output
    assert output.rstrip().endswith("nothing of it is left.")
    if "(pid" in output:
        assert_nothing_left(environment, output)
    assert is_free(free)
    assert list(Path(environment["TMPDIR"]).iterdir()) == []


def test_a_taken_port_is_refused_in_words(environment: dict[str, str], taken: int):
    command = (*DEMO, "--once", "--port", str(taken))
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.strip() == f"Port {taken} is taken. Name another one with --port, or leave it out."


def test_choose_port(taken: int, monkeypatch: pytest.MonkeyPatch):
    assert not is_free(taken)
    with pytest.raises(NoPortError):
        choose_port(taken)
    monkeypatch.setattr("ccrouter.demo.ports.DEFAULT_PORT", taken)
    chosen = choose_port(None)
    assert chosen.port > taken
    assert chosen.instead_of == taken


def test_the_line_for_claude_code():
    assert claude_command("http://127.0.0.1:3456", "linux") == (
        "ANTHROPIC_BASE_URL=http://127.0.0.1:3456 ANTHROPIC_AUTH_TOKEN=demo claude"
    )
    assert claude_command("http://127.0.0.1:3456", "win32").startswith('$env:ANTHROPIC_BASE_URL="http://127.0.0.1')


def test_paths_are_shown_with_a_tilde():
    assert shortened(Path.home() / "x" / "y.json") == str(Path("~/x/y.json"))
    assert shortened(Path("/nowhere/y.json")) == str(Path("/nowhere/y.json"))
