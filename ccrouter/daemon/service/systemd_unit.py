"""The text of a systemd user unit, and the command line read back from it. Pure.

Quoting: systemd.syntax(7) (quotes and C escapes), systemd.unit(5) (`%` begins a specifier), systemd.service(5) (`$`
begins a variable in the arguments of a command, though not in its first word).
"""

import re
from collections.abc import Mapping

from ccrouter.daemon.service.definition import (
    SERVICE_VARIABLE,
    START_SECONDS,
    STOP_SECONDS,
    ServiceDefinition,
    UnfitPath,
)

UNIT = "ccrouter.service"
MARK = "# Made by ccrouter"
"""How the first line of a unit of ours begins; what does not begin so is somebody else's."""

_PLAIN = re.compile(r"[A-Za-z0-9_./:@+,=-]+")
_UNSAFE = frozenset("\"'\\")
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')


def unit_text(service: ServiceDefinition) -> str:
    """The whole unit file.

    Without `After=network-online.target`: a user's manager has no such unit, and the daemon begins without a network.
    Type=notify: `systemctl start` returns when the daemon answers. KillMode=mixed: the signal to stop goes to the main
    process alone; a second one would mean "at once". After five starts in five minutes that failed there is no sixth.

    Raises UnfitPath where the interpreter's path has quotes or backslashes, which systemd takes in no spelling.
    """
    command = service.command
    if not _UNSAFE.isdisjoint(command[0]):
        raise UnfitPath(f"systemd runs no program whose path has quotes or backslashes: {command[0]}. Rename it.")
    words = [quoted(command[0]), *(quoted(word).replace("$", "$$") for word in command[1:])]
    return f"""\
{MARK} (`ccr service install`). `ccr service remove` takes it away, and the next install writes it anew:
# changes belong into `systemctl --user edit {UNIT.removesuffix(".service")}`.
[Unit]
Description=ccrouter, the router between Claude Code and models
StartLimitIntervalSec=300
StartLimitBurst=5

[Service]
Type=notify
ExecStart={" ".join(words)}
WorkingDirectory={str(service.folder).replace("%", "%%")}
{_environment({SERVICE_VARIABLE: "systemd", **service.environment})}
Restart=on-failure
RestartSec=2
TimeoutStartSec={START_SECONDS}
TimeoutStopSec={STOP_SECONDS}
KillMode=mixed

[Install]
WantedBy=default.target
"""


def read_command(content: bytes) -> tuple[str, ...] | None:
    """The command line of a unit of ours; None where it is not ours. Empty words are not expected.

    A unit of ours without a command (somebody changed it) gives ().
    """
    text = content.decode("utf-8", "replace")
    if not text.startswith(MARK):
        return None
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals and key.strip() == "ExecStart":
            words = [_unquoted(match) for match in _WORD.finditer(value)]
            return (*words[:1], *(word.replace("$$", "$") for word in words[1:]))
    return ()


def quoted(word: str) -> str:
    """`word` as one word of a unit's line: specifiers escaped, in quotes where it needs them. Variables are not."""
    escaped = word.replace("%", "%%")
    if _PLAIN.fullmatch(word):
        return escaped
    return '"' + escaped.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _environment(variables: Mapping[str, str]) -> str:
    return "\n".join(f"Environment={quoted(f'{name}={value}')}" for name, value in variables.items())


def _unquoted(match: re.Match[str]) -> str:
    inside, plain = match.groups()
    word = plain if inside is None else re.sub(r"\\(.)", r"\1", inside)
    return word.replace("%%", "%")
