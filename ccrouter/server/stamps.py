"""Whether a file has changed, by stat alone."""

from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

Stamp: TypeAlias = tuple[int, int, int] | None


def stamps(paths: Iterable[Path]) -> dict[Path, Stamp]:
    """What tells a changed file from an unchanged one; None for a file that is not there."""
    return {path: stamp(path) for path in paths}


def stamp(path: Path) -> Stamp:
    """Modification time, size and inode of a file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
