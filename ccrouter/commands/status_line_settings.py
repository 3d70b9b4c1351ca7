"""How `ccr code` gives Claude Code the status line: a settings file of ours, passed with --settings. No user file is
touched."""

import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
import orjson

from ccrouter.config.types import Config

FILE_NAME = "claude-code-settings.json"
WITHOUT_LINE = ("-p", "--print")


def status_line_arguments(config: Config, folder: Path, arguments: Sequence[str]) -> list[str]:
    """What to put before the user's `arguments` for Claude Code; nothing where the line is off or would not be seen.

    Settings that the user passes himself win: Claude Code takes one --settings.
    """
    if not config.status_line.enabled or any(argument in WITHOUT_LINE for argument in arguments):
        return []
    if any(argument == "--settings" or argument.startswith("--settings=") for argument in arguments):
        return []
    file = folder / FILE_NAME
    try:
        write_settings(file, status_line_command(sys.executable, windows=sys.platform == "win32"))
    except OSError as error:
        click.secho(f"{file} cannot be written ({error.strerror or error}): no status line.", err=True, fg="yellow")
        return []
    return ["--settings", str(file)]


def write_settings(file: Path, command: str) -> None:
    """Write the settings, in one step and only where they have changed. Raises OSError."""
    line: Mapping[str, object] = {"type": "command", "command": command, "padding": 0}
    content = orjson.dumps({"statusLine": line}, option=orjson.OPT_INDENT_2)
    if file.exists() and file.read_bytes() == content:
        return
    draft = file.with_name(f"{file.name}.new")
    draft.write_bytes(content)
    draft.replace(file)


def status_line_command(python: str, *, windows: bool) -> str:
    """The command line of this very installation, for the shell that Claude Code runs it in (on Windows Git Bash)."""
    parts = ["-P", "-m", "ccrouter", "statusline"]
    if not windows:
        return shlex.join([python, *parts])
    python = python.replace("\\", "/")
    return " ".join([f'"{python}"' if " " in python else python, *parts])
