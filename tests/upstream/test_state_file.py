"""State on disk: whole, private, and never a reason to fail."""

import os
from pathlib import Path

import pytest

from ccrouter.upstream.state_file import read_state, write_state


def test_there_and_back(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "state.json"
    assert write_state(path, {"a": [1, None, "ü"]})
    assert read_state(path) == {"a": [1, None, "ü"]}
    assert write_state(path, {})
    assert read_state(path) == {}
    assert os.listdir(path.parent) == ["state.json"]  # noqa: PTH208 - the names are all that matters


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    write_state(path, {"a": 1})
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"null"])
def test_a_damaged_file_is_as_none(tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(content)
    assert read_state(path) == {}
    assert "state.json is not used" in caplog.text


def test_no_file_is_no_news(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert read_state(tmp_path / "none.json") == {}
    assert caplog.text == ""


def test_a_disk_that_takes_nothing_loses_the_state_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "state.json"
    write_state(path, {"old": True})

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert not write_state(path, {"new": True})
    assert "No space left" in caplog.text
    assert read_state(path) == {"old": True}
    assert [found.name for found in tmp_path.iterdir()] == ["state.json"]
