"""From a file to a service, or to problems."""

import os
from pathlib import Path

import orjson
import pytest

from ccrouter import runtime
from ccrouter.config.types import Target
from ccrouter.errors import RequestError
from ccrouter.runtime import build, build_preset, check

PROVIDER = {"name": "mock", "api_base_url": "http://127.0.0.1:1/v1", "api_key": "k", "models": ["m"]}
GOOD = {"Providers": [PROVIDER], "Router": {"default": "mock,m"}}

PLUGIN = """
from ccrouter.api import Transformer

class Mine(Transformer):
    name = "mine"
    options_schema = {"type": "object", "properties": {"loud": {"type": "boolean"}}, "additionalProperties": False}

    def wire(self, body, context):
        body["mine"] = self.options.get("loud", False)
        return body
"""


def write(folder: Path, document: object, name: str = "config.json") -> Path:
    path = folder / name
    path.write_bytes(orjson.dumps(document))
    return path


def errors(path: Path) -> list[str]:
    return [str(problem) for problem in check(path, {}) if problem.severity == "error"]


def warnings(path: Path) -> list[str]:
    return [str(problem) for problem in check(path, {}) if problem.severity == "warning"]


def test_a_good_config_is_built_completely(tmp_path: Path) -> None:
    built = build(write(tmp_path, GOOD), {})
    assert built.problems == ()
    assert built.service is not None
    pipeline = built.service.pipeline(Target("mock", "m"))
    assert pipeline.dialect.name == "openai_chat"
    assert built.service.pipeline(Target("mock", "m")) is pipeline
    assert built.service.pipeline(Target("mock", "not-listed")).target.model == "not-listed"


def test_an_unknown_provider_is_the_clients_mistake(tmp_path: Path) -> None:
    service = build(write(tmp_path, GOOD), {}).service
    assert service is not None
    with pytest.raises(RequestError, match="nobody"):
        service.pipeline(Target("nobody", "m"))


@pytest.mark.parametrize(
    ("url", "use", "dialect"),
    [
        ("http://127.0.0.1:1/v1/messages", [], "anthropic"),
        ("http://127.0.0.1:1/v1", ["Anthropic"], "anthropic"),
        ("http://127.0.0.1:1/v1", ["anthropic"], "anthropic"),
        ("http://127.0.0.1:1/v1", [["Anthropic", {"UseBearer": True}]], "anthropic"),
        ("http://127.0.0.1:1/v1beta/models/", ["gemini"], "gemini"),
        ("http://127.0.0.1:1/v1beta", [["gemini", {}]], "gemini"),
        ("https://generativelanguage.googleapis.com/v1beta/models/", [], "gemini"),
        ("https://generativelanguage.googleapis.com/v1beta/openai/", [], "openai_chat"),
        ("http://127.0.0.1:1/v1/chat/completions", ["deepseek", ["maxtoken", {"max_tokens": 10}]], "openai_chat"),
    ],
)
def test_the_protocol_follows_transformer_and_url(tmp_path: Path, url: str, use: list[object], dialect: str) -> None:
    provider = {**PROVIDER, "api_base_url": url, "transformer": {"use": use}}
    built = build(write(tmp_path, {**GOOD, "Providers": [provider]}), {})
    assert built.service is not None, built.problems
    assert built.service.pipeline(Target("mock", "m")).dialect.name == dialect


def test_a_protocol_of_the_future_is_a_warning_and_a_clear_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CCR's names of protocols are all known, spoken or not."""
    spoken = {name: dialect for name, dialect in runtime.DIALECTS.items() if name != "gemini"}
    monkeypatch.setattr(runtime, "DIALECTS", spoken)
    later = {**PROVIDER, "name": "later", "protocol": "gemini"}
    path = write(tmp_path, {**GOOD, "Providers": [PROVIDER, later]})
    assert errors(path) == []
    assert any("later" in warning for warning in warnings(path))
    service = build(path, {}).service
    assert service is not None
    with pytest.raises(RequestError, match="cannot be used") as caught:
        service.pipeline(Target("later", "m"))
    assert caught.value.status == 501


