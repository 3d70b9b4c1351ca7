"""The quick check says yes only where jsonschema does, and to everything that our configs hold."""

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from ccrouter.config.conforming import conforms, well_formed
from ccrouter.config.schema import load_schema, resolve
from ccrouter.transformers.registry import options_schemas

VALUES: list[Any] = [
    None, True, False, 0, 1, 1.0, 1.5, -3, 2**70, 1e300, "", "a", "ab1", "12", "ä" * 30, [], [1], ["a", "a", 3], {},
    {"a": 1}, {"a": "x", "b": [True]}, [[]], {"": None},
]  # fmt: skip
SCHEMAS: list[Any] = [
    {"type": "integer"}, {"type": "number"}, {"type": ["string", "null"]}, {"type": "boolean"}, {"type": "object"},
    {"type": "array", "items": {"type": "string"}}, {"prefixItems": [{"type": "integer"}], "items": {"type": "string"}},
    {"items": False}, {"prefixItems": [True, False]}, {"minItems": 1, "maxItems": 2},
    {"minLength": 1, "maxLength": 3}, {"minProperties": 1}, {"maxProperties": 0}, {"pattern": "^[a-z]+$"},
    {"minimum": 1}, {"maximum": 1}, {"exclusiveMinimum": 1}, {"exclusiveMaximum": 1.5}, {"enum": ["a", None]},
    {"enum": [1, True]}, {"enum": []}, {"required": ["a"]},
    {"properties": {"a": {"type": "integer"}}, "additionalProperties": False},
    {"properties": {"a": True, "b": False}}, {"additionalProperties": {"type": "integer"}},
    {"$ref": "#/$defs/x", "$defs": {"x": {"type": "string", "minLength": 1}}}, {"title": "t", "x-secret": True},
    {"oneOf": [{"type": "string"}]},
    {"oneOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": "^[1-9]"}]},
    {"oneOf": [{"type": "integer"}, {"type": "number"}]}, {"oneOf": [{}, {"type": "string"}]},
    {"oneOf": [True, {"minimum": 1}]}, {"not": {}},
    {"const": 1}, {"format": "uri"}, {"patternProperties": {"a": False}},
]  # fmt: skip


def agrees(schema: Any, value: Any) -> bool:
    return Draft202012Validator(schema).is_valid(value)  # pyright: ignore[reportUnknownMemberType]


@pytest.mark.parametrize("schema", SCHEMAS, ids=json.dumps)
def test_what_conforms_is_valid(schema: Any) -> None:
    known = all(keyword not in schema for keyword in ("oneOf", "not", "const", "format", "patternProperties", "enum"))
    for value in VALUES:
        valid = agrees(schema, value)
        assert conforms(value, schema) is valid or (valid and not known), (value, valid)


@pytest.mark.parametrize("schema", [*SCHEMAS, *options_schemas().values()], ids=json.dumps)
def test_well_formed_is_a_valid_schema(schema: Any) -> None:
    Draft202012Validator.check_schema(schema)
    if well_formed(schema):
        assert not {"not", "const", "format", "patternProperties", "$ref"} & set(schema)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "strng"}, {"type": []}, {"type": ["string", "string"]}, {"type": 7}, {"required": "a"},
        {"required": [1]}, {"required": ["a", "a"]}, {"properties": []}, {"properties": {"a": {"type": "strng"}}},
        {"properties": {"a": 1}},
        {"items": [1]}, {"items": {"minimum": "1"}}, {"additionalProperties": "no"}, {"prefixItems": []},
        {"minimum": True}, {"maxLength": -1}, {"minItems": "1"}, {"maxItems": True}, {"enum": "a"}, {"title": 1},
        {"examples": 1}, {"pattern": "("}, {"pattern": 7},
        {"oneOf": []}, {"oneOf": [7]}, {"oneOf": {"type": "string"}}, 7, None, [], "x",
    ],
    ids=json.dumps,
)  # fmt: skip
def test_a_schema_that_is_wrong_is_not_well_formed(schema: Any) -> None:
    assert not well_formed(schema)


def mutated(value: Any, dice: random.Random) -> Any:
    """The value with something in it exchanged, taken away or added."""
    if isinstance(value, dict) and value and dice.random() < 0.8:
        name = dice.choice(list(value))
        rest = dict(value)
        inner = rest.pop(name)
        if dice.random() < 0.8:
            rest[name] = mutated(inner, dice)
        if dice.random() < 0.1:
            rest[dice.choice(["other", "type", "timeouts", "models"])] = dice.choice(VALUES)
        return rest
    if isinstance(value, list) and value and dice.random() < 0.8:
        at = dice.randrange(len(value))
        return [*value[:at], mutated(value[at], dice), *value[at + dice.randrange(2) :]]
    return dice.choice(VALUES)


def whole_config() -> dict[str, Any]:
    """A config in which the schema's own examples and defaults stand."""

    def example(node: dict[str, Any], depth: int = 0) -> Any:
        node = resolve(node, load_schema())
        for key in ("examples", "enum"):
            if node.get(key):
                return node[key][0]
        if "default" in node:
            return node["default"]
        if "properties" in node and depth < 5:
            return {name: example(inner, depth + 1) for name, inner in node["properties"].items()}
        if isinstance(node.get("items"), dict) and depth < 5:
            return [example(node["items"], depth + 1)]
        return "a,b"

    return example({name: entry for name, entry in load_schema().items() if name != "examples"})


@pytest.mark.parametrize("seed", range(40))
def test_mutated_configs(seed: int) -> None:
    dice, schema = random.Random(seed), load_schema()
    validator = Draft202012Validator(schema)
    for _ in range(15):
        value = mutated(mutated(whole_config(), dice), dice)
        assert conforms(value, schema) is validator.is_valid(value), json.dumps(value)  # pyright: ignore[reportUnknownMemberType]


def test_the_whole_schema_is_of_known_keywords() -> None:
    """Else every config would need jsonschema."""
    config: Any = {
        "Providers": [{"name": "a", "api_base_url": "http://a/v1", "models": ["m"]}],
        "Router": {"default": "a,m"},
    }
    assert conforms(config, load_schema())


def test_a_good_config_is_loaded_without_jsonschema(tmp_path: Path) -> None:
    config = {
        "Providers": [
            {
                "name": "a",
                "api_base_url": "http://a/v1",
                "api_key": "k",
                "models": ["m"],
                "transformer": {"use": ["reasoning"]},
            }
        ],
        "Router": {"default": "a,m"},
    }
    (tmp_path / "config.json").write_bytes(orjson.dumps(config))
    program = (
        "import sys; from pathlib import Path; from ccrouter.runtime import build\n"
        f"built = build(Path({str(tmp_path / 'config.json')!r}), {{}})\n"
        "loaded = [name for name in ('jsonschema', 'rpds') if name in sys.modules]\n"
        "print(built.service is not None, built.problems, loaded)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True () []"
