"""The text of a `.env` with variables added: what is there stays."""

import re
from collections.abc import Mapping

_PLAIN = re.compile(r"[A-Za-z0-9_./:@+=-]+")
_ESCAPED = {"\\": "\\\\", '"': '\\"', "$": "\\$", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def with_variables(text: str, there: Mapping[str, str], added: Mapping[str, str]) -> str:
    """`text`, whose variables are `there`, with those of `added` at its end that it lacks or has with another value."""
    lines = [f"{name}={_quoted(value)}\n" for name, value in added.items() if there.get(name) != value]
    if not lines:
        return text
    return text + ("" if not text or text.endswith("\n") else "\n") + "".join(lines)


def _quoted(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    return '"' + "".join(_ESCAPED.get(character, character) for character in value) + '"'
