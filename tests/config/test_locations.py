from pathlib import Path

import pytest

from ccrouter.config import locations
from ccrouter.config.problems import ConfigError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    folder = tmp_path / ".claude-code-router"
    folder.mkdir()
    return folder


def test_the_order_in_which_a_config_is_looked_for(home: Path) -> None:
    assert locations.find_config(None, {}) == home / "config.json"  # Where none exists: where it would be.
    for name in ("config.yml", "config.yaml", "config.json"):
        (home / name).write_text("{}")
        assert locations.find_config(None, {}) == home / name
    named = {"CCR_CONFIG": "/other/c.json"}
    assert locations.find_config(None, named) == Path("/other/c.json")
    assert locations.find_config(None, {"CCR_CONFIG": "~/c.json"}) == home.parent / "c.json"
    assert locations.find_config(None, {"CCR_CONFIG": ""}) == home / "config.json"
    assert locations.find_config(Path("/explicit.json"), named) == Path("/explicit.json")


def test_named_paths_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert locations.find_config(Path("c.json"), {}) == tmp_path / "c.json"


def test_files_of_the_daemon(home: Path) -> None:
    assert locations.home_directory() == home
    assert locations.log_file(home) == home / "claude-code-router.log"
    assert locations.pid_file(home) == home / ".claude-code-router.pid"
    assert locations.state_file(home) == home / "daemon.json"


def test_without_a_home_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    with pytest.raises(ConfigError) as raised:
        locations.find_config(None, {})
    assert "Set HOME" in str(raised.value)
    assert len(raised.value.problems) == 1
    assert locations.find_config(Path("/c.json"), {}) == Path("/c.json")  # One that is named needs no home.
