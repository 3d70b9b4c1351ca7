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
from ccrouter.errors import CCRouterError

env_file_option = click.option(
    "--env-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The .env of another proxy for Claude Code, instead of a config file.",
)
config_option = click.option(
    "--config", "config", type=click.Path(path_type=Path), metavar="FILE", help="The config file to use."
)


def chosen_config(option: Path | None = None) -> Path:
    """The command's own --config, else CCR_CONFIG (`ccr --config FILE command` sets it), else the one at home."""
    return find_config(option, os.environ)


def served_config(config: Path | None, env_file: Path | None) -> Path:
    """What `--config FILE` or `--env-file FILE` says is served, else the chosen one. It need not exist.

    Raises:
        click.UsageError: both are given.
        CCRouterError: it cannot be one.
    """
    if config is not None and env_file is not None:
        raise click.UsageError("--config and --env-file both name what is served; give one of them.")
    path = chosen_config(config or env_file)
    if env_file is not None and not path.exists():
        raise CCRouterError(f"{path}: there is no such file.")
    if path.is_dir():
        raise CCRouterError(f"{path} is a folder, not a config file; name the file in it.")
    return path


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
