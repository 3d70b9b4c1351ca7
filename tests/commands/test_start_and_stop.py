"""`ccr start`, `stop` and `restart` with real processes."""

import os
import signal
import socket
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from ccrouter.daemon.control import Health, Silent, probe
from ccrouter.daemon.processes import process_exists

if TYPE_CHECKING:
    from tests.commands.conftest import Ccr

POSIX = pytest.mark.skipif(os.name != "posix", reason="POSIX signals and permissions")
NOT_ROOT = pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")


def test_start_returns_when_the_daemon_answers(ccr: "Ccr") -> None:
    started = ccr.run("start")
    assert isinstance(probe(ccr.endpoint), Health)
    assert started.returncode == 0
    assert f"API Endpoint: {ccr.endpoint}" in started.stdout.splitlines()
    assert "ccr code" in started.stdout
    assert "warning: config.json:3:1 /LOGG: unknown key" in started.stderr
    assert ccr.state()["config"] == str(ccr.config)
    assert (ccr.folder / ".claude-code-router.pid").read_text() == str(ccr.pid())
    assert "stray print" in (ccr.folder / "claude-code-router.log").read_text()


def test_a_second_start_finds_the_first(ccr: "Ccr") -> None:
    ccr.run("start")
    pid = ccr.pid()
    again = ccr.run("start")
    assert again.returncode == 0
    assert "already running" in again.stdout
    assert ccr.endpoint in again.stdout
    assert ccr.pid() == pid


def test_two_starts_at_once_make_one_daemon(ccr: "Ccr") -> None:
    both = [ccr.spawn("start") for _ in range(3)]
    outputs = [process.communicate(timeout=20) for process in both]
    ccr.remember()
    assert [process.returncode for process in both] == [0, 0, 0], outputs
    assert sorted("already" in output for output, _ in outputs) == [False, True, True]
    assert all(f"(pid {ccr.pid()})" in output for output, _ in outputs)


def test_the_token_is_in_no_command_line_and_no_environment_of_children(ccr: "Ccr") -> None:
    ccr.run("start")
    token = str(ccr.state()["admin_token"])
    assert len(token) >= 32
    status = ccr.run("status", "--json")
    assert '"leaked": []' in status.stdout
    assert token not in status.stdout
    command_line = Path(f"/proc/{ccr.pid()}/cmdline")
    if command_line.exists():
        assert token.encode() not in command_line.read_bytes()


def test_stop_waits_until_the_daemon_is_gone_and_cleans_up(ccr: "Ccr") -> None:
    ccr.run("start")
    pid = ccr.pid()
    stopped = ccr.run("stop")
    assert stopped.returncode == 0
    assert stopped.stdout == "ccrouter has been stopped.\n"
    assert not process_exists(pid)
    assert probe(ccr.endpoint) == Silent()
    assert ccr.files() == ["claude-code-router.log", "config.json"]


