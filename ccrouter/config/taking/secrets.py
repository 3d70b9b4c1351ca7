"""Keys that stand in a configuration go into the `.env` beside it, and `$NAME` takes their place. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ccrouter.config.document import child
from ccrouter.config.interpolate import PLACEHOLDER, interpolate_text
from ccrouter.config.secret_words import KEY_SHAPE, LONG_WORD, SECRET_IN_URL, names_secret
from ccrouter.model.json import Json, JsonObject, as_object, as_str

_SCHEME = re.compile(r"^\s*(Bearer|Basic)\s")
_SHORTEST = 8
"""Beside a variable shorter texts are its frame (`$A-$B`), and a shorter default is a word ("none", "ollama")."""


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
        if _is_secret(part, names_of):
            text = interpolate_text(part, taken, known)[0]
            moved[pointer] = f"${names.give(_name_for(names_of), text)}"
            return moved[pointer]
        secretive = names_secret(_own_name(names_of))
        return PLACEHOLDER.sub(lambda match: _renamed(match, pointer, known, names, renamed, secretive=secretive), part)

    separated = as_object(visit(value, "", ())) or {}
    return Separated(separated, names.given, moved)


def _is_secret(text: str, names: tuple[str, ...]) -> bool:
    """Whether a secret stands in `text` itself, not only the name of a variable."""
    if "://" in text and any(_is_literal(found[0].rpartition(":")[2]) for found in SECRET_IN_URL.finditer(text)):
        return True
    shape = LONG_WORD if "headers" in names else KEY_SHAPE
    if shape.fullmatch(text.strip()) is not None and _is_literal(text):
        return True
    if not names_secret(_own_name(names)):
        return False
    literal = PLACEHOLDER.sub("", text)
    return _is_literal(text) if literal == text else len(_SCHEME.sub("", literal).strip()) >= _SHORTEST


def _is_literal(text: str) -> bool:
    return _SCHEME.sub("", PLACEHOLDER.sub("", text)).strip() != ""


def _own_name(names: tuple[str, ...]) -> str:
    return next((name for name in reversed(names) if not name.isdigit()), "")


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
    match: re.Match[str],
    pointer: str,
    known: Mapping[str, str],
    names: "_Names",
    renamed: dict[str, str],
    *,
    secretive: bool,
) -> str:
    """The variable as the config is to name it. A default that is a key goes where keys go."""
    inside: str = match.group("braced") or match.group("bare")
    name, mark, default = inside.partition(":-")
    hidden_default = secretive and len(default) >= _SHORTEST
    if name not in known:
        if hidden_default and not names.has(name):
            names.give(name, default)
        return f"${{{name}}}" if hidden_default else match.group()
    # Our own clients' key must not be mistaken for a provider's.
    wanted = "CCR_APIKEY" if pointer == "/APIKEY" and name == "ANTHROPIC_API_KEY" else name
    new = renamed.setdefault(wanted, names.give(wanted, known[name]))
    if hidden_default:
        mark = default = ""
    elif new == name:
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

    def has(self, name: str) -> bool:
        """Whether the variable has a value already."""
        return bool(self._value(name))

    def _value(self, name: str) -> str | None:
        return self.given.get(name, self._taken.get(name))
