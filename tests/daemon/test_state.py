"""daemon.json and the pid file."""

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from ccrouter.daemon.state import DaemonState, read_pid, read_state, remove_state, write_state

STATE = DaemonState(
    pid=4711,
    host="127.0.0.1",
    port=3456,
    instance="abc",
    admin_token="secret",
    config="/home/x/.claude-code-router/config.json",
    started_at="2026-11-20T09:00:00+00:00",
    version="0.1.0",
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    state, pid = tmp_path / "new" / "daemon.json", tmp_path / "new" / ".claude-code-router.pid"
    write_state(STATE, state, pid)
    assert read_state(state) == STATE
    write_state(replace(STATE, service="systemd"), state, pid)
    assert read_state(state) == replace(STATE, service="systemd")
    assert pid.read_bytes() == b"4711"  # CCR writes no line break
    assert sorted(path.name for path in state.parent.iterdir()) == [".claude-code-router.pid", "daemon.json"]


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
def test_the_token_is_for_the_owner_only(tmp_path: Path) -> None:
    state = tmp_path / "daemon.json"
    state.write_text("{}")
    state.chmod(0o644)
    write_state(STATE, state, tmp_path / "pid")
    assert stat.S_IMODE(state.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"pid":1}', '{"pid":"1","port":2,"host":"h"}', "\xff"])
def test_what_cannot_be_understood_is_no_state(tmp_path: Path, content: str) -> None:
    state = tmp_path / "daemon.json"
    state.write_text(content, encoding="latin-1")
    assert read_state(state) is None


def test_no_file_is_no_state(tmp_path: Path) -> None:
    assert read_state(tmp_path / "daemon.json") is None
    assert read_pid(tmp_path / "pid") is None


def test_only_its_own_files_are_removed(tmp_path: Path) -> None:
    state, pid = tmp_path / "daemon.json", tmp_path / "pid"
    write_state(STATE, state, pid)
    remove_state("another", 1, state, pid)
    assert state.exists()
    assert pid.exists()
    remove_state(STATE.instance, STATE.pid, state, pid)
    assert list(tmp_path.iterdir()) == []
    remove_state(STATE.instance, STATE.pid, state, pid)


@pytest.mark.parametrize(
    ("host", "endpoint"),
    [
        ("127.0.0.1", "http://127.0.0.1:3456"),
        ("0.0.0.0", "http://127.0.0.1:3456"),
        ("::", "http://127.0.0.1:3456"),
        ("192.168.1.5", "http://192.168.1.5:3456"),
        ("::1", "http://[::1]:3456"),
    ],
)
def test_the_endpoint_is_one_a_client_can_use(host: str, endpoint: str) -> None:
    assert replace(STATE, host=host).endpoint == endpoint
