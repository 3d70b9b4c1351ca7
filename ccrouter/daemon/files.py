"""The daemon's files, all in the folder of the config it serves."""

import os
from pathlib import Path

from ccrouter.config.locations import log_file, pid_file, state_file
from ccrouter.frozen import frozen


@frozen
class DaemonFiles:
    """Where one config's daemon keeps what it keeps."""

    config: Path
    state: Path
    pid: Path
    log: Path


def files_of(config: Path) -> DaemonFiles:
    """The files of the daemon that serves `config`. Nothing is read or made."""
    folder = config.parent
    return DaemonFiles(config, state_file(folder), pid_file(folder), log_file(folder))


def why_unwritable(path: Path) -> str | None:
    """Why the log at `path` cannot be written, in the system's words; None where it can."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_APPEND))
    except FileNotFoundError:
        return None  # open_log makes it
    except OSError as error:
        return error.strerror or str(error)
    return None
