"""Which config the command is about, and which daemon."""

import os
from pathlib import Path

import click

from ccrouter.commands.address import configured_address
from ccrouter.config.locations import find_config
from ccrouter.config.types import Config
from ccrouter.daemon.control import Daemon, find_daemon
from ccrouter.daemon.files import DaemonFiles, files_of

config_option = click.option(
    "--config", "config", type=click.Path(path_type=Path), metavar="FILE", help="The config file to use."
)


def chosen_config(context: click.Context, option: Path | None) -> Path:
    """The command's own --config, else the one before the command, else CCR_CONFIG, else the one at home."""
    inherited = context.find_root().obj
    return find_config(option or (inherited if isinstance(inherited, Path) else None), os.environ)


def configuration(path: Path) -> Config:
    """The checked configuration. Raises ConfigError with every problem."""
    raise NotImplementedError(path)


def locate(path: Path) -> tuple[DaemonFiles, Daemon | None]:
    """The files of the config's daemon, and the daemon if it answers."""
    files = files_of(path)
    return files, find_daemon(files.state, lambda: configured_address(path, os.environ))
