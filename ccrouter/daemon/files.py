"""The daemon's files, all in the folder of the config it serves."""

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
