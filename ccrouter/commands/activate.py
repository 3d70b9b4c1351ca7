"""`ccr activate` (also `ccr env`): the environment of Claude Code, for a shell's eval."""

import os
import sys
from pathlib import Path
from typing import get_args

import click

from ccrouter.commands.locating import chosen_config, config_option, configuration, locate
from ccrouter.daemon.launch import launch_environment
from ccrouter.daemon.shells import Shell, guess_shell, render
from ccrouter.startup import endpoint_of


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@config_option
@click.option("--shell", type=click.Choice(get_args(Shell)), help="For which shell [default: guessed from $SHELL].")
def activate(config: Path | None, shell: Shell | None) -> None:
    """Print the environment that makes `claude` use the router.

    \b
    sh, bash, zsh   eval "$(ccr activate)"
    fish            ccr activate | source
    PowerShell      ccr activate | Out-String | Invoke-Expression
    """
    path = chosen_config(config)
    settings = configuration(path)
    _, daemon = locate(path)
    endpoint = daemon.endpoint if daemon is not None else endpoint_of(settings.host, settings.port)
    if daemon is None:
        click.secho("ccrouter is not running; `ccr start` starts it.", err=True, fg="yellow")
    changes = launch_environment(settings, endpoint, os.environ, for_shell=True)
    for line in render(changes, shell or guess_shell(os.environ, sys.platform)):
        click.echo(line)
