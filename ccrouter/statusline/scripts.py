"""Modules of type `script`: a Python file with `def render(variables, options)` that returns a text."""

from __future__ import annotations

import os

ENTRY = "render"


def run_script(path: str, variables: dict[str, str], options: dict[str, object]) -> str:
    """What the script says; empty when it cannot say anything.

    A script that fails must not spoil the line: Claude Code shows no error of it. CCR_DEBUG=1 lets it be seen.
    """
    if not path.endswith(".py"):
        return ""
    try:
        with open(path, "rb") as file:
            program = compile(file.read(), path, "exec")
        names: dict[str, object] = {"__name__": "ccrouter_statusline_script", "__file__": path}
        exec(program, names)  # noqa: S102 - the user's own file, named in his config
        entry = names.get(ENTRY)
        said: object = entry(dict(variables), options) if callable(entry) else entry
    except Exception:  # whatever a user's file may raise
        if os.environ.get("CCR_DEBUG") == "1":
            raise
        return ""
    return said if isinstance(said, str) else ""
