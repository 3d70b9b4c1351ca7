"""The journal on disk: a JSON object a line, appended; for its owner only, and never much longer than what is kept."""

import contextlib
import logging
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ccrouter.sharing.room import ALONE, Room

logger = logging.getLogger("ccrouter.state")

OWNER_ONLY: Final = 0o600
LARGEST: Final = 4 * 1024 * 1024
"""Of a larger file only the end is read."""

_writing = threading.Lock()
"""One writer at a time: writes run in threads, and a shortened file must not lose what another has just added."""


def read_lines(path: Path) -> list[bytes]:
    """The lines of the file, the oldest first; none where it is missing or cannot be read (the log says so)."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - LARGEST))
            lines = file.read().splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        logger.warning("%s is not used: %s", path.name, error.strerror or error)
        return []
    return lines[1:] if size > LARGEST else lines


def append_lines(path: Path, lines: Sequence[bytes], kept: int, room: Room = ALONE) -> bool:
    """Add the lines; the file is cut back to the last `kept` when it is twice as long. False where it cannot be.

    `room`: other workers write the file, too.
    """
    with _writing, room.locked("journal"):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            before = path.stat().st_size if path.exists() else 0
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, OWNER_ONLY)
            with os.fdopen(descriptor, "ab") as file:
                # A crash may have left half a line; it must not spoil the next one.
                file.write(
                    b"".join([b"\n" if before and not _ends_whole(path) else b"", *(b"%b\n" % line for line in lines)])
                )
            if path.read_bytes().count(b"\n") > 2 * kept or path.stat().st_size > LARGEST:
                _replace(path, read_lines(path)[-kept:])
        except OSError as error:
            logger.warning("%s is not saved: %s", path.name, error.strerror or error)
            return False
    return True


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _replace(path: Path, lines: Sequence[bytes]) -> None:
    """The whole new content takes the old one's place, so that no reader sees half of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(b"%b\n" % line for line in lines)
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
