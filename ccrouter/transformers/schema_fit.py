"""Making arguments fit their tool's schema where it is plain what was meant, and nowhere else.

Models write arrays and objects as strings that hold their JSON, numbers and booleans in quotes, and keys with stray
spaces (`"description "`): field-notes, pain 17. The schema alone decides: a string stays one wherever it may be one.
"""

import re
from typing import Final

import orjson

from ccrouter.model.json import Json, JsonObject, as_list, as_object, as_str
from ccrouter.transformers.json_prefix import is_object
from ccrouter.transformers.json_repair import repair

WHOLE: Final = re.compile(r"[+-]?\d{1,18}(?:\.0+)?")
DECIMAL: Final = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
DEEPEST: Final = 30


def mend_arguments(raw: str, schema: JsonObject) -> tuple[str, bool]:
    """Arguments as JSON text of an object that fits `schema`, and False when their end had to be made up.

    What needs no mending, or can't be mended, comes back as it is.
    """
    arguments, closed = read_arguments(raw, schema)
    if arguments is None:
        return raw, True
    fitted = fit_object(arguments, schema)
    if fitted == arguments and is_object(raw):
        return raw, True
    return dump(fitted), closed


def read_arguments(raw: str, schema: JsonObject) -> tuple[JsonObject | None, bool]:
    """The object that `raw` means, None where that would be guessing; and False when its end had to be made up."""
    repaired = repair(raw)
    if repaired is None:
        return None, True
    value, closed = repaired.value, repaired.closed
    if isinstance(value, str):  # the object was encoded twice
        inner = repair(value)
        value = None if inner is None or not inner.closed else inner.value
    elif isinstance(value, list) and len(value) == 1:
        only, known = as_object(value[0]), as_object(schema.get("properties")) or {}
        value = only if only is not None and only.keys() <= known.keys() else None
    elif value is None and not schema.get("required"):
        value = {}  # `null` for a tool that needs nothing
    return as_object(value), closed


def dump(arguments: JsonObject) -> str:
    """Arguments as JSON text."""
    return orjson.dumps(arguments, option=orjson.OPT_PASSTHROUGH_SUBCLASS).decode()


def fit_object(arguments: JsonObject, schema: JsonObject, depth: int = 0) -> JsonObject:
    """`arguments` with every key and value as `schema` has it, as far as that is plain."""
    properties = as_object(schema.get("properties")) or {}
    fitted: JsonObject = {}
    for key, value in arguments.items():
        name = key.strip() if key not in properties and key.strip() in properties else key
        if name in arguments and name != key:
            name = key  # both spellings came: neither is lost
        fitted[name] = fit(value, as_object(properties.get(name)) or {}, depth + 1)
    return fitted


def fit(value: Json, schema: JsonObject, depth: int = 0) -> Json:
    """`value` as `schema` has it, or as it is."""
    if depth > DEEPEST:
        return value
    if isinstance(value, dict):
        return fit_object(value, schema, depth)
    if isinstance(value, list):
        items = as_object(schema.get("items"))
        return value if items is None else [fit(item, items, depth + 1) for item in value]
    wanted = types_of(schema)
    if isinstance(value, str):
        return value if not wanted or "string" in wanted else _meant(value, wanted, schema, depth)
    if wanted == frozenset({"string"}) and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


def typed(text: str, schema: JsonObject) -> Json:
    """A value that was written without quotes, because its notation has none, by what `schema` says it is.

    Without a word of the schema it is a string.
    """
    wanted = types_of(schema)
    return text if not wanted or "string" in wanted else _meant(text, wanted, schema, 0)


def types_of(schema: JsonObject) -> frozenset[str]:
    """The JSON types that `schema` allows; empty when it does not say."""
    kind = schema.get("type")
    if isinstance(kind, str):
        return frozenset({kind})
    if isinstance(kind, list):
        return frozenset(name for name in kind if isinstance(name, str))
    for name in ("anyOf", "oneOf"):
        choices = as_list(schema.get(name))
        if choices:
            found = [types_of(as_object(choice) or {}) for choice in choices]
            return frozenset[str]().union(*found) if all(found) else frozenset()
    return frozenset()


def _meant(text: str, wanted: frozenset[str], schema: JsonObject, depth: int) -> Json:
    """The value of one of the types `wanted` that `text` spells; the text when it spells none of them."""
    word = text.strip()
    if "boolean" in wanted and word.lower() in {"true", "false"}:
        return word.lower() == "true"
    if "null" in wanted and word.lower() in {"null", "none"}:
        return None
    if wanted & {"integer", "number"} and WHOLE.fullmatch(word):
        return int(float(word)) if "." in word else int(word)
    if "number" in wanted and DECIMAL.fullmatch(word):
        return float(word)
    if wanted & {"array", "object"} and word[:1] in {"[", "{"}:
        repaired = repair(word)
        if repaired is not None and repaired.closed:
            kind = "array" if isinstance(repaired.value, list) else "object"
            if kind in wanted and isinstance(repaired.value, list | dict):
                return fit(repaired.value, _branch(schema, kind), depth + 1)
    return text


def _branch(schema: JsonObject, kind: str) -> JsonObject:
    """The part of `schema` that speaks of values of type `kind`."""
    for name in ("anyOf", "oneOf"):
        for choice in as_list(schema.get(name)) or ():
            fields = as_object(choice) or {}
            if as_str(fields.get("type")) == kind:
                return fields
    return schema
