"""`ccr restart`: stop, wait, start."""

from pathlib import Path

import click

from ccrouter.commands.locating import chosen_config, config_option
from ccrouter.commands.start import begin_first_run, ensure_daemon, show_started
from ccrouter.commands.stop import stop_daemon


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@config_option
@click.pass_context
def restart(context: click.Context, config: Path | None) -> None:
    """Stop the daemon if it runs, and start it.

    A changed config needs no restart: the daemon picks it up by itself.
    """
    path = chosen_config(context, config)
    if not path.exists():
        context.exit(begin_first_run(path))
    if not stop_daemon(path):
        click.echo("ccrouter was not running.")
    outcome, daemon = ensure_daemon(path)
    show_started(path, outcome, daemon)
