"""Providers that the config knows by name: what may be left out, where the key comes from, what is said otherwise."""

from dataclasses import replace
from pathlib import Path

import pytest

from ccrouter.config.known import PresetFacts
from ccrouter.config.load import Loaded
from ccrouter.config.presets import preset_named, preset_of_url
from ccrouter.config.problems import Problem
from ccrouter.config.types import ProviderConfig, Target, TransformerUse
from tests.config.loading import KNOWN, load_text

DEEP = PresetFacts(
    name="deep",
    base_url="https://api.deep.example/v1",
    protocol="openai_chat",
    hosts=("api.deep.example",),
    names=("deepest",),
    key_variable="DEEP_API_KEY",
    key_hint="on Deep's console",
    models=("deep-chat", "deep-reasoner"),
    use=("deepseek",),
)
CODING = replace(
    DEEP, name="deep-coding", hosts=("api.deep.example/coding",), base_url="https://api.deep.example/coding/v1"
)
LOCAL = PresetFacts(
    name="local",
    base_url="http://localhost:11434/v1",
    protocol="openai_chat",
    hosts=("localhost:11434",),
    key_required=False,
)
RELAY = PresetFacts(
    name="relay",
    base_url="http://localhost:3000/api",
    protocol="anthropic",
    key_variable="RELAY_KEY",
    models=("m",),
)
CLOUD = PresetFacts(
    name="cloud", base_url=None, url_hint="Write the one of your resource", protocol="openai_chat", models=("m",)
)
PRESETS = {facts.name: facts for facts in (DEEP, CODING, LOCAL, RELAY, CLOUD)}
WITH_PRESETS = replace(KNOWN, presets=PRESETS)


def load(folder: Path, provider: str, route: str = "", environment: dict[str, str] | None = None) -> Loaded:
    text = f'{{ "Providers": [{{ {provider} }}], "Router": {{ "default": "{route or "x,y"}" }} }}'
    return load_text(folder, text, environment=environment, known=WITH_PRESETS)


def provider_of(loaded: Loaded) -> ProviderConfig:
    assert loaded.config is not None, [str(problem) for problem in loaded.problems]
    return loaded.config.providers[0]


def problem_of(loaded: Loaded) -> Problem:
    (problem,) = loaded.problems
    return problem


def test_a_name_and_a_key_are_enough(tmp_path: Path) -> None:
    loaded = load(tmp_path, '"name": "deep", "api_key": "$MY_KEY"', "deep,deep-reasoner", {"MY_KEY": "k"})
    assert loaded.problems == ()
    assert provider_of(loaded) == ProviderConfig(
        "deep",
        "https://api.deep.example/v1",
        ("k",),
        ("deep-chat", "deep-reasoner"),
        use=(TransformerUse("deepseek"),),
        preset="deep",
    )
    assert loaded.config is not None
    assert loaded.config.router.default == Target("deep", "deep-reasoner")


@pytest.mark.parametrize("name", ["Deep", "DEEPEST", " deep "])
def test_the_name_in_any_spelling(name: str, tmp_path: Path) -> None:
    loaded = load(tmp_path, f'"name": "{name}", "api_key": "k"', f"{name.strip()},deep-chat")
    assert loaded.problems == ()
    assert provider_of(loaded).preset == "deep"
    assert provider_of(loaded).name == name.strip()


def test_own_models_and_transformers_stay(tmp_path: Path) -> None:
    fields = '"name": "deep", "api_key": "k", "models": ["a"], "transformer": {"use": ["tooluse", "deepseek"]}'
    provider = provider_of(load(tmp_path, fields, "deep,a"))
    assert provider.models == ("a",)
    assert provider.use == (TransformerUse("tooluse"), TransformerUse("deepseek"))


def test_a_preset_under_another_name_with_an_own_url(tmp_path: Path) -> None:
    fields = '"name": "mine", "preset": "LOCAL", "api_base_url": "http://10.0.0.5:8000/v1", "models": ["a"]'
    loaded = load(tmp_path, fields, "mine,a")
    assert loaded.problems == ()
    assert provider_of(loaded).preset == "local"
    assert provider_of(loaded).api_base_url == "http://10.0.0.5:8000/v1"


# --- The key


def test_the_key_comes_from_the_presets_variable(tmp_path: Path) -> None:
    for written in ("", ', "api_key": ""', ', "api_key": []', ', "api_base_url": "https://api.deep.example"'):
        loaded = load(tmp_path, f'"name": "deep"{written}', "deep,deep-chat", {"DEEP_API_KEY": " k\n"})
        assert loaded.problems == (), written
        assert provider_of(loaded).api_keys == ("k",)


def test_the_key_comes_from_the_env_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DEEP_API_KEY=from-file\n")
    assert provider_of(load(tmp_path, '"name": "deep"', "deep,deep-chat")).api_keys == ("from-file",)
    loaded = load(tmp_path, '"name": "deep"', "deep,deep-chat", {"DEEP_API_KEY": "process"})
    assert provider_of(loaded).api_keys == ("process",)


def test_a_written_key_wins_over_the_variable(tmp_path: Path) -> None:
    loaded = load(tmp_path, '"name": "deep", "api_key": "mine"', "deep,deep-chat", {"DEEP_API_KEY": "k"})
    assert provider_of(loaded).api_keys == ("mine",)


