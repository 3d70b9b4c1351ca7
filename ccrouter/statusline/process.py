"""The process: standard input in, one line out, exit code 0 whatever happens."""

from __future__ import annotations

import json
import os
import sys

from ccrouter.statusline.asking import facts_of
from ccrouter.statusline.configured import config_path, preset_status_line, without_daemon
from ccrouter.statusline.rendering import render
from ccrouter.statusline.scripts import run_script
from ccrouter.statusline.surroundings import branch_of
from ccrouter.statusline.themes import shows_icons, theme_of
from ccrouter.statusline.values import as_object, at, text_at
from ccrouter.statusline.variables import folder_name, variables, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ccrouter.statusline.configured import ReadLoosely

LONGEST_INPUT = 8 * 1024 * 1024


def main(arguments: list[str], read_loosely: ReadLoosely) -> int:
    """Print the line for what Claude Code says on standard input. `arguments`: the name of a preset, or none.

    Claude Code shows nothing where a status line fails, and what it prints to standard error may tear the screen. So a
    defect of ours costs the line its details, not more; CCR_DEBUG=1 lets it be seen.
    """
    given = read_input()
    try:
        line = line_for(given, arguments[0] if arguments else "", dict(os.environ), read_loosely)
    except Exception:
        if os.environ.get("CCR_DEBUG") == "1":
            raise
        line = visible(folder_name(text_at(given, "workspace", "current_dir")))
    write(line)
    return 0


def line_for(given: dict[str, object], preset: str, environment: dict[str, str], read_loosely: ReadLoosely) -> str:
    """The line, from Claude Code's JSON, the daemon's facts (or, without them, the config) and the folder's branch."""
    path = config_path(environment)
    home = os.path.dirname(path)
    facts = facts_of(home, text_at(given, "session_id")) or without_daemon(path, read_loosely)
    folder = text_at(given, "workspace", "current_dir") or text_at(given, "cwd") or working_folder()
    status_line = preset_status_line(home, preset, read_loosely) or at(facts, "status_line")
    theme = theme_of(status_line, icons=shows_icons(environment))
    values = variables(given, facts, folder, branch_of(folder))

    def script(name: str, values: dict[str, str], options: dict[str, object]) -> str:
        return run_script(os.path.join(home, os.path.expanduser(name)), values, options)

    return render(theme, values, script, coloured=not environment.get("NO_COLOR"))


def working_folder() -> str:
    """The current folder; empty where it has been removed."""
    try:
        return os.getcwd()
    except OSError:
        return ""


def read_input() -> dict[str, object]:
    """Claude Code's JSON; empty for anything else, and in a terminal, where nobody would type it."""
    if sys.stdin is None or sys.stdin.isatty():  # pyright: ignore[reportUnnecessaryComparison] - pythonw has none
        return {}
    try:
        return as_object(json.loads(sys.stdin.buffer.read(LONGEST_INPUT)))
    except (OSError, ValueError, RecursionError):
        return {}


def write(line: str) -> None:
    """The line in UTF-8, whatever the console's encoding: Claude Code reads it so. Nobody there to read it is fine."""
    try:
        sys.stdout.buffer.write(line.encode("utf-8", "replace") + b"\n")
        sys.stdout.flush()
    except OSError:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)
