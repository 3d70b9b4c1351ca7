"""Names that name a target, and the picker's ids, which must lead back exactly."""

import random
from dataclasses import replace
from itertools import product

import pytest

from ccrouter.config.types import Config, Group, Member, ProviderConfig, RouterConfig, Target
from ccrouter.errors import RequestError
from ccrouter.router import display_name, model_id, resolve
from ccrouter.router.selectors import Ambiguous, resolve_route
from tests.router.requests import CONFIG


def config(**models: tuple[str, ...]) -> Config:
    """Providers by name; `__` in a name is a slash."""
    providers = (ProviderConfig(name.replace("__", "/"), "http://127.0.0.1:1", models=m) for name, m in models.items())
    return Config(tuple(providers), RouterConfig())


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("deepseek,deepseek-chat", "deepseek,deepseek-chat"),
        ("DeepSeek,DeepSeek-CHAT", "deepseek,deepseek-chat"),
        (" deepseek , deepseek-chat ", "deepseek,deepseek-chat"),
        ("deepseek,deepseek-chat[1m]", "deepseek,deepseek-chat"),
        ("deepseek,deepseek-chat [1M]", "deepseek,deepseek-chat"),
        ("deepseek,New-Model", "deepseek,New-Model"),
        ("deepseek,New-Model[1m]", "deepseek,New-Model"),
        ("deepseek,a,b", "deepseek,a,b"),
        ("deepseek,", "deepseek,deepseek-chat"),
        ("openrouter,anthropic/claude-sonnet-4", "openrouter,anthropic/claude-sonnet-4"),
        ("anthropic/deepseek,deepseek-chat", "deepseek,deepseek-chat"),
        ("Anthropic/DEEPSEEK,deepseek-chat[1m]", "deepseek,deepseek-chat"),
        ("anthropic/openrouter,anthropic/claude-sonnet-4", "openrouter,anthropic/claude-sonnet-4"),
        ("deepseek/deepseek-chat", "deepseek,deepseek-chat"),
        ("DeepSeek/Deepseek-Chat[1m]", "deepseek,deepseek-chat"),
        ("deepseek/new-model", "deepseek,new-model"),
        ("openrouter/anthropic/claude-sonnet-4", "openrouter,anthropic/claude-sonnet-4"),
    ],
)
def test_names_a_target(name: str, target: str):
    assert str(resolve(name, CONFIG)) == target


@pytest.mark.parametrize(
    "name",
    [
        "",
        "claude-sonnet-5",
        "claude-sonnet-5[1m]",
        "deepseek-chat",
        "deepseek",
        "deepseek/",
        "deepseek/[1m]",
        "anthropic/claude-sonnet-4",  # a model that openrouter lists, but no provider is called anthropic
        "claude-sonnet-4-5@20250929",
    ],
)
def test_names_no_target(name: str):
    assert resolve(name, CONFIG) is None


def test_unknown_provider_names_the_nearest_first():
    with pytest.raises(RequestError) as caught:
        resolve("openruoter,gpt-5", CONFIG)
    assert caught.value.status == 404
    assert caught.value.type == "not_found_error"
    assert caught.value.message.startswith("Provider 'openruoter' is not configured. Configured are: openrouter, ")
    assert all(provider.name in caught.value.message for provider in CONFIG.providers)


def test_unknown_provider_of_a_picker_id():
    with pytest.raises(RequestError, match="Provider 'gone' is not configured"):
        resolve("anthropic/gone,m", CONFIG)
    with pytest.raises(RequestError, match="No provider is configured"):
        resolve("gone,m", config())
    with pytest.raises(RequestError, match="lists no models"):
        resolve("empty,", config(empty=()))


def test_slash_form_with_two_readings_is_ambiguous():
    both = config(anthropic=("claude-sonnet-4",), openrouter=("anthropic/claude-sonnet-4",))
    assert resolve("anthropic/claude-sonnet-4", both) == Ambiguous(
        (Target("anthropic", "claude-sonnet-4"), Target("openrouter", "anthropic/claude-sonnet-4"))
    )
    assert resolve("anthropic/claude-opus-5", both) == Target("anthropic", "claude-opus-5")
    nested = config(a=("b/c",), a__b=("d",))
    assert resolve("a/b/c", nested) == Target("a", "b/c")
    assert resolve("a/b/d", nested) == Target("a/b", "d")
    assert isinstance(resolve("a/b/e", nested), Ambiguous)


