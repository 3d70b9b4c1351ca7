"""The branch without git, against git's own files."""

import shutil
import subprocess
from pathlib import Path

import pytest

from ccrouter.statusline.surroundings import branch_of

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b")
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True)


@needs_git
def test_branches_as_git_shows_them(tmp_path: Path) -> None:
    main = tmp_path / "main"
    (main / "a" / "b").mkdir(parents=True)
    git(main, "init", "-q", "-b", "feature/x-1")
    assert branch_of(str(main / "a" / "b")) == "feature/x-1"
    git(main, "commit", "-q", "--allow-empty", "-m", "one")
    git(main, "worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    assert branch_of(str(tmp_path / "side")) == "side"
    git(main, "checkout", "-q", "--detach")
    assert branch_of(str(main)) == ""


@pytest.mark.parametrize("content", ["", "gitdir: nowhere", "gitdir:", "noise\0\xff"])
def test_a_broken_link_is_no_branch(tmp_path: Path, content: str) -> None:
    (tmp_path / ".git").write_text(content)
    assert branch_of(str(tmp_path)) == ""


@pytest.mark.parametrize("folder", ["", "/nowhere/at/all", "C:\\x", "a\0b"])
def test_no_folder_is_no_branch(folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert branch_of(folder) == ""
