"""`ccr restart`: stop, wait, start."""

import os
from pathlib import Path

import click

from ccrouter.commands.locating import chosen_config, config_option, locate
from ccrouter.commands.start import begin_first_run, ensure_daemon, show_started, workers_option
from ccrouter.commands.stop import stop_daemon
from ccrouter.config.problems import has_errors
from ccrouter.daemon.control import Daemon
from ccrouter.startup import StartFailed


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@config_option
@workers_option
@click.pass_context
def restart(context: click.Context, config: Path | None, workers: int | None) -> None:
    """Stop the daemon if it runs, and start it.

    A changed config needs no restart: the daemon picks it up by itself.
    """
    path = chosen_config(config)
    if not path.exists():
        context.exit(begin_first_run(path))
    _, daemon = locate(path)
    if daemon is not None:
        refuse_broken_config(path, daemon)
    if not stop_daemon(path):
        click.echo("ccrouter was not running.")
    outcome, daemon = ensure_daemon(path, workers)
    show_started(path, outcome, daemon)


def refuse_broken_config(path: Path, daemon: Daemon) -> None:
    """A running daemon is not given up for a config with which none would start. Raises StartFailed."""
    from ccrouter.runtime import check

    problems = check(path, os.environ)
    if has_errors(problems):
        raise StartFailed(
            f"{path} cannot be used, so the daemon at {daemon.endpoint} was left running as it is:",
            problems,
            kind="config",
        )
