"""Which files ccrouter made, by name: what `ccr uninstall` removes. Everything else in the folder is the user's."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from ccrouter.commands.status_line_settings import FILE_NAME
from ccrouter.config.locations import (
    CONFIG_NAMES,
    HOME_NAME,
    journal_file,
    log_file,
    pid_file,
    presets_folder,
    router_state_file,
    state_file,
)
from ccrouter.frozen import frozen


@frozen
class Traces:
    """What lies beside a config. `made` is ours; `config` is the user's configuration in all its parts."""

    made: tuple[Path, ...]
    config: tuple[Path, ...]


def traces_of(config: Path) -> Traces:
    """What is there now. `config` holds the config and its backups, in CCR's own folder everything else, too."""
    folder = config.parent
    made = sorted(path for path in _made(folder) if path.is_file() or path.is_symlink())
    kept = {config, *folder.glob(f"{config.name}.*.bak")}
    if folder.name == HOME_NAME and config.name in CONFIG_NAMES and folder.is_dir():
        kept |= set(folder.iterdir())
    return Traces(tuple(made), tuple(sorted(path for path in kept - set(made) if path.exists())))


def _made(folder: Path) -> Iterator[Path]:
    files = [log_file(folder), pid_file(folder), state_file(folder), router_state_file(folder), journal_file(folder)]
    files.append(folder / FILE_NAME)
    for file in files:
        yield file
        yield from folder.glob(f"{file.name}.*.new")  # a write that was cut off
    yield folder / f"{FILE_NAME}.new"
    yield from folder.glob(f".{journal_file(folder).name}.*")
    yield from (file for file in folder.glob(f"{log_file(folder).name}.*") if file.suffix[1:].isdecimal())
    yield from (presets_folder(folder) / ".state").glob("*.json")


def remove(files: tuple[Path, ...], folder: Path) -> list[str]:
    """Remove `files`, and the folders that this leaves empty; a line for each that could not be."""
    failures: list[str] = []
    for file in files:
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            failures.append(f"{file}: {error.strerror or error}")
    for empty in (presets_folder(folder) / ".state", presets_folder(folder)):
        if empty.is_dir() and not empty.is_symlink() and not any(empty.iterdir()):
            empty.rmdir()
    return failures


def set_aside(traces: Traces, backup: Path) -> None:
    """Move the user's configuration into the new folder `backup`. Raises OSError."""
    backup.mkdir(mode=0o700)
    for path in traces.config:
        if path.exists():
            shutil.move(path, backup / path.name)


def removal_command(prefix: Path) -> str:
    """How the program itself is removed, by the place of its environment (`sys.prefix`)."""
    if prefix.name == "ccrouter" and prefix.parent.name == "tools":
        return "uv tool uninstall ccrouter"
    if prefix.name == "ccrouter" and prefix.parent.name == "venvs":
        return "pipx uninstall ccrouter"
    return f"{prefix}/bin/python -m pip uninstall ccrouter"
