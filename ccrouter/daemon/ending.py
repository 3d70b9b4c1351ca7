"""Ending a daemon: gracefully over HTTP, and by force only where that does not lead to its end in time."""

import time
from collections.abc import Callable
from typing import Literal, TypeAlias

from ccrouter.daemon.control import ControlError, Health, probe, request_stop
from ccrouter.daemon.processes import end_process, process_exists
from ccrouter.daemon.state import DaemonState

GRACE_SECONDS = 60.0
"""More than the server gives its open streams, so that it is the server who decides."""
TERMINATE_SECONDS = 5.0
KILL_SECONDS = 3.0
PATIENCE_SECONDS = 1.0
"""After this long the user is told what is being waited for."""

Ending: TypeAlias = Literal["graceful", "terminated", "killed", "alive"]


def end_daemon(
    state: DaemonState, *, grace: float = GRACE_SECONDS, waiting: Callable[[], None] | None = None
) -> Ending:
    """End the daemon that `state` describes and wait until it is gone. The caller has seen it answer as this instance.

    `waiting` is called once when it takes longer than a moment. "alive": not even force helped.
    Raises PermissionError where the process is somebody else's.
    """
    asked = True
    try:
        request_stop(state)
    except ControlError:
        asked = is_gone(state)  # it may have ended between the question and now; else force is all that is left
    if asked and wait_until_gone(state, grace, waiting):
        return "graceful"
    end_process(state.pid)
    if wait_until_gone(state, TERMINATE_SECONDS, None):
        return "terminated"
    end_process(state.pid, force=True)
    return "killed" if wait_until_gone(state, KILL_SECONDS, None) else "alive"


def is_gone(state: DaemonState) -> bool:
    """True when neither the process nor an answer of this instance is there any more."""
    if process_exists(state.pid):
        return False
    answer = probe(state.endpoint, timeout=0.5)
    return not (isinstance(answer, Health) and answer.instance == state.instance)


def wait_until_gone(state: DaemonState, seconds: float, waiting: Callable[[], None] | None) -> bool:
    """Wait at most `seconds` for the daemon to be gone."""
    begin = time.monotonic()
    told = waiting is None
    while not is_gone(state):
        elapsed = time.monotonic() - begin
        if elapsed >= seconds:
            return False
        if not told and elapsed >= PATIENCE_SECONDS and waiting is not None:
            told = True
            waiting()
        time.sleep(0.05)
    return True
