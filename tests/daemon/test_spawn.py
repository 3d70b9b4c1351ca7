"""Waiting for a daemon that does not come."""

import os
import sys
import time
from pathlib import Path

import pytest

from ccrouter.daemon.files import files_of
from ccrouter.daemon.handshake import Failure
from ccrouter.daemon.processes import process_exists
from ccrouter.daemon.spawn import daemon_command, detached_flags, last_lines, spawn_daemon
from ccrouter.startup import Ready


def script(text: str) -> list[str]:
    return [sys.executable, "-c", f"import os, pathlib, time; pathlib.Path('pid').write_text(str(os.getpid()))\n{text}"]


def test_a_silent_daemon_is_ended_and_the_log_is_named(tmp_path: Path) -> None:
    files = files_of(tmp_path / "config.json")
    quiet = script("os.write(2, b'thinking\\n'); time.sleep(30)")
    outcome = spawn_daemon(files, dict(os.environ), command=quiet, timeout=0.5)
    assert isinstance(outcome, Failure)
    assert "did not answer within 0.5 s" in outcome.message
    assert str(files.log) in outcome.message
    assert "  thinking" in outcome.message
    assert not process_exists(int((tmp_path / "pid").read_text()))


def test_a_daemon_that_ends_without_a_word(tmp_path: Path) -> None:
    files = files_of(tmp_path / "new" / "config.json")
    files.config.parent.mkdir()
    files.log.write_text("an older run\n")
    begin = time.monotonic()
    outcome = spawn_daemon(files, dict(os.environ), command=script("raise SystemExit('no such thing')"))
    assert time.monotonic() - begin < 5
    assert isinstance(outcome, Failure)
    assert "exit code 1" in outcome.message
    assert "no such thing" in outcome.message
    assert "an older run" not in outcome.message


def test_output_that_is_no_announcement_is_a_failure(tmp_path: Path) -> None:
    outcome = spawn_daemon(files_of(tmp_path / "c"), dict(os.environ), command=script("print('hello')"))
    assert isinstance(outcome, Failure)


def test_the_daemon_is_detached_and_knows_its_identity(tmp_path: Path) -> None:
    talk = (
        "import json, sys\n"
        "entry = {'host': 'h', 'port': 1, 'pid': os.getpid(), 'instance': os.environ['CCR_INSTANCE']}\n"
        "pathlib.Path('session').write_text(str(os.getsid(0) if hasattr(os, 'getsid') else os.getpid()))\n"
        "pathlib.Path('stdin').write_bytes(sys.stdin.buffer.read())\n"
        "print(json.dumps({'ready': entry}), flush=True)\n"
    )
    outcome = spawn_daemon(files_of(tmp_path / "c"), dict(os.environ), command=script(talk))
    assert isinstance(outcome, Ready)
    assert len(outcome.instance) == 32
    assert (tmp_path / "session").read_text() == str(outcome.pid)
    assert (tmp_path / "stdin").read_bytes() == b""
    deadline = time.monotonic() + 3
    while process_exists(outcome.pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_program_that_is_not_there_raises(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nothing-here"):
        spawn_daemon(files_of(tmp_path / "c"), dict(os.environ), command=[str(tmp_path / "nothing-here")])


def test_the_command_shows_no_secret_and_windows_flags_are_for_windows() -> None:
    command = daemon_command(Path("/x/config.json"))
    assert command[1:] == ["-P", "-m", "ccrouter", "start", "--foreground", "--config", str(Path("/x/config.json"))]
    assert daemon_command(Path("c"), 3)[-2:] == ["--workers", "3"]
    assert (detached_flags() == 0) == (sys.platform != "win32")


def test_the_last_lines_after_an_offset(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_text("old\n" + "".join(f"{number}\n" for number in range(30)))
    assert last_lines(file, 4, 3) == ["27", "28", "29"]
    assert last_lines(file, 0, 100)[0] == "old"
    assert last_lines(tmp_path / "missing", 0) == []
