"""A document in the schema's own spelling: keys by their canonical names, numbers as numbers.

Users write `providers`, `log`, `apiKey`, `"PORT": "$PORT"`; CCR takes most of that. What the schema knows under another
spelling is renamed here, and the way back is kept, so that a problem is shown where the user wrote it.
"""

import re
from collections.abc import Mapping
from typing import cast

from ccrouter.config.document import Document, child
from ccrouter.config.problems import Problem
from ccrouter.config.report import Report, fold, nearest, shown
from ccrouter.config.schema import SchemaNode, resolve, types_of
from ccrouter.frozen import frozen
from ccrouter.model.json import Json, JsonObject

_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}([.][0-9]{1,18})?")
_ENVIRONMENT_NAMES = ("HTTP_PROXY", "NO_PROXY", "LOG_FILE", "HOSTNAME")
"""Top-level keys that only look like misspelled ones."""


@frozen
class Canonical:
    """`origins` maps pointers into `value` to those of the file; `secret` are pointers whose values nobody may see."""

    value: JsonObject
    origins: Mapping[str, str]
    secret: frozenset[str]
    problems: tuple[Problem, ...]


def canonicalise(
    value: JsonObject, document: Document, schema: SchemaNode, unset: Mapping[str, str], changed: frozenset[str]
) -> Canonical:
    """Rename, coerce, and leave out what is unknown (with a warning that names the nearest known key)."""
    walk = _Walk(document, schema, unset, changed)
    result = walk.object(value, schema, _Place())
    return Canonical(result, walk.origins, frozenset(walk.secret), tuple(walk.report.problems))


@frozen
class _Place:
    """One value under both its names: in the canonical value, and in the file."""

    pointer: str = ""
    origin: str = ""

    def at(self, name: str | int, written: str | int | None = None) -> "_Place":
        return _Place(child(self.pointer, name), child(self.origin, name if written is None else written))


class _Walk:
    def __init__(
        self, document: Document, schema: SchemaNode, unset: Mapping[str, str], changed: frozenset[str]
    ) -> None:
        self._schema = schema
        self._changed = changed
        self.origins: dict[str, str] = {}
        self.secret: set[str] = set()
        self.report = Report(document, self.origins, unset)

    def value(self, value: Json, node: SchemaNode, place: _Place) -> Json:
        node = resolve(node, self._schema)
        self.origins[place.pointer] = place.origin
        if node.get("x-secret") or place.origin in self._changed:
            self.secret.add(place.pointer)
        if isinstance(value, dict):
            return self.object(value, node, place)
        if isinstance(value, list):
            return self._list(value, node, place)
        return self._text(value, node, place) if isinstance(value, str) else value

    def object(self, value: JsonObject, node: SchemaNode, place: _Place) -> JsonObject:
        properties: dict[str, SchemaNode] = node.get("properties", {})
        spellings = _spellings(properties)
        chosen = self._choose(value, spellings, place)
        result: JsonObject = {}
        for name, item in value.items():
            canonical = spellings.get(fold(name))
            if canonical is None:
                if self._keeps(name, item, node, place):
                    others = node.get("additionalProperties")
                    inner = cast(SchemaNode, others) if isinstance(others, dict) else {}
                    kept = self.value(item, inner, place.at(name))
                    if kept is not None or item is None:
                        result[name] = kept
            elif chosen[canonical] == name:
                here = place.at(canonical, name)
                known = resolve(properties[canonical], self._schema)
                converted = self._known(item, known, here)
                if converted is not None or "null" in types_of(known):
                    result[canonical] = converted
        return result

    def _choose(self, value: JsonObject, spellings: Mapping[str, str], place: _Place) -> dict[str, str]:
        """Which of several spellings of a key counts: the canonical one, else the first."""
        chosen: dict[str, str] = {}
        for name in value:
            canonical = spellings.get(fold(name))
            if canonical is None:
                continue
            first = chosen.get(canonical)
            chosen[canonical] = canonical if canonical in value else (first or name)
            if chosen[canonical] != name:
                self._warn(
                    place.at(name),
                    f'"{name}" is left out: "{chosen[canonical]}" says the same',
                    "Take one of them away",
                )
        return chosen

    def _keeps(self, name: str, item: Json, node: SchemaNode, place: _Place) -> bool:
        """Whether a key that is not in the schema has a place in this object."""
        properties: dict[str, SchemaNode] = node.get("properties", {})
        others = node.get("additionalProperties", True)
        if others is False or (place.pointer == "" and isinstance(item, dict | list)):
            near = nearest(name, _names(properties))
            fix = f'Did you mean "{near}"?' if near else f"Known here: {', '.join(_names(properties))}"
            self._warn(place.at(name), f'"{name}" is not known and has no effect', fix)
            return False
        if place.pointer == "" and name not in _ENVIRONMENT_NAMES:
            # What is not ours goes to the environment; what is nearly ours is probably misspelled.
            near = nearest(name, _names(properties), cutoff=0.82)
            if near:
                message = f'"{name}" is not known, it only becomes an environment variable'
                self._warn(place.at(name), message, f'Did you mean "{near}"?')
        return True

    def _known(self, item: Json, node: SchemaNode, place: _Place) -> Json:
        converted = self.value(item, node, place)
        reason = node.get("x-no-effect")
        if reason and converted:
            self._warn(place, f"this has no effect: {reason}", None)
        return None if reason or (converted == "" and _is_optional_scalar(node)) else converted

    def _list(self, value: list[Json], node: SchemaNode, place: _Place) -> list[Json]:
        prefix: list[SchemaNode] = node.get("prefixItems", [])
        items: SchemaNode = node.get("items") or {}
        return [
            self.value(item, prefix[index] if index < len(prefix) else items, place.at(index))
            for index, item in enumerate(value)
        ]

    def _text(self, value: str, node: SchemaNode, place: _Place) -> Json:
        choices: list[str] = node.get("enum") or []
        if choices:
            return next((choice for choice in choices if choice.casefold() == value.strip().casefold()), value)
        if not _is_optional_scalar(node) or not value:
            return value
        text = value.strip().casefold()
        if "integer" in types_of(node):
            if _WHOLE_NUMBER.fullmatch(text):
                return int(text)
            wanted = "a whole number"
        elif "number" in types_of(node):
            if _NUMBER.fullmatch(text):
                return float(text)
            wanted = "a number"
        else:
            if text in ("true", "false"):
                return text == "true"
            wanted = "true or false"
        secret = place.pointer in self.secret
        self.report.error(f"must be {wanted}, is {shown(value, secret=secret)}", pointer=place.pointer)
        return None

    def _warn(self, place: _Place, message: str, fix: str | None) -> None:
        self.origins[place.pointer] = place.origin
        self.report.warning(message, fix, pointer=place.pointer, key=True)


def _is_optional_scalar(node: SchemaNode) -> bool:
    """Numbers and booleans that may come as text, from a variable; empty text is then the same as leaving them out."""
    return types_of(node) in (["integer", "string"], ["number", "string"], ["boolean", "string"])


def _names(properties: Mapping[str, SchemaNode]) -> list[str]:
    return [name for name, node in properties.items() if "x-alias-of" not in node and not name.startswith("$")]


def _spellings(properties: Mapping[str, SchemaNode]) -> dict[str, str]:
    """Canonical names by every folded spelling."""
    spellings = {fold(name): name for name, node in properties.items() if "x-alias-of" not in node}
    for name, node in properties.items():
        for alias in node.get("x-aliases", ()):
            spellings.setdefault(fold(alias), name)
    return spellings
