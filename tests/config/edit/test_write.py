"""Writing a config: whole or not at all, whatever happens."""

import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ccrouter.config.edit.write import write_config
from ccrouter.config.problems import ConfigError

OLD, NEW = b'{"a": "old"}\n', b'{"a": "new"}\n' * 50_000
NOON = datetime(2026, 11, 30, 12, 0, 0, 123_456, tzinfo=UTC)

KILLED_AT_EVERY_LINE = """
import os, signal, sys
from pathlib import Path
from ccrouter.config.edit import write

path, old, new = Path(sys.argv[1]), sys.argv[2].encode(), sys.argv[3].encode()

def write_and_die(moment):
    left = moment

    def watch(frame, event, argument):
        # Every line of the writer's own is a moment to die at.
        nonlocal left
        if frame.f_code.co_filename != write.__file__:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return watch

    sys.settrace(watch)
    write.write_config(path, new * 50_000, expected=old)
    os._exit(0)

for moment in range(1, 500):
    for entry in path.parent.iterdir():
        entry.unlink()
    path.write_bytes(old)
    child = os.fork()
    if child == 0:
        write_and_die(moment)
    outcome = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    found = path.read_bytes()
    print(outcome, "old" if found == old else "new" if found == new * 50_000 else f"{len(found)} bytes")
    if outcome == 0:
        break
"""

HALF_WRITTEN = """
import os, signal, sys
from pathlib import Path
from ccrouter.config.edit import write

class Half:
    def __init__(self, file): self.file = file
    def __enter__(self): return self
    def __exit__(self, *_): self.file.close()
    def write(self, data):
        self.file.write(data[: len(data) // 2]); self.file.flush(); os.kill(os.getpid(), signal.SIGKILL)

opened = os.fdopen
write.os.fdopen = lambda *arguments: Half(opened(*arguments))
write.write_config(Path(sys.argv[1]), b"x" * 100_000, expected=sys.argv[2].encode())
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.json"
    path.write_bytes(OLD)
    return path


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)


@pytest.mark.skipif(sys.platform == "win32", reason="kills with a signal")
def test_killed_at_every_line_the_config_is_whole(config: Path) -> None:
    arguments = [str(config), OLD.decode(), NEW.decode()[: len(NEW) // 50_000]]
    outcomes = run(KILLED_AT_EVERY_LINE, *arguments).stdout.splitlines()
    assert len(outcomes) > 30
    assert outcomes[-1] == "0 new"
    written = outcomes.index("-9 new")
    assert set(outcomes[:written]) == {"-9 old"}
    assert set(outcomes[written:-1]) == {"-9 new"}


@pytest.mark.skipif(sys.platform == "win32", reason="kills with a signal")
def test_killed_with_half_of_it_written_the_config_is_the_old_one(config: Path) -> None:
    assert run(HALF_WRITTEN, str(config), OLD.decode()).returncode == -9
    assert config.read_bytes() == OLD


def test_a_full_disk_leaves_the_old_one_and_nothing_else(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_config(config, NEW, expected=OLD)
    assert config.read_bytes() == OLD
    assert list(config.parent.iterdir()) == [config]


def test_what_a_killed_program_left_is_removed_when_it_is_old(config: Path) -> None:
    left, young = config.with_name(".config.json.abc.new"), config.with_name(".config.json.def.new")
    left.write_text("half")
    young.write_text("half")
    os.utime(left, (0, 0))
    write_config(config, NEW, expected=OLD)
    assert not left.exists()
    assert young.exists()


def test_backups_are_named_as_by_ccr_and_three_are_kept(config: Path) -> None:
    mine = config.with_name("config.json.before-the-move.bak")
    mine.write_text("mine")
    now, before = NOON, OLD
    for number in range(5):
        after = f'{{"a": {number}}}'.encode()
        backup = write_config(config, after, expected=before, now=now + timedelta(seconds=number))
        assert backup.read_bytes() == before
        before = after
    assert sorted(path.name for path in config.parent.glob("*.bak")) == [
        "config.json.2026-11-30T12-00-02-123Z.bak",
        "config.json.2026-11-30T12-00-03-123Z.bak",
        "config.json.2026-11-30T12-00-04-123Z.bak",
        "config.json.before-the-move.bak",
    ]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
def test_the_mode_stays(config: Path, mode: int) -> None:
    config.chmod(mode)
    backup = write_config(config, NEW, expected=OLD)
    assert stat.S_IMODE(config.stat().st_mode) == mode
    assert stat.S_IMODE(backup.stat().st_mode) == mode


@pytest.mark.skipif(sys.platform == "win32" or os.name != "posix" or os.getuid() != 0, reason="only root gives away")
def test_the_owner_stays(config: Path) -> None:
    os.chown(config, 12345, 23456)
    config.chmod(0o640)
    write_config(config, NEW, expected=OLD)
    found = config.stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (12345, 23456, 0o640)


def test_an_owner_that_cannot_stay_is_a_refusal(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, found_by = os.stat_result, Path.stat

    def other(self: Path, **_: object) -> os.stat_result:
        found = found_by(self)
        return real((*found[:4], found.st_uid + (self == config), *found[5:]))

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "stat", other)
    monkeypatch.setattr(os, "chown", refuse)
    with pytest.raises(ConfigError, match="belongs to somebody else"):
        write_config(config, NEW, expected=OLD)
    assert config.read_bytes() == OLD


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "ccr.json"
    real.parent.mkdir()
    real.write_bytes(OLD)
    link = tmp_path / "config.json"
    link.symlink_to(real)
    backup = write_config(link, NEW, expected=OLD)
    assert link.is_symlink()
    assert real.read_bytes() == NEW
    assert backup.parent == tmp_path
    assert list(real.parent.iterdir()) == [real]


def test_a_file_that_changed_meanwhile_is_left_alone(config: Path) -> None:
    with pytest.raises(ConfigError, match="changed by somebody else"):
        write_config(config, NEW, expected=b"something else")
    assert config.read_bytes() == OLD
    assert list(config.parent.iterdir()) == [config]
