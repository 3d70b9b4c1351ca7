"""The `.env` file beside the config: `KEY=value` lines."""

import re
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from ccrouter.config.problems import Problem
from ccrouter.frozen import frozen

_START = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$"}
_ESCAPE = re.compile(r'\\([nrt"\\$])')
_SINGLE_QUOTED = re.compile(r"'([^']*)'")
_DOUBLE_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_AFTER_QUOTES = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")


@frozen
class DotEnv:
    """The variables of a `.env` file, and the lines that could not be read (warnings, without their text)."""

    variables: Mapping[str, str]
    problems: tuple[Problem, ...]
    lines: Mapping[str, int] = field(default_factory=dict[str, int])
    """Where each variable is."""
    spans: Mapping[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    """Of each variable the offsets of its name and of its value's end, in a text whose lines end with LF."""


def parse_dotenv(text: str, file: Path) -> DotEnv:
    """Read `KEY=value` and `export KEY=value` lines; the last of the same name counts.

    Single quotes take everything as it is; double quotes know \\n, \\t, \\", \\\\ and \\$; both may span lines. Without
    quotes a ` #` begins a comment. Nothing is substituted.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    variables: dict[str, str] = {}
    lines: dict[str, int] = {}
    spans: dict[str, tuple[int, int]] = {}
    problems: list[Problem] = []
    at, line = 0, 1
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        content = text[at:end].strip()
        start = _START.match(text, at)
        if content and not content.startswith("#"):
            if start is None or start.end() > end:
                problems.append(_problem("this line is not KEY=value, it is left out", file, line))
            else:
                value, end, value_end = _value(text, start.end(), end)
                if value is None:
                    problems.append(_problem("the quotes of this value do not match, it is left out", file, line))
                else:
                    variables[start.group(1)] = value
                    lines[start.group(1)] = line
                    spans[start.group(1)] = (start.start(1), value_end)
        line += text.count("\n", at, end + 1)
        at = end + 1
    return DotEnv(variables, tuple(problems), lines, spans)


def _value(text: str, start: int, line_end: int) -> tuple[str | None, int, int]:
    """The value that begins at `start`, and the offsets of the end of its last line, and of its own."""
    quoted = {"'": _SINGLE_QUOTED, '"': _DOUBLE_QUOTED}.get(text[start : start + 1])
    if quoted is None:
        value = re.split(r"(?:^|[ \t])#", text[start:line_end], maxsplit=1)[0].rstrip()
        return value.strip(), line_end, start + len(value)
    match = quoted.match(text, start)
    after = _AFTER_QUOTES.match(text, match.end()) if match else None
    if match is None or after is None:
        return None, line_end, line_end
    value = match.group(1)
    if quoted is _DOUBLE_QUOTED:
        value = _ESCAPE.sub(lambda escape: _ESCAPES[escape.group(1)], value)
    return value, after.end() - 1 if after.group().endswith("\n") else after.end(), match.end()


def _problem(message: str, file: Path, line: int) -> Problem:
    return Problem("warning", message, 'Write KEY=value or KEY="value"', "", file, line, 1)
