"""A changed config takes the place of the old one: whole or not at all, with a backup, as the same owner's file."""

import contextlib
import os
import re
import shutil
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from ccrouter.config.edit.refusal import refusal

KEPT_BACKUPS = 3
_BACKUP_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z")
_LEFT_BEHIND_SECONDS = 3600


def write_config(path: Path, data: bytes, *, expected: bytes, now: datetime | None = None) -> Path:
    """Put `data` in the place of the config at `path`, which must still hold `expected`; the path of the backup.

    What is a link stays one: its file is changed. Mode and owner are kept. At every moment the config is the old one
    or the new one as a whole, whatever happens to the program or the machine.

    Raises:
        ConfigError: the file changed meanwhile, or its owner cannot be kept.
        OSError: something cannot be written. The config is then as it was.
    """
    real = path.resolve()
    _unchanged(path, expected)
    _remove_left_behind(real)
    descriptor, name = tempfile.mkstemp(prefix=f".{real.name}.", suffix=".new", dir=real.parent)
    new = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _take_over_rights(real, new)
        backup = _back_up(path, real, expected, now or datetime.now(UTC))
        _unchanged(path, expected)
        new.replace(real)
    except BaseException:
        with contextlib.suppress(OSError):
            new.unlink()
        raise
    _sync_folder(real.parent)
    _remove_old_backups(path)
    return backup


def _unchanged(path: Path, expected: bytes) -> None:
    """Somebody's editor or another `ccr` may have been there meanwhile."""
    if path.read_bytes() != expected:
        message = "the file has been changed by somebody else meanwhile, so nothing was written"
        raise refusal(message, "Do it again", file=path)


def _take_over_rights(old: Path, new: Path) -> None:
    before = old.stat()
    shutil.copystat(old, new)
    os.utime(new)
    made = new.stat()
    if hasattr(os, "chown") and (made.st_uid, made.st_gid) != (before.st_uid, before.st_gid):
        try:
            os.chown(new, before.st_uid, before.st_gid)
        except PermissionError:
            message = "the file belongs to somebody else, and would be yours afterwards"
            raise refusal(message, "Run this as its owner", file=old) from None
        new.chmod(before.st_mode & 0o7777)  # A change of owner takes some bits away.


def _back_up(path: Path, real: Path, data: bytes, now: datetime) -> Path:
    """`config.json.<time>.bak` beside the config, named as claude-code-router names it."""
    moment = now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    backup = path.with_name(f"{path.name}.{re.sub('[:.]', '-', moment)}.bak")
    # Nobody else may read it before its mode is that of the config.
    descriptor = os.open(backup, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    shutil.copymode(real, backup)
    return backup


def _remove_old_backups(path: Path) -> None:
    """The newest stay. What bears a name of the user's own is not ours to remove."""
    start, end = f"{path.name}.", ".bak"
    ours = [
        entry
        for entry in path.parent.iterdir()
        if entry.name.startswith(start)
        and entry.name.endswith(end)
        and _BACKUP_TIME.fullmatch(entry.name[len(start) : -len(end)])
    ]
    for old in sorted(ours)[:-KEPT_BACKUPS]:
        with contextlib.suppress(OSError):
            old.unlink()


def _remove_left_behind(real: Path) -> None:
    """What a killed program left half written: it may hold keys."""
    for entry in real.parent.iterdir():
        if entry.name.startswith(f".{real.name}.") and entry.name.endswith(".new"):
            with contextlib.suppress(OSError):
                if time.time() - entry.stat().st_mtime > _LEFT_BEHIND_SECONDS:
                    entry.unlink()


def _sync_folder(folder: Path) -> None:
    """The new name must survive a power failure too. Windows knows no such thing."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