@pytest.mark.parametrize(
    "fields",
    [
        '"name": "deep", "api_base_url": "https://relay.example/v1", "models": ["m"]',
        '"name": "mine", "preset": "deep", "api_base_url": "https://relay.example/v1", "models": ["m"]',
        '"name": "deep", "api_base_url": "https://api.deep.example.evil.example/v1", "models": ["m"]',
        '"name": "mine", "preset": "none", "api_base_url": "https://api.deep.example/v1", "models": ["m"]',
    ],
)
def test_nobody_else_gets_the_key_unasked(fields: str, tmp_path: Path) -> None:
    name = "mine" if "mine" in fields else "deep"
    loaded = load(tmp_path, fields, f"{name},m", {"DEEP_API_KEY": "secret"})
    assert provider_of(loaded).api_keys == ()
    assert "no api_key" in problem_of(loaded).message
    assert "DEEP_API_KEY" not in str(problem_of(loaded))


def test_a_missing_key_is_a_warning_that_says_where_to_get_one(tmp_path: Path) -> None:
    problem = problem_of(load(tmp_path, '"name": "deep"', "deep,deep-chat"))
    assert problem.severity == "warning"
    assert "DEEP_API_KEY" in problem.message
    assert "Export DEEP_API_KEY" in (problem.fix or "")
    assert str(tmp_path / ".env") in (problem.fix or "")
    assert (problem.fix or "").endswith("you get a key on Deep's console")


def test_a_relay_on_this_machine_wants_its_key_too(tmp_path: Path) -> None:
    assert "RELAY_KEY" in problem_of(load(tmp_path, '"name": "relay"', "relay,m")).message
    provider = provider_of(load(tmp_path, '"name": "relay"', "relay,m", {"RELAY_KEY": "k"}))
    assert provider.api_keys == ("k",)
    fields = '"name": "relay", "api_base_url": "https://relay.example/api", "models": ["m"]'
    assert provider_of(load(tmp_path, fields, "relay,m", {"RELAY_KEY": "k"})).api_keys == ("k",)


def test_a_local_server_needs_none(tmp_path: Path) -> None:
    loaded = load(tmp_path, '"name": "local", "models": ["m"]', "local,m")
    assert loaded.problems == ()
    assert provider_of(loaded).api_keys == ()


# --- What claude-code-router's configs already say stays as it was


@pytest.mark.parametrize("name", ["deep", "other"])
def test_with_an_url_nothing_is_filled_in(name: str, tmp_path: Path) -> None:
    fields = f'"name": "{name}", "api_base_url": "https://api.deep.example/v1", "api_key": "k"'
    loaded = load(tmp_path, fields, f"{name},anything")
    assert loaded.problems == ()
    assert provider_of(loaded) == ProviderConfig(name, "https://api.deep.example/v1", ("k",))


# --- Mistakes


@pytest.mark.parametrize(
    ("fields", "message", "fix", "pointer"),
    [
        ('"name": "x", "preset": "dep"', 'there is no preset called "dep"', 'Did you mean "deep"?', "/preset"),
        ('"name": "deeep", "api_key": "k"', '"api_base_url" is missing', '"deep" is known without one', ""),
        ('"name": "xyz", "api_key": "k"', '"api_base_url" is missing', "known by name", ""),
        ('"name": "x", "preset": "none"', '"api_base_url" is missing', "known by name", ""),
        ('"name": "cloud"', "cloud has no URL that is the same for everybody", "Write the one of your resource", ""),
        ('"name": "mine", "preset": "cloud"', '"api_base_url" is missing', "Write the one of your resource", ""),
        ('"name": "local"', 'provider "local" has no models', 'List yours: "models": ["…"]', ""),
        ('"name": "deep", "preset": 5', "must be a string", None, "/preset"),
    ],
)
def test_mistakes(fields: str, message: str, fix: str | None, pointer: str, tmp_path: Path) -> None:
    loaded = load(tmp_path, fields, "x,y")
    problems = [
        problem for problem in loaded.problems if problem.severity == "error" and "Router" not in problem.pointer
    ]
    (problem,) = problems
    assert message in problem.message
    assert problem.pointer == f"/Providers/0{pointer}"
    if fix is not None:
        assert fix in (problem.fix or "")


# --- The match


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://api.deep.example/v1", "deep"),
        ("https://API.Deep.Example", "deep"),
        ("https://eu.api.deep.example/v1/chat/completions", "deep"),
        ("https://api.deep.example/coding/v1", "deep-coding"),
        ("https://api.deep.example/Coding", "deep-coding"),
        ("https://api.deep.example/codingish/v1", "deep"),
        ("https://xapi.deep.example/v1", None),
        ("http://localhost:11434", "local"),
        ("http://localhost:1143/v1", None),
        ("http://localhost/v1", None),
        ("http://localhost:99999999/v1", None),
        ("http://[", None),
        ("", None),
    ],
)
def test_the_preset_of_a_url(url: str, name: str | None) -> None:
    found = preset_of_url(PRESETS.values(), url)
    assert (found.name if found else None) == name


def test_a_presets_own_name_comes_before_anothers_other_name() -> None:
    presets = [DEEP, replace(LOCAL, name="deepest")]
    assert preset_named(presets, "deepest") is presets[1]
    assert preset_named(presets, "nothing") is None
