"""A preset's manifest as a configuration: CCR's answers, what is taken out, and what has no effect."""

import json
from pathlib import Path

import pytest

from ccrouter.config.document import Document
from ccrouter.config.manifest import configuration_of, questions_of
from ccrouter.config.problems import Problem
from ccrouter.config.read import read
from ccrouter.model.json import JsonObject, as_object
from ccrouter.runtime import build_preset

PROVIDER: JsonObject = {"name": "a", "api_base_url": "http://127.0.0.1:1/v1", "api_key": "#{key}", "models": ["m", "n"]}
ROUTER: JsonObject = {"default": "a,m"}


def document(manifest: JsonObject) -> Document:
    found = read(json.dumps(manifest, indent=1).encode(), Path("/p/manifest.json")).document
    assert found is not None
    return found


def configured(manifest: JsonObject) -> tuple[JsonObject, list[Problem]]:
    made, problems = configuration_of(document(manifest))
    value = as_object(made.value)
    assert value is not None
    return value, problems


def test_the_description_is_taken_out_silently() -> None:
    value, problems = configured(
        {"name": "x", "version": "1", "ccrVersion": "2.0.0", "keywords": [], "noServer": False, "Providers": [],
         "Router": ROUTER}
    )  # fmt: skip
    assert value == {"Providers": [], "Router": ROUTER}
    assert problems == []


def test_answers_stand_where_they_are_named_and_missing_ones_are_empty() -> None:
    value, problems = configured(
        {
            "schema": [{"id": "key"}, {"id": "model", "type": "input", "defaultValue": "m"}, {"id": "host"}],
            "userValues": {"key": "sk-1"},
            "Providers": [{**PROVIDER, "api_base_url": "http://#{host}.example/#{model}"}],
            "Router": {"default": "a,#{model}"},
            "key": "as an id it is no field",
        }
    )
    assert value["Providers"] == [{**PROVIDER, "api_key": "sk-1", "api_base_url": "http://.example/m"}]
    assert value["Router"] == {"default": "a,m"}
    assert problems == []


def test_the_template_mappings_and_paths_in_ccrs_order() -> None:
    value, _ = configured(
        {
            "schema": [{"id": "key"}, {"id": "fast", "type": "confirm"}],
            "userValues": {"key": "sk-1", "fast": True, "Router.think": "a,n"},
            "template": {"Providers": [PROVIDER], "Router": ROUTER},
            "configMappings": [
                {"target": "Router.background", "value": "a,n", "when": {"field": "fast", "value": True}},
                {
                    "target": "Router.image",
                    "value": "a,n",
                    "when": [{"field": "fast", "operator": "ne", "value": True}],
                },
                {"target": "Providers[0].models[1]", "value": "#{key}-model"},
                {"target": "Providers[7].name", "value": "nobody"},
            ],
        }
    )
    assert value["Router"] == {"default": "a,m", "background": "a,n", "think": "a,n"}
    assert value["Providers"] == [{**PROVIDER, "api_key": "sk-1", "models": ["m", "sk-1-model"]}]


@pytest.mark.parametrize(
    ("operator", "value", "holds"),
    [
        ("eq", 5, True), ("ne", 5, False), ("in", [4, 5], True), ("nin", [4, 5], False), ("gt", 4, True),
        ("lt", 4, False), ("gte", 5, True), ("lte", 4, False), ("exists", True, True), ("exists", False, False),
        ("odd", 5, False), ("gt", "4", False),
    ],
)  # fmt: skip
def test_conditions(operator: str, value: object, holds: bool) -> None:
    when = {"field": "n", "operator": operator, "value": value}
    mapping: JsonObject = {"target": "Router.think", "value": "a,n", "when": when}  # pyright: ignore[reportAssignmentType]
    made, _ = configured({"userValues": {"n": 5}, "Router": ROUTER, "configMappings": [mapping]})
    assert ("think" in (as_object(made["Router"]) or {})) is holds


@pytest.mark.parametrize(
    "name",
    [
        "transformers", "CUSTOM_ROUTER_PATH", "custom_router_path", "REWRITE_SYSTEM_PROMPT", "HOST", "PORT", "APIKEY",
        "CLAUDE_PATH", "GOOGLE_APPLICATION_CREDENTIALS", "PATH", "StatusLine",
    ],
)  # fmt: skip
def test_what_runs_code_reads_files_or_belongs_to_the_machine_has_no_effect_and_says_so(name: str) -> None:
    value, (problem,) = configured({"Router": ROUTER, name: "/home/me/.ssh/id_rsa"})
    assert value == {"Router": ROUTER}
    assert f'"{name}" has no effect in a preset' in str(problem)
    assert problem.line == 5


def test_questions() -> None:
    questions = questions_of(
        {"schema": [{"id": "k"}, {"type": "input"}, {"id": "m", "type": "select", "label": "Model", "required": False,
                    "options": ["a", {"label": "B", "value": "b"}, 7]}]}
    )  # fmt: skip
    assert [(question.id, question.secret, question.required) for question in questions] == [
        ("k", True, True), ("m", False, False),
    ]  # fmt: skip
    assert (questions[1].label, questions[1].options) == ("Model", ("a", "b"))


def test_a_preset_is_built_with_its_own_env_file_and_mistakes_have_their_lines(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({"name": "x", "Providers": [{**PROVIDER, "api_key": "${K}"}], "Router": ROUTER}))
    (tmp_path / ".env").write_text("K=sk-own\n")
    built = build_preset(manifest, {})
    assert built.problems == ()
    assert built.service is not None
    assert built.service.config.providers[0].api_keys == ("sk-own",)
    assert built.service.config.environment == {}
    manifest.write_text('{ name: "x",\n Providers: [],\n Router: { default: "b,m" } }')
    built = build_preset(manifest, {})
    assert built.service is None
    assert f"{manifest}:2:" in str(built.problems[0])


@pytest.mark.parametrize(
    "text", ["", "[]", "7", "{", '{"Providers": 5}', '{"schema": 1, "userValues": [], "template": 1}']
)
def test_whatever_a_manifest_is_it_only_gives_problems(tmp_path: Path, text: str) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.write_text(text)
    built = build_preset(manifest, {})
    assert built.service is None
    assert built.problems
