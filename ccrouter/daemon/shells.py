"""Environment changes as lines for a shell's eval."""

import ntpath
import posixpath
from collections.abc import Mapping
from typing import Literal, TypeAlias

from ccrouter.daemon.launch import LaunchEnvironment

Shell: TypeAlias = Literal["sh", "fish", "powershell"]


def guess_shell(environment: Mapping[str, str], platform: str) -> Shell:
    """The shell of the user: $SHELL's name, else PowerShell on Windows (`sys.platform` is "win32"), else sh.

    PowerShell sets no $SHELL of its own; started from another shell, it must be named with --shell.
    """
    name = posixpath.basename(ntpath.basename(environment.get("SHELL", "")))
    match name.removesuffix(".exe"):
        case "fish":
            return "fish"
        case "pwsh" | "powershell":
            return "powershell"
        case "":
            return "powershell" if platform == "win32" else "sh"
        case _:
            return "sh"


def render(changes: LaunchEnvironment, shell: Shell) -> list[str]:
    """One line a variable: what is set, in order, then what is unset."""
    lines = [_set(shell, name, value) for name, value in changes.set.items()]
    return lines + [_unset(shell, name) for name in changes.unset]


def _set(shell: Shell, name: str, value: str) -> str:
    match shell:
        case "sh":
            quoted = value.replace("'", "'\\''")
            return f"export {name}='{quoted}'"
        case "fish":
            # Inside fish's single quotes the backslash escapes itself and the quote, nothing else.
            quoted = value.replace("\\", "\\\\").replace("'", "\\'")
            return f"set -gx {name} '{quoted}'"
        case "powershell":
            # PowerShell also ends a single-quoted string at the typographic quotes; each is escaped by doubling.
            quoted = "".join(2 * character if character in "'‘’‚‛" else character for character in value)
            return f"$env:{name} = '{quoted}'"


def _unset(shell: Shell, name: str) -> str:
    match shell:
        case "sh":
            return f"unset {name}"
        case "fish":
            return f"set -e {name}"
        case "powershell":
            return f"Remove-Item Env:{name} -ErrorAction SilentlyContinue"
