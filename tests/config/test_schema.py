"""The schema is for people too: valid, described, and in step with the types it stands for."""

from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, get_args

import orjson
import pytest
from jsonschema import Draft202012Validator

from ccrouter.config import schema as schema_module
from ccrouter.config.read import read
from ccrouter.config.schema import load_schema, resolve, schema_file
from ccrouter.config.targets import FALLBACK_SCENARIOS
from ccrouter.config.types import (
    ANY_TARGET,
    DEFAULT_QUEUE,
    EVERY_SCENARIO,
    SCENARIOS,
    STRATEGIES,
    Cooldown,
    Limits,
    Retries,
    Timeouts,
)
from ccrouter.dialects.quirks import EffortStyle, Quirks, WebSearchStyle
from ccrouter.upstream import strategies


def test_it_is_a_valid_schema_of_the_draft_it_names() -> None:
    schema = load_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


def described(node: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, inner in node.get("properties", {}).items():
        yield f"{path}/{name}", inner
        yield from described(inner, f"{path}/{name}")


def test_every_field_has_a_description_and_the_main_ones_a_title() -> None:
    schema = load_schema()
    nodes = list(described(schema, ""))
    for name, definition in schema["$defs"].items():
        nodes += described(definition, f"$defs/{name}")
    assert len(nodes) > 50
    for path, node in nodes:
        resolved = resolve(node, schema)
        assert resolved.get("description"), path
        assert resolved.get("title") or "quirks" in path or path.endswith("/use"), path


def test_quirks_are_those_of_the_dialects() -> None:
    properties = load_schema()["$defs"]["quirks"]["properties"]
    assert set(properties) == {field.name for field in fields(Quirks)}, "schemas/config.schema.json: $defs/quirks"
    assert properties["effort_style"]["enum"] == list(get_args(EffortStyle))
    assert properties["web_search_style"]["enum"] == list(get_args(WebSearchStyle))


def test_scenarios_are_those_of_the_router() -> None:
    definitions = load_schema()["$defs"]
    assert list(definitions["fallback"]["properties"]) == [*FALLBACK_SCENARIOS, ANY_TARGET]
    assert set(SCENARIOS) < set(FALLBACK_SCENARIOS) < set(EVERY_SCENARIO)
    assert load_schema()["properties"]["rescue"]["items"]["enum"] == list(EVERY_SCENARIO)
    assert set(SCENARIOS) <= set(definitions["router"]["properties"])


def test_strategies_are_those_of_the_groups() -> None:
    assert load_schema()["$defs"]["group"]["properties"]["strategy"]["enum"] == list(STRATEGIES)
    assert set(STRATEGIES) == set(strategies.ORDERS)


@pytest.mark.parametrize(("name", "record"), [("retries", Retries()), ("cooldown", Cooldown())])
def test_defaults_are_those_of_the_types(name: str, record: Retries | Cooldown) -> None:
    properties = load_schema()["$defs"][name]["properties"]
    assert {key: node["default"] for key, node in properties.items()} == asdict(record)


def test_limits_and_timeouts_are_those_of_the_types() -> None:
    definitions = load_schema()["$defs"]
    provider = definitions["provider"]["properties"]
    assert set(definitions["timeouts"]["properties"]) == {field.name for field in fields(Timeouts)}
    assert {field.name for field in fields(Limits)} <= set(provider)
    assert provider["queue"]["default"] == DEFAULT_QUEUE


def test_the_example_passes_the_schema_as_it_stands() -> None:
    """What an editor does: no interpolation, no renaming."""
    path = Path(__file__).parents[2] / "config.example.json"
    document = read(path.read_bytes(), path).document
    assert document is not None
    Draft202012Validator(load_schema()).validate(document.value)


@pytest.mark.parametrize("name", ["readme.json", "ui.json", "github-actions.json5"])
def test_documented_configs_pass_the_schema_as_they_stand(name: str) -> None:
    path = Path(__file__).parent / "documented" / name
    document = read(path.read_bytes(), path).document
    assert document is not None
    Draft202012Validator(load_schema()).validate(document.value)


def test_a_wheel_has_it_in_the_package_and_a_checkout_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert orjson.loads(schema_file().read_bytes()) == load_schema()
    monkeypatch.setattr(schema_module, "__file__", str(tmp_path / "ccrouter" / "config" / "schema.py"))
    assert schema_file() == tmp_path / "schemas" / "config.schema.json"
    packed = tmp_path / "ccrouter" / "schemas" / "config.schema.json"
    packed.parent.mkdir(parents=True)
    packed.write_text("{}")
    assert schema_file() == packed
