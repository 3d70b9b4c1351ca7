"""Whether a value is what a JSON Schema wants, by the few keywords that our schemas use.

jsonschema finds out the same and says why not, but takes 40 ms and 5 MB to load: the daemon, whose config is nearly
always right, asks here first. `tests/config/test_conforming.py` holds one against the other.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from ccrouter.model.json import Json, as_list, as_object, as_str

Schema: TypeAlias = Mapping[str, Any]
Wanted: TypeAlias = Any
"""What stands behind a keyword: a part of a schema, which has no type of its own."""

ANNOTATIONS: Final = frozenset({
    "title", "description", "examples", "default", "deprecated", "patternErrorMessage", "$schema", "$defs", "$comment",
})  # fmt: skip
"""Keywords that ask for nothing."""


def conforms(value: Json, schema: Schema, root: Schema | None = None) -> bool:
    """True: `value` is as `schema` wants it. False: it is not, or a keyword here is none that this module knows.

    `root` is where a `$ref` leads; `schema` itself where it is not given. The schema must be `well_formed`.
    """
    root = schema if root is None else root
    for keyword, wanted in schema.items():
        check = _CHECKS.get(keyword)
        if check is None:
            if keyword in ANNOTATIONS or keyword.startswith("x-"):
                continue
            return False
        if not check(value, wanted, schema, root):
            return False
    return True


def well_formed(schema: Wanted) -> bool:
    """True: `schema` has only keywords of this module, with values that they take. False: jsonschema must say."""
    keywords = as_object(schema)
    if keywords is None:
        return isinstance(schema, bool)
    return all(_TAKES.get(keyword, _nothing)(wanted) for keyword, wanted in keywords.items())


def _nothing(_wanted: Wanted) -> bool:
    return False


def _texts(wanted: Wanted) -> bool:
    texts = as_list(wanted)
    return texts is not None and all(isinstance(text, str) and texts.count(text) == 1 for text in texts)


def _names_types(wanted: Wanted) -> bool:
    names = [wanted] if isinstance(wanted, str) else as_list(wanted)
    return bool(names) and _texts(names) and all(name in _TYPES for name in names)


def _schemas(wanted: Wanted) -> bool:
    schemas = as_list(wanted)
    return bool(schemas) and all(map(well_formed, schemas))


def _named_schemas(wanted: Wanted) -> bool:
    schemas = as_object(wanted)
    return schemas is not None and all(map(well_formed, schemas.values()))


def _is_pattern(wanted: Wanted) -> bool:
    try:
        return isinstance(wanted, str) and bool(re.compile(wanted))
    except re.error:
        return False


def _number(wanted: Wanted) -> bool:
    return isinstance(wanted, int | float) and not isinstance(wanted, bool)


def _count(wanted: Wanted) -> bool:
    return isinstance(wanted, int) and not isinstance(wanted, bool) and wanted >= 0


def _is_integer(value: Json) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())


_TYPES: Final[dict[str, Callable[[Json], bool]]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": _is_integer,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}


def _inner(value: Json, schema: Wanted, root: Schema) -> bool:
    """A schema within a schema may be true or false, too."""
    return schema if isinstance(schema, bool) else conforms(value, schema, root)


def _type(value: Json, wanted: Wanted, _schema: Schema, _root: Schema) -> bool:
    return any(_TYPES[name](value) for name in ([wanted] if isinstance(wanted, str) else wanted))


def _ref(value: Json, wanted: Wanted, _schema: Schema, root: Schema) -> bool:
    target: Wanted = root
    for part in str(wanted).removeprefix("#/").split("/"):
        target = target[part]
    return _inner(value, target, root)


def _properties(value: Json, wanted: Wanted, _schema: Schema, root: Schema) -> bool:
    return not isinstance(value, dict) or all(
        _inner(inner, wanted[name], root) for name, inner in value.items() if name in wanted
    )


def _additional_properties(value: Json, wanted: Wanted, schema: Schema, root: Schema) -> bool:
    known = schema.get("properties", {})
    return not isinstance(value, dict) or all(
        _inner(inner, wanted, root) for name, inner in value.items() if name not in known
    )


def _items(value: Json, wanted: Wanted, schema: Schema, root: Schema) -> bool:
    begin = len(schema.get("prefixItems", ()))
    return not isinstance(value, list) or all(_inner(inner, wanted, root) for inner in value[begin:])


def _prefix_items(value: Json, wanted: Wanted, _schema: Schema, root: Schema) -> bool:
    return not isinstance(value, list) or all(
        _inner(inner, schema, root) for inner, schema in zip(value, wanted, strict=False)
    )


def _enum(value: Json, wanted: Wanted, _schema: Schema, _root: Schema) -> bool:
    """Only texts and null: whether 1 is 1.0 or true is jsonschema's to say."""
    return (value is None or isinstance(value, str)) and value in wanted


