"""`ccr stop`: end the daemon and wait until it is gone."""

import os
from pathlib import Path

import click

from ccrouter.commands.locating import chosen_config, config_option, locate
from ccrouter.commands.terminal import good, note
from ccrouter.daemon.control import Daemon, open_requests
from ccrouter.daemon.ending import GRACE_SECONDS, end_daemon
from ccrouter.daemon.files import DaemonFiles
from ccrouter.daemon.processes import process_exists
from ccrouter.daemon.service.base import ServiceFailed, ServiceManager, ServiceUnavailable
from ccrouter.daemon.service.finding import service_of
from ccrouter.daemon.state import DaemonState, read_pid, read_state, remove_state
from ccrouter.errors import CCRouterError


class StopFailed(CCRouterError):  # noqa: N818 - it says what happened
    """The daemon is still there."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@config_option
@click.option(
    "--timeout",
    type=click.FloatRange(min=0),
    default=GRACE_SECONDS,
    show_default=True,
    help="Seconds that open streams may take before the process is ended by force.",
)
def stop(config: Path | None, timeout: float) -> None:
    """Stop the daemon. Open streams finish first."""
    if stop_daemon(chosen_config(config), timeout):
        good("ccrouter has been stopped.")
    else:
        click.echo("ccrouter is not running.")


def stop_daemon(path: Path, timeout: float = GRACE_SECONDS) -> bool:
    """End the daemon of the config at `path` and wait until it is gone; False where none ran. Raises StopFailed.

    Its service, where one is installed, does not start it again before the next start or login.
    """
    files, daemon = locate(path)
    manager = service_of(path, os.environ)
    if daemon is None:
        _remove_stale_files(files)
        return manager is not None and _end_service(manager)
    if daemon.state is None:
        raise StopFailed(
            f"ccrouter answers at {daemon.endpoint}, but {files.state} does not describe it: it was started with "
            "another config folder or by another user. Stop it from there (`ccr --config FILE stop`)."
        )
    _end(daemon, daemon.state, files, timeout)
    if manager is not None:
        _end_service(manager)
    return True


def _end_service(manager: ServiceManager) -> bool:
    """End the service where it runs, or where the service manager is about to start it again; whether it was so.

    After a graceful end there is nothing to do; after one by force, it would be started again.
    """
    try:
        activity = manager.state().activity
        if activity != "stopped":
            manager.stop()
    except (ServiceUnavailable, ServiceFailed) as error:
        note(f"Whether its service starts it again is not known. {error}")
        return False
    return activity in ("running", "starting", "stopping")


def _end(daemon: Daemon, state: DaemonState, files: DaemonFiles, timeout: float) -> None:
    count = open_requests(state)  # asked now: a daemon that is stopping answers no new connection

    def waiting() -> None:
        what = f"{count} open request{'' if count == 1 else 's'}" if count else "the daemon"
        note(f"Waiting for {what} to finish …")

    match end_daemon(state, grace=timeout, waiting=waiting):
        case "graceful":
            pass
        case "terminated":
            note(f"It did not end within {timeout:g} s and was terminated (pid {state.pid}).")
        case "killed":
            note(f"It did not end when asked to and was killed (pid {state.pid}).")
        case "alive":
            raise StopFailed(f"The daemon at {daemon.endpoint} (pid {state.pid}) could not be ended, even by force.")
    remove_state(state.instance, state.pid, files.state, files.pid)


def _remove_stale_files(files: DaemonFiles) -> None:
    """What a daemon that was killed left behind. The files of a living process are kept: it may just be starting."""
    state = read_state(files.state)
    if state is not None and process_exists(state.pid):
        note(
            f"{files.state} names process {state.pid}, which lives but does not answer at {state.endpoint}. "
            "If it is ccrouter, end it yourself."
        )
        return
    if state is not None:
        remove_state(state.instance, state.pid, files.state, files.pid)
    pid = read_pid(files.pid)
    if pid is not None and not process_exists(pid):
        files.pid.unlink(missing_ok=True)
