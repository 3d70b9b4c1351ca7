"""The text of a `.env` with variables set: everything else stays."""

import re
from collections.abc import Mapping
from pathlib import Path

from ccrouter.config.dotenv import parse_dotenv

_PLAIN = re.compile(r"[A-Za-z0-9_./:@+=-]+")
_ESCAPED = {"\\": "\\\\", '"': '\\"', "$": "\\$", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def with_variables(text: str, added: Mapping[str, str]) -> str:
    """`text` with the variables of `added`: a new value in the place of the old one, a new variable at the end."""
    end = "\r\n" if "\r\n" in text else "\n"
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    text = text.removeprefix(mark).replace("\r\n", "\n").replace("\r", "\n")
    there = parse_dotenv(text, Path())
    changed = {name: value for name, value in added.items() if there.variables.get(name) != value}
    for name in sorted(changed.keys() & there.spans.keys(), key=lambda name: there.spans[name], reverse=True):
        start, value_end = there.spans[name]
        text = f"{text[:start]}{name}={_quoted(changed[name])}{text[value_end:]}"
    new = [f"{name}={_quoted(value)}\n" for name, value in changed.items() if name not in there.spans]
    if new and text and not text.endswith("\n"):
        text += "\n"
    return mark + (text + "".join(new)).replace("\n", end)


def _quoted(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    return '"' + "".join(_ESCAPED.get(character, character) for character in value) + '"'
