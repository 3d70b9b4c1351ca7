"""When a config cannot be changed by the program."""

from pathlib import Path

from ccrouter.config.problems import ConfigError, Problem


def refusal(message: str, fix: str | None = None, *, pointer: str = "", file: Path | None = None) -> ConfigError:
    """The error for a change that is not made; the file is then as it was."""
    return ConfigError([Problem("error", message, fix or "Change it in the file by hand", pointer, file)])