def _pattern(value: Json, wanted: Wanted, _schema: Schema, _root: Schema) -> bool:
    return not isinstance(value, str) or re.search(wanted, value) is not None


def _one_of(value: Json, wanted: Wanted, _schema: Schema, root: Schema) -> bool:
    """Only of schemas that no value meets two of, as their types are others."""
    branches = as_list(wanted) or []
    types = [as_str((as_object(branch) or {}).get("type")) for branch in branches]
    apart = None not in types and len(set(types)) == len(types)
    return apart and not {"integer", "number"} <= set(types) and any(_inner(value, branch, root) for branch in branches)


def _bound(holds: Callable[[Any, Any], bool]) -> "_Check":
    def check(value: Json, wanted: Wanted, _schema: Schema, _root: Schema) -> bool:
        return isinstance(value, bool) or not isinstance(value, int | float) or holds(value, wanted)

    return check


def _size(kind: type, holds: Callable[[int, int], bool]) -> "_Check":
    def check(value: Json, wanted: Wanted, _schema: Schema, _root: Schema) -> bool:
        return not isinstance(value, kind) or holds(len(value), wanted)  # pyright: ignore[reportArgumentType]

    return check


_Check: TypeAlias = Callable[[Json, Any, Schema, Schema], bool]

_CHECKS: Final[dict[str, _Check]] = {
    "$ref": _ref,
    "type": _type,
    "properties": _properties,
    "additionalProperties": _additional_properties,
    "required": lambda value, wanted, _schema, _root: (
        not isinstance(value, dict) or all(one in value for one in wanted)
    ),
    "items": _items,
    "prefixItems": _prefix_items,
    "oneOf": _one_of,
    "enum": _enum,
    "pattern": _pattern,
    "minimum": _bound(lambda value, limit: value >= limit),
    "maximum": _bound(lambda value, limit: value <= limit),
    "exclusiveMinimum": _bound(lambda value, limit: value > limit),
    "exclusiveMaximum": _bound(lambda value, limit: value < limit),
    "minLength": _size(str, lambda size, limit: size >= limit),
    "maxLength": _size(str, lambda size, limit: size <= limit),
    "minItems": _size(list, lambda size, limit: size >= limit),
    "maxItems": _size(list, lambda size, limit: size <= limit),
    "minProperties": _size(dict, lambda size, limit: size >= limit),
    "maxProperties": _size(dict, lambda size, limit: size <= limit),
}

_TAKES: Final[dict[str, Callable[[Wanted], bool]]] = {
    "type": _names_types,
    "properties": _named_schemas,
    "additionalProperties": well_formed,
    "items": well_formed,
    "prefixItems": _schemas,
    "oneOf": _schemas,
    "pattern": _is_pattern,
    "required": _texts,
    "enum": lambda wanted: isinstance(wanted, list),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _number),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), _count),
    **dict.fromkeys(
        ("title", "description", "patternErrorMessage", "$comment"), lambda wanted: isinstance(wanted, str)
    ),
    "default": lambda _wanted: True,
    "examples": lambda wanted: isinstance(wanted, list),
}
"""What a schema that this module may judge by can hold."""
