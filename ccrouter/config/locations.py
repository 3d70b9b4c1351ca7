"""Where things are: the home directory, the config file, the log and the files of the daemon."""

from collections.abc import Mapping
from pathlib import Path

from ccrouter.config.problems import ConfigError, Problem

HOME_NAME = ".claude-code-router"
CONFIG_NAMES = ("config.json", "config.yaml", "config.yml")
"""In this order the home directory is searched; the first is also what a first run writes."""


def home_directory() -> Path:
    """`~/.claude-code-router`, whether or not it exists.

    Works with HOME unset where the system knows the user's directory. Raises ConfigError where it does not.
    """
    return user_directory() / HOME_NAME


def user_directory() -> Path:
    """The user's own directory. Raises ConfigError where there is none."""
    try:
        return Path.home()
    except RuntimeError as error:
        raise ConfigError(
            [
                Problem(
                    "error",
                    "the user's home directory is not known",
                    "Set HOME (on Windows: USERPROFILE), or name the config file with --config or CCR_CONFIG",
                )
            ]
        ) from error


def find_config(explicit: Path | None, environment: Mapping[str, str]) -> Path:
    """The config file to use: `explicit` (--config), then CCR_CONFIG, then config.json, .yaml, .yml at home.

    Where none exists at home, that is where config.json would be. The path is absolute; nothing is read.
    Raises ConfigError when it depends on a home directory and there is none.
    """
    named = explicit or environment.get("CCR_CONFIG") or None
    if named is not None:
        return expand_user(Path(named)).absolute()
    home = home_directory()
    candidates = [home / name for name in CONFIG_NAMES]
    return next((candidate for candidate in candidates if candidate.exists()), candidates[0])


def expand_user(path: Path) -> Path:
    """`~/x` as a path in the user's directory; anything else, `~` where nobody has a directory too, as it is."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def log_file(home: Path) -> Path:
    """The log of the daemon (CCR's documentation names it so)."""
    return home / "claude-code-router.log"


def pid_file(home: Path) -> Path:
    """The process id of the daemon, as CCR writes it."""
    return home / ".claude-code-router.pid"


def state_file(home: Path) -> Path:
    """What the running daemon says about itself."""
    return home / "daemon.json"


def presets_folder(home: Path) -> Path:
    """Where presets are installed, each in a folder of its own."""
    return home / "presets"


def preset_state_file(presets: Path, name: str) -> Path:
    """A preset's own router_state_file. Not in its folder, which may be deleted at any time."""
    return presets / ".state" / f"{name}.json"


def router_state_file(home: Path) -> Path:
    """What the router has found out and must not forget over a restart: resting keys, learned limits."""
    return home / "router-state.json"


def journal_file(home: Path) -> Path:
    """What became of the last requests, for `ccr explain`: no prompts, no answers."""
    return home / "router-requests.jsonl"
