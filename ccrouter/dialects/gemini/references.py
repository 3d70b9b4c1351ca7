"""A JSON Schema walked by position: inside `properties` the keys are names, whatever they are called.

Cleaners that go by key name have deleted properties called `title`, `format` or `const` (field-notes, pain 41).
"""

from collections.abc import Callable, Mapping
from typing import Final

from ccrouter.model.json import Json, JsonObject, as_list, as_object, as_str

ONE: Final = (
    "items",
    "additionalProperties",
    "not",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
)
"""Keywords that hold a schema (`items` a list of them in older drafts)."""
MANY: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
NAMED: Final = ("properties", "patternProperties", "dependentSchemas", "$defs", "definitions")
DEFINITIONS: Final = ("$defs", "definitions")

MOST_SCHEMAS: Final = 5_000
"""References are put in place up to so many subschemas: a few of them in each other could stand for millions."""


def with_children(schema: Mapping[str, Json], change: Callable[[JsonObject], Json]) -> JsonObject:
    """A copy of `schema` with `change` applied to every schema directly inside it. True and false stay as they are."""

    def one(value: Json) -> Json:
        inner = as_object(value)
        return value if inner is None else change(inner)

    changed: JsonObject = {}
    for keyword, value in schema.items():
        if isinstance(value, list) and (keyword in MANY or keyword == "items"):
            changed[keyword] = [one(entry) for entry in value]
        elif keyword in ONE:
            changed[keyword] = one(value)
        elif keyword in NAMED and isinstance(value, dict):
            changed[keyword] = {name: one(entry) for name, entry in value.items()}
        else:
            changed[keyword] = value
    return changed


def inlined(schema: JsonObject) -> JsonObject:
    """`schema` with its local references put in place, and no definitions where none is needed any more.

    A schema that contains itself keeps that reference, alone but for its description: Gemini takes no other field
    beside a `$ref` (su-kaka/gcli2api#374).
    """
    inliner = _Inliner(schema)
    result = inliner.schema(schema, ())
    if not inliner.left:
        for keyword in DEFINITIONS:
            result.pop(keyword, None)
    return result


class _Inliner:
    def __init__(self, root: JsonObject) -> None:
        self._root = root
        self._count = 0
        self.left = False
        """A reference had to be left."""

    def schema(self, schema: JsonObject, open_: tuple[str, ...]) -> JsonObject:
        self._count += 1
        reference = as_str(schema.get("$ref"))
        if reference is None:
            return with_children(schema, lambda inner: self.schema(inner, open_))
        beside: JsonObject = {"description": schema["description"]} if "description" in schema else {}
        target = resolved(self._root, reference)
        if target is None or reference in open_ or self._count > MOST_SCHEMAS:
            self.left = True
            return {"$ref": reference, **beside}
        return {**self.schema(target, (*open_, reference)), **beside}


def resolved(root: JsonObject, reference: str) -> JsonObject | None:
    """The schema that a local reference (`#/$defs/Name`) names, or None."""
    if not reference.startswith("#"):
        return None
    found: Json = root
    for step in reference[1:].split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        inner, entries = as_object(found), as_list(found)
        if inner is not None:
            found = inner.get(name)
        elif entries is not None and name.isascii() and name.isdigit() and int(name) < len(entries):
            found = entries[int(name)]
        else:
            return None
    return as_object(found)
