"""Schemas: nothing is lost as JSON Schema, and the subset never holds what the proto parser refuses."""

import random
from typing import Any

import pytest

from ccrouter.dialects.gemini.references import inlined
from ccrouter.dialects.gemini.schema import answer_format, parameters
from ccrouter.dialects.gemini.subset import subset_schema
from tests.upstreams.gemini_schema_rules import check_json_schema, check_subset


def subset(schema: Any) -> Any:
    found = subset_schema(schema)
    check_subset(found, "root")
    return found


@pytest.mark.parametrize(
    "name", ["title", "format", "const", "default", "$ref", "type", "properties", "items", "anyOf"]
)
def test_a_property_may_have_any_name(name: str) -> None:
    """Cleaners that go by key name have deleted such properties (pain 41)."""
    schema: Any = {"type": "object", "properties": {name: {"type": "string"}}, "required": [name]}
    assert subset(schema) == schema
    assert inlined(schema) == schema
    assert answer_format(schema, "json_schema")["responseJsonSchema"] == schema


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"const": "a"}, {"type": "string", "enum": ["a"]}),
        ({"const": 1, "description": "D."}, {"type": "number", "description": "D. One of: 1."}),
        ({"type": "integer", "exclusiveMinimum": 0}, {"type": "integer", "minimum": 1}),
        ({"type": "integer", "exclusiveMaximum": 9}, {"type": "integer", "maximum": 8}),
        ({"type": "number", "exclusiveMinimum": 0.5}, {"type": "number", "minimum": 0.5}),
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        ({"type": ["string", "integer"]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        ({"oneOf": [{"type": "string"}, {"type": "boolean"}]}, {"anyOf": [{"type": "string"}, {"type": "boolean"}]}),
        (
            {"anyOf": [{"type": "string"}, {"type": "null"}], "title": "T"},
            {"type": "string", "nullable": True, "title": "T"},
        ),
        ({"type": "integer", "enum": [1, 2]}, {"type": "integer", "description": "One of: 1, 2."}),
        ({"enum": ["a", None, ""]}, {"type": "string", "enum": ["a"], "nullable": True}),
        ({"type": "array"}, {"type": "array", "items": {"type": "string"}}),
        ({"items": {"type": "integer"}}, {"type": "array", "items": {"type": "integer"}}),
        ({"type": "string", "format": "uri", "pattern": "x", "minLength": 1, "$comment": "c"}, {"type": "string"}),
        (
            {"allOf": [{"properties": {"a": {"type": "string"}}, "required": ["a"]}, {"required": ["b"]}]},
            {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
        ),
        (
            {"properties": {"a": {"$ref": "#/definitions/A"}}, "definitions": {"A": {"type": "boolean"}}},
            {"type": "object", "properties": {"a": {"type": "boolean"}}},
        ),
        (True, {"type": "string"}),
    ],
)
def test_the_subset_says_it_otherwise(schema: Any, expected: Any) -> None:
    assert subset(schema) == expected


TREE: Any = {
    "type": "object",
    "properties": {"root": {"$ref": "#/$defs/Node", "title": "Root", "description": "The root"}},
    "$defs": {"Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}, "n": {"type": "integer"}}}},
}


def test_a_schema_that_contains_itself_ends() -> None:
    assert subset(TREE)["properties"]["root"]["properties"]["next"] == {"type": "object"}
    kept = inlined(TREE)
    check_json_schema(kept, "root")  # no field beside a $ref
    assert "$defs" in kept
    other: Any = {"$defs": {"A": {"allOf": [{"$ref": "#/$defs/A"}]}}, "$ref": "#/$defs/A"}
    subset(other)
    inlined(other)


def test_references_are_put_in_place() -> None:
    schema: Any = {"properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"const": 1}, "B": {"$ref": "#/$defs/A"}}}
    assert inlined(schema) == {"properties": {"a": {"const": 1}}}
    unknown: Any = {"properties": {"a": {"$ref": "https://else.example/x"}}}
    assert inlined(unknown) == unknown


def test_references_cannot_grow_without_end() -> None:
    """A few definitions, each holding the next one twenty times, would stand for millions."""
    definitions = {f"L{n}": {"anyOf": [{"$ref": f"#/$defs/L{n + 1}"}] * 20} for n in range(20)}
    schema: Any = {"$ref": "#/$defs/L0", "$defs": {**definitions, "L20": {"type": "string"}}}
    assert len(str(inlined(schema))) < 5_000_000
    assert len(str(subset_schema(schema))) < 5_000_000


def test_a_function_without_parameters_has_none_in_the_subset() -> None:
    assert parameters({"type": "object", "properties": {}}, "gemini") == {}
    empty: Any = {"type": "object", "properties": {}}
    assert parameters(empty, "json_schema") == {"parametersJsonSchema": empty}


def test_json_schema_goes_as_it_is() -> None:
    schema: Any = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {"a": {"type": ["string", "array"], "items": {"type": "string"}, "minLength": 1}},
        "additionalProperties": False,
        "patternProperties": {"^x": {"const": 1}},
    }
    assert parameters(schema, "json_schema") == {
        "parametersJsonSchema": {name: value for name, value in schema.items() if name != "$schema"}
    }


@pytest.mark.parametrize("seed", range(300))
def test_no_schema_makes_the_subset_refused(seed: int) -> None:
    rng = random.Random(f"schema/{seed}")
    schema = any_schema(rng, 4)
    if not isinstance(schema, dict):
        return
    subset(schema)
    check_json_schema(inlined(schema), "root")
    answered: Any = answer_format(schema, "json_schema")["responseJsonSchema"]
    check_json_schema(answered, "root", answer=True)


VALUES: tuple[Any, ...] = ("a", "", 1, 2.5, True, None, [], {}, "b")


def any_schema(rng: random.Random, depth: int) -> Any:
    if depth == 0 or rng.random() < 0.1:
        return rng.choice([True, {}, {"type": "string"}, {"$ref": "#"}, {"$ref": "#/properties/a"}, {"type": "null"}])
    schema: dict[str, Any] = {}
    for name in rng.sample(
        ["type", "properties", "items", "anyOf", "oneOf", "allOf", "enum", "const", "required", "exclusiveMinimum",
         "format", "additionalProperties", "description", "not", "minLength", "$ref", "prefixItems", "title"],
        rng.randint(1, 6),
    ):  # fmt: skip
        match name:
            case "type":
                kinds = ["string", "number", "integer", "boolean", "array", "object", "null"]
                schema[name] = rng.choice([*kinds, rng.sample(kinds, rng.randint(1, 3))])
            case "properties":
                schema[name] = {key: any_schema(rng, depth - 1) for key in rng.sample(["a", "b", "title", "enum"], 2)}
            case "anyOf" | "oneOf" | "allOf" | "prefixItems":
                schema[name] = [any_schema(rng, depth - 1) for _ in range(rng.randint(1, 3))]
            case "items" | "not" | "additionalProperties":
                schema[name] = any_schema(rng, depth - 1)
            case "enum":
                schema[name] = rng.sample(VALUES, rng.randint(1, 4))
            case "required":
                schema[name] = rng.sample(["a", "b", "zzz"], 2)
            case "exclusiveMinimum":
                schema[name] = rng.choice([0, 1.5, True])
            case "$ref":
                schema[name] = rng.choice(["#", "#/properties/a", "#/nowhere"])
            case "const":
                schema[name] = rng.choice(VALUES)
            case "minLength":
                schema[name] = 1
            case _:
                schema[name] = rng.choice(["date-time", "uri", "x"])
    return schema
