"""What the line says of the folder: read from files, without starting git."""

from __future__ import annotations

import os

HEAD_BYTES = 4096


def branch_of(folder: str) -> str:
    """The branch that is checked out in `folder` or above it; empty for a detached HEAD and outside of a repository."""
    try:
        here = os.path.abspath(folder)
    except (OSError, ValueError):
        return ""
    while True:
        head = _head(os.path.join(here, ".git"))
        if head is not None:
            return head.removeprefix("ref: refs/heads/").strip() if head.startswith("ref: refs/heads/") else ""
        above = os.path.dirname(here)
        if above == here:
            return ""
        here = above


def _head(git: str) -> str | None:
    """The content of HEAD; `git` is a repository's folder, or (worktrees, submodules) a file that says where it is."""
    link = _first(git)
    if link is not None:
        if not link.startswith("gitdir:"):
            return None
        git = os.path.join(os.path.dirname(git), link.removeprefix("gitdir:").strip())
    return _first(os.path.join(git, "HEAD"))


def _first(path: str) -> str | None:
    """The beginning of a small text file; None where there is none."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(HEAD_BYTES)
    except (OSError, ValueError):
        return None
