"""What was taken over is written: the `.env` first, then the config; both, or none."""

import contextlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ccrouter.config.edit.refusal import refusal
from ccrouter.config.edit.write import write_config
from ccrouter.config.first_run import create_config
from ccrouter.config.taking.take import Taken, new_dotenv


@dataclass(frozen=True)
class Put:
    """`backup` is None where there was no config before; `dotenv` where no variable had to be written."""

    backup: Path | None
    dotenv: Path | None


def put(taken: Taken) -> Put:
    """Write the config at its target, with a backup of the one there, and its variables into the `.env` beside it.

    Raises:
        ConfigError: the config changed meanwhile, or cannot be written. Then nothing is written.
        OSError: something cannot be written. Then nothing is written.
    """
    path, text, _ = new_dotenv(taken)
    before = path.read_bytes() if os.path.lexists(path) else None
    changed = text.encode() != (before or b"")
    if changed:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(path, text.encode())
    try:
        backup = _put_config(taken)
    except BaseException:
        if changed:
            with contextlib.suppress(OSError):
                path.unlink() if before is None else write_private(path, before)
        raise
    return Put(backup, path if changed else None)


def _put_config(taken: Taken) -> Path | None:
    if taken.target.exists():
        old = taken.target.read_bytes()
        return None if old == taken.data() else write_config(taken.target, taken.data(), expected=old)
    if not create_config(taken.target, taken.data()):
        raise refusal("somebody else wrote a config here meanwhile", "Do it again", file=taken.target)
    return None


def write_private(path: Path, data: bytes) -> None:
    """Put `data` in the place of `path` (its file, where it is a link), whole, for its owner's eyes only."""
    real = path.resolve()
    descriptor, name = tempfile.mkstemp(prefix=f".{real.name}.", suffix=".new", dir=real.parent)  # its mode is 0600
    new = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(real)
    except BaseException:
        with contextlib.suppress(OSError):
            new.unlink()
        raise
