"""Which config the command is about, and which daemon."""

import os
from pathlib import Path

import click

from ccrouter.commands.address import configured_address
from ccrouter.config.locations import find_config
from ccrouter.config.problems import ConfigError
from ccrouter.config.types import Config
from ccrouter.daemon.control import Daemon, find_daemon
from ccrouter.daemon.files import DaemonFiles, files_of

config_option = click.option(
    "--config", "config", type=click.Path(path_type=Path), metavar="FILE", help="The config file to use."
)


def chosen_config(option: Path | None = None) -> Path:
    """The command's own --config, else CCR_CONFIG (`ccr --config FILE command` sets it), else the one at home."""
    return find_config(option, os.environ)


def configuration(path: Path) -> Config:
    """The checked configuration. Raises ConfigError with every error."""
    from ccrouter.config.load import load_config
    from ccrouter.runtime import known_names

    loaded = load_config(path, environment=os.environ, known=known_names({}, user_files_loaded=False))
    if loaded.config is None:
        raise ConfigError([problem for problem in loaded.problems if problem.severity == "error"])
    return loaded.config


def locate(path: Path) -> tuple[DaemonFiles, Daemon | None]:
    """The files of the config's daemon, and the daemon if it answers."""
    files = files_of(path)
    return files, find_daemon(files.state, lambda: configured_address(path, os.environ))
