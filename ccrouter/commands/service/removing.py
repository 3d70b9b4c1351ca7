"""Taking the service away: what it runs is ended gracefully, then its file goes. Only a file of ours."""

import click

from ccrouter.commands.stop import stop_daemon
from ccrouter.commands.terminal import note
from ccrouter.daemon.service.base import ServiceFailed, ServiceManager, ServiceUnavailable, take
from ccrouter.daemon.service.definition import STOP_SECONDS, Installed


def remove_service(manager: ServiceManager, installed: Installed) -> None:
    """Stop its daemon, disable it, remove the file. Where the service manager cannot be reached, the file goes anyway.

    Raises CCRouterError where the daemon cannot be stopped, OSError where the file cannot be removed.
    """
    if installed.config is not None and stop_daemon(installed.config):
        click.echo("Its daemon has been stopped.")
    try:
        take(manager.removing, STOP_SECONDS)
    except (ServiceUnavailable, ServiceFailed) as error:
        note(f"It is removed without the service manager's knowing. {error}")
    for link in manager.links:
        link.unlink(missing_ok=True)
    installed.file.unlink()
    try:
        take(manager.removed)
    except (ServiceUnavailable, ServiceFailed) as error:
        note(str(error))
