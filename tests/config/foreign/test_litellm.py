from pathlib import Path

import pytest

from ccrouter.config.foreign.litellm_models import PREFIXES, address, read_name
from ccrouter.config.load import Loaded, load_config
from ccrouter.config.types import Config, Group, Member, Target
from ccrouter.runtime import known_names

KNOWN = known_names({}, user_files_loaded=False)


def load(folder: Path, text: str, environment: dict[str, str] | None = None) -> Loaded:
    (folder / "config.yaml").write_text(text)
    return load_config(folder / "config.yaml", environment=environment or {}, known=KNOWN)


def config_of(folder: Path, text: str, environment: dict[str, str] | None = None) -> Config:
    loaded = load(folder, text, environment)
    assert loaded.config is not None, [str(problem) for problem in loaded.problems]
    return loaded.config


@pytest.mark.parametrize(
    ("text", "provider", "prefix", "model"),
    [
        ("groq/llama-3.3-70b", None, "groq", "llama-3.3-70b"),
        ("openrouter/z-ai/glm-4.6", None, "openrouter", "z-ai/glm-4.6"),
        ("gpt-4o", None, "openai", "gpt-4o"),
        ("o3-mini", None, "openai", "o3-mini"),
        ("claude-sonnet-4-5", None, "anthropic", "claude-sonnet-4-5"),
        ("openai/responses/gpt-5", None, "openai", "gpt-5"),
        ("my-model", "openai", "openai", "my-model"),
        ("openai/my-model", "openai", "openai", "my-model"),
        ("bedrock/anthropic.claude", None, "bedrock", "anthropic.claude"),
        ("nobody-knows", None, "", "nobody-knows"),
    ],
)
def test_names_of_models(text: str, provider: str | None, prefix: str, model: str) -> None:
    named = read_name(text, provider)
    assert (named.prefix, named.model) == (prefix, model) or named.kind is None


def test_every_prefix_is_a_preset_that_there_is() -> None:
    assert {kind.preset for kind in PREFIXES.values()} - {None} <= set(KNOWN.presets)


def test_an_address_is_used_as_openais_client_does() -> None:
    assert address("http://h:8000/", PREFIXES["openai"]) == "http://h:8000/chat/completions"
    assert address("http://h:8000/v1", PREFIXES["openai"]) == "http://h:8000/v1"
    assert address("http://h:11434", PREFIXES["ollama"]) == "http://h:11434"


def test_entries_that_differ_only_in_the_model_share_a_provider(tmp_path: Path) -> None:
    config = config_of(
        tmp_path,
        """
model_list:
  - {model_name: a, litellm_params: {model: openai/m-a, api_base: "http://127.0.0.1:1/v1", api_key: k}}
  - {model_name: b, litellm_params: {model: openai/m-b, api_base: "http://127.0.0.1:1/v1", api_key: k}}
  - {model_name: b, litellm_params: {model: openai/m-b, api_base: "http://127.0.0.1:1/v1", api_key: other}}
""",
    )
    assert [(one.name, one.models, one.api_keys) for one in config.providers] == [
        ("openai", ("m-a", "m-b"), ("k",)),
        ("openai-2", ("m-b",), ("other",)),
    ]
    assert config.aliases == {"a": Target("openai", "m-a")}
    members = (Member(Target("openai", "m-b")), Member(Target("openai-2", "m-b")))
    assert config.groups == {"b": Group("weighted", members)}


def test_a_provider_never_takes_the_name_of_a_model(tmp_path: Path) -> None:
    config = config_of(
        tmp_path, "model_list: [{model_name: deepseek, litellm_params: {model: deepseek/deepseek-chat}}]"
    )
    assert config.providers[0].name == "deepseek-2"
    assert config.providers[0].preset == "deepseek"
    assert config.aliases == {"deepseek": Target("deepseek-2", "deepseek-chat")}