def test_listed_suffix_is_kept():
    assert resolve("relay,claude-opus-5[1m]", config(relay=("claude-opus-5[1m]",))) == Target(
        "relay", "claude-opus-5[1m]"
    )


def test_tags_may_name_a_provider_alone():
    assert resolve_route("ollama", CONFIG) == Target("ollama", "qwen2.5-coder:latest")
    with pytest.raises(RequestError, match="Provider 'gone' is not configured"):
        resolve_route("gone", CONFIG)


def test_picker_ids_are_what_the_client_keeps():
    identity = model_id(Target("deepseek", "deepseek-chat"))
    # 2.1.197 keeps ids that start with claude or anthropic; `claude-` would switch off its own window setting.
    assert identity == "anthropic/deepseek,deepseek-chat"
    assert display_name(Target("deepseek", "deepseek-chat")) == "deepseek-chat (deepseek)"


def test_picker_ids_lead_back_exactly():
    names = ["x", "X", "anthropic", "Anthropic", "anthropic/x", "anthropic/anthropic", "open router", "a/b", "claude"]
    models = ["m", "M", "anthropic/m", "a,b", "x/m", "m[1m]", "qwen:latest", "claude-sonnet-4"]
    whole = Config(tuple(ProviderConfig(n, "http://127.0.0.1:1", models=tuple(models)) for n in names), RouterConfig())
    for name, model in product(names, models):
        target = Target(name, model)
        assert resolve(model_id(target), whole) == target
    rng = random.Random(11)
    print("seed 11")
    for _ in range(200):
        some = rng.sample(names, 3)
        part = Config(
            tuple(ProviderConfig(n, "http://127.0.0.1:1", models=tuple(models)) for n in some), RouterConfig()
        )
        target = Target(rng.choice(some), rng.choice(models))
        assert resolve(model_id(target), part) == target
        assert resolve(str(target), part) is not None


GROUPED = replace(
    config(deepseek=("deepseek-chat",), groq=("x",), openrouter=("group/fast", "fast")),
    groups={
        "fast": Group("latency", (Member(Target("deepseek", "deepseek-chat")), Member(Target("groq", "x"), 2.0))),
        "groq": Group("in_order", (Member(Target("groq", "x")),)),
        "long[1m]": Group("in_order", (Member(Target("group", "fast")),)),
    },
)


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("group,fast", "group,fast"),
        (" Group , FAST ", "group,fast"),
        ("group,fast[1m]", "group,fast"),
        ("anthropic/group,fast", "group,fast"),
        ("anthropic/group,long[1m]", "group,long[1m]"),
        ("fast", "group,fast"),
        ("Fast[1m]", "group,fast"),
        ("group,groq", "group,groq"),
        ("groq,x", "groq,x"),
        ("openrouter,fast", "openrouter,fast"),
        ("openrouter/group/fast", "openrouter,group/fast"),
    ],
)
def test_names_a_group(name: str, target: str):
    assert str(resolve(name, GROUPED)) == target
    assert str(resolve_route(name, GROUPED)) == target


def test_a_provider_goes_before_a_group_of_its_name():
    assert resolve("groq", GROUPED) is None  # as without groups: a provider alone asks for no model
    assert resolve_route("groq", GROUPED) == Target("groq", "x")


def test_unknown_groups_name_those_there_are():
    with pytest.raises(
        RequestError, match=r"Group 'slow' is not configured. Configured are: fast, groq, long"
    ) as caught:
        resolve("group,slow", GROUPED)
    assert caught.value.status == 404
    with pytest.raises(RequestError, match=r"Provider 'fats' is not configured. Configured are: .*group,fast"):
        resolve_route("fats", GROUPED)


def test_a_provider_may_be_called_group_where_there_are_none():
    alone = config(group=("m",))
    assert resolve("group,M", alone) == Target("group", "m")
    assert resolve("fast", alone) is None


def test_picker_ids_of_groups_lead_back():
    assert model_id(Target("group", "fast")) == "anthropic/group,fast"
    assert display_name(Target("group", "fast")) == "fast (group)"
    for name in GROUPED.groups:
        assert resolve(model_id(Target("group", name)), GROUPED) == Target("group", name)
