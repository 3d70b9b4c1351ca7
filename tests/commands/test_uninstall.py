"""`ccr uninstall` with real processes, in a home of its own."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ccrouter.commands.uninstalling import removal_command
from ccrouter.daemon.control import Health, Silent, probe

if TYPE_CHECKING:
    from tests.commands.conftest import Ccr

OURS = (
    "claude-code-router.log",
    "claude-code-router.log.1",
    "router-state.json",
    "router-requests.jsonl",
    "claude-code-settings.json",
    "daemon.json.0a1b2c3d.new",
    "presets/.state/work.json",
)
YOURS = (
    "config.json",
    "config.json.2026-11-30T07-00-00.bak",
    ".env",
    "my-router.py",
    "claude-code-router.log.notes",
    "presets/work/manifest.json",
)


@pytest.fixture
def furnished(ccr: "Ccr") -> "Ccr":
    """A folder with what ccrouter makes and what a user has, and Claude Code's own beside it."""
    for name in (*OURS, *YOURS[1:]):
        file = ccr.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("{}")
    (ccr.home / ".claude").mkdir()
    (ccr.home / ".claude" / "settings.json").write_text("{}")
    return ccr


def tree(home: Path) -> set[str]:
    return {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}


def yours() -> set[str]:
    return {".claude/settings.json", *(f".claude-code-router/{name}" for name in YOURS)}


def test_only_what_ccrouter_made_is_removed(furnished: "Ccr") -> None:
    removed = furnished.run("uninstall", "--yes")
    assert removed.returncode == 0, removed.stderr
    assert tree(furnished.home) == yours()
    listed = removed.stdout.split("Yours, and kept:")[0]
    assert all(str(furnished.folder / name) in listed for name in OURS)
    assert not any(f"{furnished.folder / name}\n" in listed for name in YOURS)
    assert "uninstall ccrouter" in removed.stdout
    again = furnished.run("uninstall", "--yes")
    assert again.returncode == 0
    assert "nothing of ccrouter's to remove" in again.stdout


def test_a_dry_run_and_a_missing_terminal_change_nothing(furnished: "Ccr") -> None:
    before = tree(furnished.home)
    assert furnished.run("uninstall", "--dry-run").returncode == 0
    refused = furnished.run("uninstall")
    assert refused.returncode == 1
    assert "--yes" in refused.stderr
    assert tree(furnished.home) == before


def test_the_daemon_is_stopped_first(furnished: "Ccr") -> None:
    furnished.run("start")
    assert isinstance(probe(furnished.endpoint), Health)
    assert "is stopped first" in furnished.run("uninstall", "--dry-run").stderr
    assert isinstance(probe(furnished.endpoint), Health)
    assert furnished.run("uninstall", "--yes").returncode == 0
    assert isinstance(probe(furnished.endpoint), Silent)
    assert tree(furnished.home) == yours()


def test_the_config_is_moved_not_deleted(furnished: "Ccr") -> None:
    moved = furnished.run("uninstall", "--config", "--yes")
    assert moved.returncode == 0, moved.stderr
    (backup,) = furnished.home.glob(".claude-code-router.backup-*")
    assert f"Your configuration is now in {backup}" in moved.stdout
    assert not furnished.folder.exists()
    assert {f".claude-code-router/{name}" for name in tree(backup)} | {".claude/settings.json"} == yours()


def test_beside_a_config_elsewhere_only_the_config_is_moved(ccr: "Ccr", tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "router.json").write_text(ccr.config.read_text())
    (project / "main.py").write_text("")
    (project / "router-state.json").write_text("{}")
    moved = ccr.run("--config", str(project / "router.json"), "uninstall", "--with-config", "--yes")
    assert moved.returncode == 0, moved.stderr
    assert tree(project) == {"main.py"}
    (backup,) = tmp_path.glob("project.backup-*")
    assert tree(backup) == {"router.json"}
    assert ccr.config.exists()


def test_a_file_named_with_the_flag_is_refused(furnished: "Ccr") -> None:
    before = tree(furnished.home)
    refused = furnished.run("uninstall", "--yes", "--config", str(furnished.config))
    assert refused.returncode == 2
    assert tree(furnished.home) == before


@pytest.mark.parametrize(
    ("prefix", "command"),
    [
        ("/home/a/.local/share/uv/tools/ccrouter", "uv tool uninstall ccrouter"),
        ("/home/a/.local/share/pipx/venvs/ccrouter", "pipx uninstall ccrouter"),
        ("/home/a/project/.venv", "/home/a/project/.venv/bin/python -m pip uninstall ccrouter"),
    ],
)
def test_how_the_program_itself_is_removed(prefix: str, command: str) -> None:
    assert removal_command(Path(prefix)) == command
