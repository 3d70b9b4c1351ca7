"""What Gemini refuses in schemas: of its own `Schema` proto (an OpenAPI subset), and of JSON Schema."""

from ccrouter.model.json import Json, JsonObject, as_list, as_object, as_str
from tests.upstreams.refused import object_at, require

SUBSET = frozenset(
    {
        "type",
        "format",
        "title",
        "description",
        "nullable",
        "enum",
        "maxItems",
        "minItems",
        "properties",
        "required",
        "anyOf",
        "propertyOrdering",
        "items",
        "minimum",
        "maximum",
        "example",
        "default",
    }
)
"""ai.google.dev, caching#Schema, without the length and pattern limits that some hosts refuse (CLIProxyAPI#2142)."""
TYPES = frozenset({"string", "number", "integer", "boolean", "array", "object"})
FORMATS = {"string": {"enum", "date-time"}, "number": {"float", "double"}, "integer": {"int32", "int64"}}
ANSWER = frozenset(
    {
        "$id",
        "$defs",
        "$ref",
        "$anchor",
        "type",
        "format",
        "title",
        "description",
        "enum",
        "items",
        "prefixItems",
        "minItems",
        "maxItems",
        "minimum",
        "maximum",
        "anyOf",
        "oneOf",
        "properties",
        "additionalProperties",
        "required",
        "propertyOrdering",
    }
)
"""What responseJsonSchema takes."""
ONE = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")
MANY = ("anyOf", "oneOf", "allOf", "prefixItems")
NAMED = ("properties", "patternProperties", "$defs", "definitions")


def check_subset(schema: JsonObject, where: str) -> None:
    """Refuse what the `Schema` proto does not know.

    Raises:
        RefusedError: with the words of Google's parser.
    """
    for name in schema:
        require(
            name in SUBSET, f"Invalid JSON payload received. Unknown name \"{name}\" at '{where}': Cannot find field."
        )
    if "anyOf" in schema:
        require(
            list(schema) == ["anyOf"],
            f"`{where}` schema specified other fields alongside any_of. When using any_of, it must be the only field "
            "set.",
        )
        for number, inner in enumerate(as_list(schema["anyOf"]) or ()):
            check_subset(object_at(inner, where), f"{where}.any_of[{number}]")
        return
    kind = schema.get("type")
    require(not isinstance(kind, list), f"Proto field is not repeating, cannot start list. ({where}.type)")
    require(kind in TYPES, f"{where}.type: {kind!r} (TYPE_UNSPECIFIED is not a type)")
    assert isinstance(kind, str)
    if "enum" in schema:
        require(kind == "string", f"{where}.enum: only allowed for STRING type")
        for value in as_list(schema["enum"]) or ():
            require(as_str(value) is not None, f"Invalid value at '{where}.enum[0]' (TYPE_STRING), {value!r}")
            require(value, f"{where}.enum[0]: cannot be empty")
    if "format" in schema:
        require(schema["format"] in FORMATS.get(kind, set()), f"{where}.format: only 'enum' and 'date-time' …")
    for name in ("minimum", "maximum"):
        require(name not in schema or not isinstance(schema[name], str | bool), f"Invalid value at '{where}.{name}'")
    if kind == "array":
        require("items" in schema, f"{where}.items: missing field.")
        check_subset(object_at(schema["items"], where), f"{where}.items")
    properties = as_object(schema.get("properties")) or {}
    for name, inner in properties.items():
        check_subset(object_at(inner, where), f"{where}.properties[{name}]")
    for name in as_list(schema.get("required")) or ():
        require(name in properties, f"{where}.required: property is not defined: {name}")


def check_json_schema(schema: JsonObject, where: str, *, answer: bool = False) -> None:
    """Refuse what Gemini refuses of JSON Schema. `answer`: of `responseJsonSchema`, which takes less.

    Raises:
        RefusedError: with words like Google's.
    """
    if "$ref" in schema:
        beside = {name for name in schema if not name.startswith("$")} - {"description", "default"}
        require(not beside, f"{where}: a schema with $ref takes no other fields: {sorted(beside)}")
    for name, value in schema.items():
        require(not answer or name in ANSWER, f"{where}: unsupported keyword {name!r}")
        if name in NAMED:
            for key, inner in (as_object(value) or {}).items():
                _nested(inner, f"{where}.{name}[{key}]", answer=answer)
        elif name in MANY or (name == "items" and isinstance(value, list)):
            for number, inner in enumerate(as_list(value) or ()):
                _nested(inner, f"{where}.{name}[{number}]", answer=answer)
        elif name in ONE:
            _nested(value, f"{where}.{name}", answer=answer)


def _nested(value: Json, where: str, *, answer: bool) -> None:
    inner = as_object(value)
    require(inner is not None or isinstance(value, bool), f"{where} is no schema")
    if inner is not None:
        check_json_schema(inner, where, answer=answer)