def test_stop_without_a_daemon_removes_what_a_killed_one_left(ccr: "Ccr") -> None:
    ccr.run("start")
    os.kill(ccr.pid(), signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
    wait_until_gone(ccr)
    stopped = ccr.run("stop")
    assert stopped.returncode == 0
    assert stopped.stdout == "ccrouter is not running.\n"
    assert ccr.files() == ["claude-code-router.log", "config.json"]


def test_start_after_a_kill_is_up_at_once(ccr: "Ccr") -> None:
    ccr.run("start")
    killed = ccr.pid()
    os.kill(killed, signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
    wait_until_gone(ccr)
    started = ccr.run("start")
    assert started.returncode == 0
    assert "already" not in started.stdout
    assert ccr.pid() != killed


@POSIX
@pytest.mark.parametrize("stubbornness", ["deaf", "immortal"])
def test_a_daemon_that_does_not_end_is_ended_by_force(
    ccr: "Ccr", stubbornness: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from ccrouter.commands.stop import stop_daemon
    from ccrouter.daemon import ending

    monkeypatch.setattr(ending, "TERMINATE_SECONDS", 0.3)
    ccr.run("start", FAKE_DAEMON=stubbornness)
    pid = ccr.pid()
    assert stop_daemon(ccr.config, 0.2)
    assert not process_exists(pid)
    told = capsys.readouterr().err
    assert ("was killed" if stubbornness == "immortal" else "was terminated") in told
    assert ccr.files() == ["claude-code-router.log", "config.json"]


def test_a_stale_pid_of_another_program_is_never_signalled(ccr: "Ccr") -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"]) as bystander:
        (ccr.folder / ".claude-code-router.pid").write_text(str(bystander.pid))
        ccr.run("start")
        state = (ccr.folder / "daemon.json").read_text()
        daemon = ccr.pid()
        os.kill(daemon, signal.SIGTERM)
        wait_until_gone(ccr)
        (ccr.folder / "daemon.json").write_text(state.replace(str(daemon), str(bystander.pid)))
        stopped = ccr.run("stop")
        assert "is not running" in stopped.stdout
        assert "does not answer" in stopped.stderr
        assert bystander.poll() is None
        bystander.kill()


def test_a_daemon_of_another_instance_is_left_alone(ccr: "Ccr") -> None:
    ccr.run("start")
    file = ccr.folder / "daemon.json"
    file.write_text(file.read_text().replace(str(ccr.state()["instance"]), "0" * 32))
    stopped = ccr.run("stop")
    assert stopped.returncode == 1
    assert "does not describe it" in stopped.stderr
    assert isinstance(probe(ccr.endpoint), Health)


def test_restart_works_running_or_not(ccr: "Ccr") -> None:
    first = ccr.run("restart")
    assert first.returncode == 0
    assert "was not running" in first.stdout
    pid = ccr.pid()
    second = ccr.run("restart")
    assert second.returncode == 0
    assert ccr.pid() != pid
    assert not process_exists(pid)


def test_restart_does_not_give_up_a_daemon_for_a_broken_config(ccr: "Ccr") -> None:
    ccr.run("start")
    pid = ccr.pid()
    ccr.write_config(Router={"default": "nobody,m"})
    refused = ccr.run("restart")
    assert refused.returncode == 1
    assert "left running" in refused.stderr
    assert "nobody" in refused.stderr
    assert isinstance(probe(ccr.endpoint), Health)
    assert ccr.pid() == pid


class NotOurs(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class' name
        pass


def test_a_port_taken_by_another_program_is_named(ccr: "Ccr") -> None:
    with HTTPServer(("127.0.0.1", ccr.port), NotOurs) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        background, foreground = ccr.run("start"), ccr.run("start", "--foreground")
        status = ccr.run("status")
        server.shutdown()
        thread.join()
    for started in (background, foreground):
        assert started.returncode == 1
        assert f"Port {ccr.port} on 127.0.0.1 is taken by another program." in started.stderr
        assert str(ccr.config) in started.stderr
        assert len(started.stderr.strip().splitlines()) == 1
    assert f"Port {ccr.port} is taken by another program." in status.stderr
    assert not (ccr.folder / "daemon.json").exists()


def test_the_foreground_says_when_a_daemon_runs_already(ccr: "Ccr") -> None:
    ccr.run("start")
    pid = ccr.pid()
    second = ccr.run("start", "-f")
    assert second.returncode == 1
    assert f"already runs at {ccr.endpoint}" in second.stderr
    assert ccr.pid() == pid  # and the state of the first was not removed


def test_a_broken_config_is_told_with_every_problem(ccr: "Ccr") -> None:
    started = ccr.run("start", FAKE_DAEMON="bad-config")
    assert started.returncode == 1
    assert started.stdout == ""
    assert "The config cannot be used:" in started.stderr
    assert f"error: {ccr.config}:4:2 /Router/default: no such provider. Did you mean mock?" in started.stderr
    assert ccr.files() == ["claude-code-router.log", "config.json"]


def test_a_crash_shows_the_last_words(ccr: "Ccr") -> None:
    started = ccr.run("start", FAKE_DAEMON="crash")
    assert started.returncode == 1
    assert "exit code 7" in started.stderr
    assert "the last words" in started.stderr


def test_a_bug_is_named_and_its_traceback_is_in_the_log(ccr: "Ccr") -> None:
    started = ccr.run("start", FAKE_DAEMON="bug")
    assert started.returncode == 1
    assert "ZeroDivisionError: a bug" in started.stderr
    assert "Traceback" not in started.stderr
    assert "Traceback" in (ccr.folder / "claude-code-router.log").read_text()


def test_the_foreground_serves_here_and_cleans_up(ccr: "Ccr") -> None:
    process = ccr.spawn("start", "--foreground")
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
        assert lines[2] == f"API Endpoint: {ccr.endpoint}\n"
        assert ccr.pid() == process.pid
        stopped = ccr.run("stop")
        assert stopped.returncode == 0
        assert process.wait(5) == 0
    finally:
        process.kill()
        process.communicate()
    assert ccr.files() == ["claude-code-router.log", "config.json"]


def test_the_first_run_writes_a_config_and_says_how_to_go_on(ccr: "Ccr") -> None:
    ccr.config.unlink()
    ccr.folder.rmdir()
    for command in ("start", "restart"):
        first = ccr.run(command)
        assert first.returncode == 1
        assert str(ccr.config) in first.stdout
        assert ccr.config.exists()
        ccr.config.unlink()


def test_a_log_that_cannot_be_written_does_not_stop_the_daemon(ccr: "Ccr") -> None:
    (ccr.folder / "claude-code-router.log").mkdir()
    started = ccr.run("start")
    assert started.returncode == 0, started.stderr
    assert isinstance(probe(ccr.endpoint), Health)
    assert "cannot be written" in started.stderr


@NOT_ROOT
def test_a_folder_that_may_not_be_written_is_one_clear_line(ccr: "Ccr") -> None:
    ccr.config.unlink()
    ccr.folder.chmod(0o500)
    started = ccr.run("start")
    ccr.folder.chmod(0o700)
    assert started.returncode == 1
    assert len(started.stderr.strip().splitlines()) == 1


def test_another_config_file_has_its_own_daemon(ccr: "Ccr", tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    other = tmp_path / "other folder" / "ccr.json"
    other.parent.mkdir()
    other.write_text(ccr.config.read_text().replace(str(ccr.port), str(port)))
    for arguments in (["--config", str(other), "start"], ["start", "--config", str(other)]):
        started = ccr.run(*arguments)
        assert started.returncode == 0, started.stderr
        assert f"http://127.0.0.1:{port}" in started.stdout
    assert probe(ccr.endpoint) == Silent()
    assert ccr.run("stop", CCR_CONFIG=str(other)).stdout == "ccrouter has been stopped.\n"


def wait_until_gone(ccr: "Ccr") -> None:
    deadline = time.monotonic() + 3
    while not isinstance(probe(ccr.endpoint), Silent):
        assert time.monotonic() < deadline
        time.sleep(0.02)
