"""Collects the problems of one load, and finds their places in the file."""

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Literal

import orjson

from ccrouter.config.document import Document, ancestors
from ccrouter.config.problems import Problem
from ccrouter.model.json import Json

_LOOKS_SECRET = re.compile(r"sk-|sk_|AIza|gsk_|xai-|ghp_|Bearer |eyJ|[A-Za-z0-9_-]{30,}")
_SHOWN_LENGTH = 60


class Report:
    """Takes problems by canonical pointer (`canonical.py`) and files them under the spelling of the file."""

    def __init__(self, document: Document, origins: Mapping[str, str], unset: Mapping[str, str]) -> None:
        self._document = document
        self._origins = origins
        self._unset = unset
        self.problems: list[Problem] = []

    def error(self, message: str, fix: str | None = None, *, pointer: str = "", key: bool = False) -> None:
        """Add an error. `key`: it is the key that is wrong, not its value."""
        self._add("error", message, fix, pointer, key)

    def warning(self, message: str, fix: str | None = None, *, pointer: str = "", key: bool = False) -> None:
        """Add a warning."""
        self._add("warning", message, fix, pointer, key)

    def unset(self, pointer: str) -> str | None:
        """The variable without a value that the text at `pointer` names, if it does."""
        return self._unset.get(self.origin(pointer))

    def position(self, pointer: str) -> tuple[int | None, int | None]:
        """Line and column of what is at the pointer."""
        origin = self._document.origin(self.origin(pointer))
        return (origin.position if origin.file == self._document.file else None) or (None, None)

    def origin(self, pointer: str) -> str:
        """The pointer in the file's own spelling."""
        for known in ancestors(pointer):
            if known in self._origins:
                return self._origins[known] + pointer[len(known) :]
        return pointer

    def _add(
        self, severity: Literal["error", "warning"], message: str, fix: str | None, pointer: str, key: bool
    ) -> None:
        variable = self.unset(pointer)
        if variable and severity == "error":
            fix = f"The variable {variable} is not set: export it, or give a default with ${{{variable}:-…}}"
        problem = self._document.problem(severity, message, fix, pointer=self.origin(pointer), key=key)
        if problem not in self.problems:
            self.problems.append(problem)


def nearest(name: str, candidates: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The candidate that is most like `name`; case, `_` and `-` do not count."""
    folded = {fold(candidate): candidate for candidate in candidates}
    found = difflib.get_close_matches(fold(name), list(folded), n=1, cutoff=cutoff)
    return folded[found[0]] if found else None


def did_you_mean(name: str, candidates: Iterable[str]) -> str | None:
    """A fix that names the nearest candidate, or the few there are."""
    names = list(dict.fromkeys(candidates))
    if found := nearest(name, names):
        return f'Did you mean "{found}"?'
    shown = ", ".join(names[:8])
    return f"There is {shown}{', …' if len(names) > 8 else ''}" if names else None


def fold(name: str) -> str:
    """`name` as keys are compared: without case, `_` and `-`."""
    return name.casefold().replace("_", "").replace("-", "")


def kind_of(value: Json) -> str:
    """What `value` is, with its article."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "a list"
        case _:
            return "an object"


def shown(value: Json, *, secret: bool) -> str:
    """`value` for a message: its kind, and itself where it is short and cannot be a secret."""
    kind = kind_of(value)
    if secret or isinstance(value, bool | list | dict) or value is None:
        return kind
    if isinstance(value, str):
        hidden = not value or len(value) > _SHOWN_LENGTH or _LOOKS_SECRET.match(value)
        text = orjson.dumps(value).decode()
        return ("an empty string" if not value else kind) if hidden else f"{kind} {text}"
    text = repr(value)
    return f"the number {text}" if len(text) <= _SHOWN_LENGTH else kind
