"""Leaving keywords out of a JSON Schema, by position: a property may well be called `title`."""

from collections.abc import Set as AbstractSet
from typing import Final

import orjson

from ccrouter.model.json import Json, JsonObject, as_list, as_object

NAMED_SCHEMAS: Final = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
"""Keywords whose value has names for keys, and schemas for values."""
SCHEMA_LISTS: Final = frozenset({"anyOf", "allOf", "oneOf", "prefixItems", "items"})
SCHEMAS: Final = frozenset(
    {
        "items",
        "additionalProperties",
        "additionalItems",
        "unevaluatedProperties",
        "unevaluatedItems",
        "propertyNames",
        "contains",
        "not",
        "if",
        "then",
        "else",
    }
)


def without_keys(schema: JsonObject, keys: AbstractSet[str]) -> JsonObject:
    """`schema` without the keywords `keys`, at every depth; a key may name its value as well (`nullable:false`).

    The schema itself when it has none of them. What is not a schema (`default`, `enum`, `const`, `examples`) is left
    alone.
    """
    if not keys:
        return schema
    changed = False
    kept: JsonObject = {}
    for key, value in schema.items():
        if key in keys or (not isinstance(value, dict | list) and f"{key}:{orjson.dumps(value).decode()}" in keys):
            changed = True
            continue
        new = _inner(key, value, keys)
        changed = changed or new is not value
        kept[key] = new
    return kept if changed else schema


def _inner(key: str, value: Json, keys: AbstractSet[str]) -> Json:
    fields, items = as_object(value), as_list(value)
    if fields is not None and key in NAMED_SCHEMAS:
        inner: JsonObject = {name: _schema(entry, keys) for name, entry in fields.items()}
        return inner if any(inner[name] is not fields[name] for name in inner) else value
    if fields is not None and key in SCHEMAS:
        return without_keys(fields, keys)
    if items is not None and key in SCHEMA_LISTS:
        entries = [_schema(entry, keys) for entry in items]
        return entries if any(new is not old for new, old in zip(entries, items, strict=True)) else value
    return value


def _schema(value: Json, keys: AbstractSet[str]) -> Json:
    fields = as_object(value)
    return value if fields is None else without_keys(fields, keys)
