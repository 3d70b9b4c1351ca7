"""Having the service manager start the daemon, and waiting until it answers."""

import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ccrouter.daemon.control import Daemon, find_daemon
from ccrouter.daemon.files import DaemonFiles
from ccrouter.daemon.service.base import ServiceFailed, ServiceManager, ServiceUnavailable
from ccrouter.daemon.spawn import last_lines
from ccrouter.startup import StartFailed

ANSWER_SECONDS = 30.0
PAUSE_SECONDS = 0.1
SOURCE = " ERROR ccrouter.daemon: "
"""In the log, before why the daemon did not start."""


def start_by_service(files: DaemonFiles, manager: ServiceManager) -> Daemon:
    """Start the service and wait for its daemon. After a failure the service manager does not go on trying.

    Raises:
        StartFailed: with the daemon's own words, where it has left any.
        ServiceUnavailable: the service manager cannot be reached. Nothing was started then.
    """
    begin = _size(files.log)
    try:
        manager.start()
        daemon = _wait(files, manager)
    except ServiceFailed as error:
        with suppress(ServiceFailed, ServiceUnavailable):
            manager.stop()
        reason = why_it_failed(last_lines(files.log, begin, 200))
        raise StartFailed(reason or f"The service did not start. {error} The log is {files.log}") from error
    return daemon


def _wait(files: DaemonFiles, manager: ServiceManager) -> Daemon:
    """Raises ServiceFailed where the daemon ends, or does not answer in time."""
    deadline = time.monotonic() + ANSWER_SECONDS
    while True:
        daemon = find_daemon(files.state, lambda: None)
        if daemon is not None and daemon.state is not None:
            return daemon
        state = manager.state()
        if state.activity == "failed":
            raise ServiceFailed(f"Its daemon ended ({state.detail or 'nobody says why'}).")
        if time.monotonic() >= deadline:
            raise ServiceFailed(f"Its daemon did not answer within {ANSWER_SECONDS:g} s.")
        time.sleep(PAUSE_SECONDS)


def why_it_failed(lines: Sequence[str]) -> str | None:
    """The reason that a daemon has left in these lines of its log; None where there is none."""
    reasons = [line.partition(SOURCE)[2] for line in lines if SOURCE in line]
    return reasons[-1].replace("\\n", "\n") if reasons else None  # a record is one line (`daemon/logs.py`)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