@pytest.mark.parametrize(
    ("settings", "strategy"),
    [
        ("", "weighted"),
        ("router_settings: {routing_strategy: least-busy}", "least_busy"),
        ("router_settings: {routing_strategy: latency-based-routing}", "latency"),
        ("router_settings: {routing_strategy: usage-based-routing-v2}", "round_robin"),
        ("router_settings: {routing_strategy: cost-based-routing}", "in_order"),
        ("router_settings: {routing_strategy: whatever}", "weighted"),
    ],
)
def test_strategies(tmp_path: Path, settings: str, strategy: str) -> None:
    entry = "{model_name: g, litellm_params: {model: openai/%s, api_key: k, rpm: %d}}"
    text = f"model_list: [{entry % ('a', 10)}, {entry % ('b', 30)}]\n{settings}\n"
    loaded = load(tmp_path, text)
    assert loaded.config is not None
    group = loaded.config.groups["g"]
    assert group.strategy == strategy
    assert [member.weight for member in group.members] == ([10, 30] if strategy == "weighted" else [1, 1])
    limits = [provider.limits.rpm for provider in loaded.config.providers]
    assert limits == ([None] if strategy == "weighted" else [10, 30])
    exact = strategy in ("least_busy", "latency") or not settings
    assert [problem.line for problem in loaded.problems] == ([] if exact else [2])


def test_order_comes_before_every_strategy(tmp_path: Path) -> None:
    entry = "{model_name: g, litellm_params: {model: openai/%s, api_key: k, order: %d}}"
    group = config_of(tmp_path, f"model_list: [{entry % ('second', 2)}, {entry % ('first', 1)}]").groups["g"]
    assert group.strategy == "in_order"
    assert [member.target.model for member in group.members] == ["first", "second"]


def test_fallbacks_of_all_kinds_and_aliases(tmp_path: Path) -> None:
    text = """
model_list:
  - {model_name: a, litellm_params: {model: openai/a, api_key: k}}
  - {model_name: b, litellm_params: {model: openai/b, api_key: k}}
  - {model_name: c, litellm_params: {model: openai/c, api_key: k}}
router_settings:
  fallbacks: [{a: [b]}, {nobody: [a]}]
  model_group_alias: {x: a, y: {model: b, hidden: true}, z: nobody}
litellm_settings:
  default_fallbacks: [c]
  content_policy_fallbacks: [{a: [c, missing]}]
"""
    loaded = load(tmp_path, text)
    assert loaded.config is not None
    a, b, c = (Target("openai", name) for name in "abc")
    assert loaded.config.fallback == {"openai,a": (b, c), "*": (c,)}
    assert loaded.config.aliases == {"a": a, "b": b, "c": c, "x": a, "y": b}
    told = [(problem.line, problem.message.split(",")[0]) for problem in loaded.problems]
    assert told == [
        (7, '"nobody" is no model_name'),
        (8, 'the alias names "nobody"'),
        (11, "content_policy_fallbacks join the other fallbacks"),
        (11, '"missing" is no model_name'),
    ]


def test_variables_of_the_file_and_the_environment(tmp_path: Path) -> None:
    text = """
environment_variables: {MY_KEY: from-file}
model_list:
  - model_name: a
    litellm_params: {model: groq/a, api_key: os.environ/MY_KEY, extra_headers: {x-team: os.environ/TEAM}}
    model_info: {max_input_tokens: 32000}
"""
    config = config_of(tmp_path, text, {"TEAM": "blue"})
    assert config.providers[0].api_keys == ("from-file",)
    assert config.providers[0].headers == {"x-team": "blue"}
    assert config.providers[0].context_windows == {"a": 32_000}
    assert config_of(tmp_path, text, {"TEAM": "blue", "MY_KEY": "mine"}).providers[0].api_keys == ("mine",)


def test_what_is_wrong_is_told_where_it_is_written(tmp_path: Path) -> None:
    text = """
model_list:
  - model_name: a
    litellm_params: {model: openai/a, api_base: "ftp://h/v1", api_key: "secret"}
  - litellm_params: {model: openai/a}
"""
    loaded = load(tmp_path, text)
    assert loaded.config is None
    told = {problem.pointer: (problem.line, problem.severity) for problem in loaded.problems}
    assert told == {
        "/model_list/0/litellm_params/api_base": (4, "error"),
        "/model_list/1": (5, "error"),
    }
    assert "secret" not in "".join(map(str, loaded.problems))


def test_without_a_model_list_it_says_so(tmp_path: Path) -> None:
    loaded = load(tmp_path, "litellm_settings: {drop_params: true}\n")
    assert loaded.config is None
    assert "there is no model_list" in loaded.problems[0].message
