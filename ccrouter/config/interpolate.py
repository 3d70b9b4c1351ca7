"""Environment variables in the strings of a config: `$VAR`, `${VAR}` and `${VAR:-default}`, everywhere."""

import re
from collections.abc import Mapping
from pathlib import Path

from ccrouter.config.document import Document, child
from ccrouter.config.problems import Problem
from ccrouter.frozen import frozen
from ccrouter.model.json import Json

# CCR's rule: any name in braces, but without braces only upper-case ones ("$lower" is left alone).
PLACEHOLDER = re.compile(r"\$\{(?P<braced>[^}]+)\}|\$(?P<bare>[A-Z_][A-Z0-9_]*)")
_DEFAULT_MARK = ":-"


@frozen
class Interpolated:
    """A document's value with its variables put in.

    `unset` names, by pointer, a variable that has no value; its placeholder stands in the text as it was written (as
    CCR does it). `changed` are the pointers of texts that hold the value of a variable: they may be secret.
    """

    value: Json
    problems: tuple[Problem, ...]
    unset: Mapping[str, str]
    changed: frozenset[str]


@frozen
class Variables:
    """Where variables come from. The process environment wins over the `.env`; an empty variable counts as unset."""

    environment: Mapping[str, str]
    dotenv: Mapping[str, str]
    dotenv_file: Path

    def get(self, name: str) -> str | None:
        """The variable's value, None when it has none."""
        return self.environment.get(name) or self.dotenv.get(name) or None


def interpolate(document: Document, variables: Variables) -> Interpolated:
    """Put the variables in."""
    problems: list[Problem] = []
    unset: dict[str, str] = {}
    changed: set[str] = set()

    def visit(value: Json, pointer: str) -> Json:
        if isinstance(value, str):
            text, missing = interpolate_text(value, variables.environment, variables.dotenv)
            if text != value:
                changed.add(pointer)
            for name in missing:
                unset.setdefault(pointer, name)
                fix = f"Export it, or put {name}=… into {variables.dotenv_file}"
                problems.append(
                    document.problem("warning", f"the variable {name} is not set", fix, pointer=pointer),
                )
            return text
        if isinstance(value, list):
            return [visit(item, child(pointer, index)) for index, item in enumerate(value)]
        if isinstance(value, dict):
            return {name: visit(item, child(pointer, name)) for name, item in value.items()}
        return value

    return Interpolated(visit(document.value, ""), tuple(problems), unset, frozenset(changed))


def interpolate_text(text: str, environment: Mapping[str, str], dotenv: Mapping[str, str]) -> tuple[str, list[str]]:
    """`text` with its variables put in, and the names of those without value or default, each once."""
    missing: list[str] = []

    def replace(match: re.Match[str]) -> str:
        inside: str = match.group("braced") or match.group("bare")
        name, mark, default = inside.partition(_DEFAULT_MARK)
        if value := environment.get(name) or dotenv.get(name):
            return value
        if mark:
            # A default may name another variable without braces, as in a shell.
            text, deeper = interpolate_text(default, environment, dotenv)
            missing.extend(found for found in deeper if found not in missing)
            return text
        if name not in missing:
            missing.append(name)
        return match.group()

    return PLACEHOLDER.sub(replace, text), missing


def named_variables(value: Json) -> list[str]:
    """The variables that the texts of `value` name, those of defaults included, in order, each once."""
    found: dict[str, None] = {}
    pending: list[Json] = [value]
    while pending:
        match pending.pop(0):
            case str() as text:
                for match in PLACEHOLDER.finditer(text):
                    inside: str = match.group("braced") or match.group("bare")
                    name, _, default = inside.partition(_DEFAULT_MARK)
                    found[name] = None
                    pending.append(default)
            case list() as items:
                pending += items
            case dict() as entries:
                pending += entries.values()
            case _:
                pass
    return list(found)
