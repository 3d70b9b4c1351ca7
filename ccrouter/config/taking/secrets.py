"""Keys that stand in a configuration go into the `.env` beside it, and `$NAME` takes their place. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ccrouter.config.document import child
from ccrouter.config.interpolate import PLACEHOLDER
from ccrouter.model.json import Json, JsonObject, as_object, as_str

_SECRET = re.compile(
    r"(?i)(.*[_-])?(api[_-]?keys?|apikey|token|secret|password|passwd|private_key|authorization|cookie)|x-goog-api-key"
)
"""Names of fields and headers whose text nobody may see."""
_IN_URL = re.compile(r"(?i)://[^/@\s]+:[^/@\s]+@|[?&](key|api_?key|token)=")


@dataclass(frozen=True)
class Separated:
    """`value` without keys in it, and what the `.env` beside it must have for that. `moved` are pointers to `$NAME`s
    that took the place of a key."""

    value: JsonObject
    variables: Mapping[str, str]
    moved: Mapping[str, str] = field(default_factory=dict[str, str])


def separate(value: JsonObject, known: Mapping[str, str], taken: Mapping[str, str]) -> Separated:
    """Take the keys out of `value`.

    `known` are the variables that came with it (its own `.env`): those that it names go along. `taken` are the
    variables of the environment and of the `.env` that there is: a name of theirs is not given another meaning.
    """
    names = _Names(taken)
    moved: dict[str, str] = {}
    renamed: dict[str, str] = {}

    def visit(part: Json, pointer: str, names_of: tuple[str, ...]) -> Json:
        if isinstance(part, dict):
            return {name: visit(entry, child(pointer, name), (*names_of, name)) for name, entry in part.items()}
        if isinstance(part, list):
            return [
                visit(entry, child(pointer, index), (*names_of, _label(entry, index)))
                for index, entry in enumerate(part)
            ]
        if not isinstance(part, str):
            return part
        if PLACEHOLDER.search(part):
            return PLACEHOLDER.sub(lambda match: _renamed(match, pointer, known, names, renamed), part)
        if part.strip() and _is_secret(part, names_of):
            moved[pointer] = f"${names.give(_name_for(names_of), part)}"
            return moved[pointer]
        return part

    separated = as_object(visit(value, "", ())) or {}
    return Separated(separated, names.given, moved)


def _is_secret(text: str, names: tuple[str, ...]) -> bool:
    own = next((name for name in reversed(names) if not name.isdigit()), "")
    return _SECRET.fullmatch(own) is not None or _IN_URL.search(text) is not None


def _label(entry: Json, index: int) -> str:
    """What a list's item is called: a provider by its name."""
    fields = as_object(entry)
    return (as_str(fields.get("name")) if fields is not None else None) or str(index)


def _name_for(names: tuple[str, ...]) -> str:
    """A variable's name: `GROQ_API_KEY` for the key of the provider groq, `CCR_APIKEY` for the clients' key."""
    parts = [name for name in names if not name.isdigit() and name.lower() not in ("providers", "headers")]
    if [part.upper() for part in parts] == ["APIKEY"]:
        return "CCR_APIKEY"
    name = re.sub(r"[^A-Z0-9]+", "_", "_".join(parts).upper()).strip("_") or "CCR_SECRET"
    return f"CCR_{name}" if name[0].isdigit() else re.sub("API_KEYS$", "API_KEY", name)


def _renamed(
    match: re.Match[str], pointer: str, known: Mapping[str, str], names: "_Names", renamed: dict[str, str]
) -> str:
    inside: str = match.group("braced") or match.group("bare")
    name, mark, default = inside.partition(":-")
    if name not in known:
        return match.group()
    # Our own clients' key must not be mistaken for a provider's.
    wanted = "CCR_APIKEY" if pointer == "/APIKEY" and name == "ANTHROPIC_API_KEY" else name
    new = renamed.setdefault(wanted, names.give(wanted, known[name]))
    if new == name:
        return match.group()
    return f"${{{new}{mark}{default}}}" if mark or match.group("braced") else f"${new}"


class _Names:
    """Names for variables, none with two meanings."""

    def __init__(self, taken: Mapping[str, str]) -> None:
        self._taken = taken
        self.given: dict[str, str] = {}

    def give(self, wanted: str, value: str) -> str:
        """`wanted`, or with a number where that is another's; the same value keeps its name."""
        number, name = 1, wanted
        while self._value(name) not in (None, "", value):
            number += 1
            name = f"{wanted}_{number}"
        self.given[name] = value
        return name

    def _value(self, name: str) -> str | None:
        return self.given.get(name, self._taken.get(name))
