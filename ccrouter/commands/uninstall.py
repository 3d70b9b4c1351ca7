"""`ccr uninstall`: take away what ccrouter made on this machine, and nothing else."""

import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from ccrouter.commands.completion_files import CompletionFile, installed_files, remove_all
from ccrouter.commands.locating import chosen_config, locate
from ccrouter.commands.service.removing import remove_service
from ccrouter.commands.stop import stop_daemon
from ccrouter.commands.terminal import good, note
from ccrouter.commands.uninstalling import Traces, removal_command, remove, set_aside, traces_of
from ccrouter.config.locations import HOME_NAME, user_directory
from ccrouter.daemon.control import Daemon
from ccrouter.daemon.service.base import ServiceManager
from ccrouter.daemon.service.definition import Installed
from ccrouter.daemon.service.finding import find_installed, installed_service, service_of
from ccrouter.errors import CCRouterError


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--with-config", "--config", "with_config", is_flag=True, help="Move the config into a backup, too.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask; stop the daemon if it runs.")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@click.pass_context
def uninstall(context: click.Context, with_config: bool, yes: bool, dry_run: bool) -> None:
    """Remove the service, logs, states and what else ccrouter made. Your config stays; ~/.claude is not touched.

    Here --config takes no file: `ccr --config FILE uninstall` is about another config.
    """
    path = chosen_config()
    _, daemon = locate(path)
    traces = traces_of(path)
    backup = backup_folder(path, datetime.now().astimezone()) if with_config and traces.config else None
    service = service_of(path, os.environ)
    completions = installed_files(user_directory(), os.environ)
    describe(traces, daemon, backup, service, completions)
    if dry_run:
        click.echo("Nothing was changed (--dry-run).")
        return
    if not any((traces.made, backup, daemon, service, completions)):
        how_to_go_on()
        return
    if not yes:
        if not sys.stdin.isatty():
            raise CCRouterError("There is no terminal to ask in; --yes does it without asking. Nothing was changed.")
        if not click.confirm("Go on?"):
            click.echo("Nothing was changed.")
            context.exit(1)
    if service is not None and isinstance(found := find_installed(service), Installed):
        remove_service(service, found)
    if daemon is not None:
        stop_daemon(path)  # raises where it cannot: nothing is removed under a running daemon
    failures = [*remove(traces_of(path).made, path.parent), *remove_all(completions)]
    if backup is not None:
        set_aside(traces_of(path), backup)
        click.echo(f"Your configuration is now in {backup}")
    if path.parent.name == HOME_NAME and path.parent.is_dir() and not any(path.parent.iterdir()):
        path.parent.rmdir()
    if failures:
        raise CCRouterError("\n".join(["Not everything could be removed:", *failures]))
    good("What ccrouter made is removed.")
    how_to_go_on()


def backup_folder(config: Path, now: datetime) -> Path:
    """Beside the config's folder, a name that is not taken: ~/.claude-code-router.backup-20261130-075000."""
    folder = config.parent
    return folder.with_name(f"{folder.name}.backup-{now:%Y%m%d-%H%M%S}")


def describe(
    traces: Traces,
    daemon: Daemon | None,
    backup: Path | None,
    service: ServiceManager | None,
    completions: Sequence[CompletionFile],
) -> None:
    """The list of everything that will happen. `service` is the manager of the one that serves the config."""
    if daemon is not None:
        note(f"The daemon at {daemon.endpoint} is stopped first.")
    made = [*([str(service.file)] if service is not None else []), *map(str, traces.made)]
    made += [
        f"{one.file}{'' if one.whole else f' (only the line of ccr completion {one.shell})'}" for one in completions
    ]
    click.echo("To be removed:" if made else "There is nothing of ccrouter's to remove.")
    for file in made:
        click.echo(f"  {file}")
    if not traces.config:
        return
    click.echo("Yours, and kept:" if backup is None else f"Yours, and moved to {backup}:")
    for file in traces.config:
        click.echo(f"  {file}")


def how_to_go_on() -> None:
    """The program itself, and what only the user can take out."""
    if isinstance(other := installed_service(os.environ), Installed):
        note(f"The service ({other.file}) serves {other.config}; `ccr service remove` takes it away.")
    click.echo(f"The program itself: {removal_command(Path(sys.prefix))}")
    click.echo("What you wrote into your shell's start file (`ccr activate`, `ccr completion`) is yours to take out.")