def test_a_users_own_transformer(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(PLUGIN)
    provider = {**PROVIDER, "transformer": {"use": [["mine", {"loud": True}]]}}
    document = {**GOOD, "Providers": [provider], "transformers": [{"path": "mine.py"}]}
    built = build(write(tmp_path, document), {})
    assert built.service is not None, built.problems
    assert [type(hook).__name__ for hook in built.service.pipeline(Target("mock", "m")).wire_hooks] == ["Mine"]
    assert tmp_path / "mine.py" in built.service.config.sources


@pytest.mark.parametrize(
    ("plugin", "use", "words"),
    [
        ("class Broken(", "mine", "not valid Python"),
        ("raise ValueError('at import')", "mine", "at import"),
        ("x = 1", "mine", "no transformer"),
        (PLUGIN, "mein", '"mein"'),
        (
            PLUGIN.replace(
                "    def wire", "    def __init__(self, options=None):\n        raise KeyError('x')\n\n    def wire"
            ),
            "mine",
            "'mine' failed",
        ),
    ],
)
def test_what_is_wrong_with_a_users_transformer_is_told(tmp_path: Path, plugin: str, use: object, words: str) -> None:
    (tmp_path / "mine.py").write_text(plugin)
    provider = {**PROVIDER, "transformer": {"use": [use]}}
    document = {**GOOD, "Providers": [provider], "transformers": [{"path": "mine.py"}]}
    assert any(words in error for error in errors(write(tmp_path, document)))


def test_quirks_of_the_config_are_checked_and_used(tmp_path: Path) -> None:
    document = {**GOOD, "Providers": [{**PROVIDER, "quirks": {"max_tokens_cap": 77}}]}
    built = build(write(tmp_path, document), {})
    assert built.service is not None, built.problems
    assert built.service.pipeline(Target("mock", "m")).quirks.max_tokens_cap == 77
    wrong = {**GOOD, "Providers": [{**PROVIDER, "quirks": {"max_token_cap": 77}}]}
    assert any("max_tokens_cap" in warning for warning in warnings(write(tmp_path, wrong)))


def test_rewrite_system_prompt(tmp_path: Path) -> None:
    prompt = tmp_path / "prompt.md"
    prompt.write_text("Mine.")
    built = build(write(tmp_path, {**GOOD, "REWRITE_SYSTEM_PROMPT": str(prompt)}), {})
    assert built.service is not None
    assert built.service.system_prompt == "Mine."
    assert prompt in built.service.config.sources
    prompt.unlink()
    assert any("REWRITE_SYSTEM_PROMPT" in error for error in errors(tmp_path / "config.json"))


def test_texts_for_hints_are_the_users_own_for_presets_too(tmp_path: Path) -> None:
    home = tmp_path / "home"
    manifest = home / "presets" / "work" / "manifest.json"
    for folder in (home / "hints", manifest.parent / "hints"):
        folder.mkdir(parents=True)
        (folder / "other.md").write_text(f"By {folder.parent.name}.")
        (folder / "glm.md").write_bytes(b"\xff")
    write(manifest.parent, {"name": "work", "hints": {"files": {"other": "hints/other.md"}}, **GOOD}, "manifest.json")
    for built in (build(write(home, GOOD), {}), build_preset(manifest, {})):
        assert built.service is not None, built.problems
        guidance = built.service.pipeline(Target("mock", "m"), guided=True).guidance
        assert guidance is not None
        assert guidance.text == "By home."
        assert home / "hints" / "other.md" in built.service.config.sources
    assert [problem.file for problem in build(home / "config.json", {}).problems] == [home / "hints" / "glm.md"]
    assert ["no effect in a preset" in problem.message for problem in build_preset(manifest, {}).problems] == [True]


def test_a_text_for_hints_that_cannot_be_read_is_told_where_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.md").write_bytes(b"\xff")
    (error,) = errors(write(tmp_path, {**GOOD, "hints": {"files": {"glm": "mine.md"}}}))
    assert f"{tmp_path}/config.json" in error
    assert f"/hints/files/glm: {tmp_path}/mine.md is not UTF-8 text" in error


def test_proxies_come_from_config_and_environment(tmp_path: Path) -> None:
    far = {**PROVIDER, "name": "far", "api_base_url": "https://api.test/v1"}
    path = write(tmp_path, {**GOOD, "Providers": [PROVIDER, far]})
    service = build(path, {"HTTPS_PROXY": "http://p:1"}).service
    assert service is not None
    assert service.proxies == {"mock": None, "far": "http://p:1"}


def test_no_key_is_ever_in_a_problem(tmp_path: Path) -> None:
    provider = {**PROVIDER, "api_key": "sk-very-secret", "api_base_url": "nonsense", "models": 7, "headers": [], "x": 1}
    document = {"Providers": [provider, provider], "Router": {"default": "nobody"}, "APIKEY": ["sk-very-secret"]}
    found = check(write(tmp_path, document), {"K": "sk-very-secret", **os.environ})
    assert len(found) > 3
    assert "sk-very-secret" not in "\n".join(map(str, found))


def test_one_vertex_provider_by_its_name(tmp_path: Path) -> None:
    """As docs/vertex.md has it: project from the key, location from the config, a model of each kind."""
    key = tmp_path / "key.json"
    key.write_bytes(orjson.dumps({"type": "service_account", "project_id": "p-1"}))
    models = ["claude-opus-4-8", "gemini-3.1-pro-preview", "meta/llama-4-maverick-maas"]
    document = {
        "GOOGLE_APPLICATION_CREDENTIALS": str(key),
        "GOOGLE_CLOUD_LOCATION": "eu",
        "Providers": [{"name": "vertex", "models": models}],
        "Router": {"default": "vertex,claude-opus-4-8"},
    }
    built = build(write(tmp_path, document), {"GOOGLE_CLOUD_LOCATION": "of-the-shell"})
    assert built.problems == ()
    assert built.service is not None
    place = "https://aiplatform.eu.rep.googleapis.com/v1/projects/p-1/locations/eu"
    endpoints = (
        "publishers/anthropic/models/claude-opus-4-8:rawPredict",
        "publishers/google/models/gemini-3.1-pro-preview:generateContent",
        "endpoints/openapi/chat/completions",
    )
    for model, endpoint in zip(models, endpoints, strict=True):
        pipeline = built.service.pipeline(Target("vertex", model))
        assert pipeline.dialect.url(pipeline.base_url, model=model, stream=False) == f"{place}/{endpoint}"
    assert built.service.pipeline(Target("vertex", models[1])).quirks.native_web_search
    assert list(built.service.tokens) == ["vertex"]
    assert key in built.service.config.sources


def test_vertex_without_a_project_is_a_warning_and_a_clear_refusal(tmp_path: Path) -> None:
    (tmp_path / "key.json").write_text("{}")
    environment = {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "key.json")}
    provider = {"name": "vertex", "models": ["claude-opus-4-8"]}
    built = build(write(tmp_path, {**GOOD, "Providers": [PROVIDER, provider]}), environment)
    assert [problem.severity for problem in built.problems] == ["warning"]
    assert built.service is not None
    with pytest.raises(RequestError, match="GOOGLE_CLOUD_PROJECT") as caught:
        built.service.pipeline(Target("vertex", "claude-opus-4-8"))
    assert caught.value.status == 501
