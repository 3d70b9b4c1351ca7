"""No secret of a configuration gets into a preset, and each has a placeholder of its own."""

import pytest

from ccrouter.config.exporting import Exported, exported
from ccrouter.config.interpolate import interpolate_text
from ccrouter.model.json import Json, JsonObject


def of_provider(**fields: Json) -> Exported:
    provider: JsonObject = {"name": "my-provider", **fields}
    return exported({"Providers": [provider]}, {})


def restored(value: Json, secrets: dict[str, str]) -> Json:
    if isinstance(value, str):
        return interpolate_text(value, secrets, {})[0]
    if isinstance(value, list):
        return [restored(item, secrets) for item in value]
    return {name: restored(item, secrets) for name, item in value.items()} if isinstance(value, dict) else value


SECRETS: list[JsonObject] = [
    {"api_key": "plain-words-as-a-key"},
    {"apiKey": "zq"},
    {"api_key": ["k-one", "k-two"]},
    {"api_base_url": "https://user:pass@host/v1"},
    {"api_base_url": "https://host/v1?key=k-1&x=2"},
    {"headers": {"Authorization": "Bearer abc"}},
    {"headers": {"x-my": "0123456789012345678901234567890123456789"}},
    {"transformer": {"use": [["mine", {"client_secret": "zq-1", "token": "zq-2", "password": "zq-3"}]]}},
    {"transformer": {"use": [["mine", {"anything": "sk-0123456789abcdef"}]]}},
    {"proxy": "http://me:secret@proxy:1"},
]


@pytest.mark.parametrize("fields", SECRETS, ids=str)
def test_a_secret_becomes_a_placeholder_from_which_it_comes_back(fields: JsonObject) -> None:
    made = of_provider(**fields)
    assert made.secrets
    for secret in made.secrets.values():
        assert secret not in str(made.manifest)
    assert restored(made.manifest, dict(made.secrets)) == {"Providers": [{"name": "my-provider", **fields}]}


@pytest.mark.parametrize(
    "fields",
    [
        {"api_key": "$MY_KEY"},
        {"api_key": "${MY_KEY}"},
        {"headers": {"Authorization": "Bearer $TOKEN", "X-Title": "Claude Code"}},
        {
            "api_base_url": "https://openrouter.ai/api/v1",
            "models": ["anthropic/claude-sonnet-4", "a-very-long-model-name-of-35-letters"],
        },
        {"proxy": "none"},
        {"transformer": {"use": [["maxtoken", {"max_tokens": 100}], "tooluse"]}},
    ],
    ids=str,
)
def test_what_is_no_secret_stays(fields: JsonObject) -> None:
    made = of_provider(**fields)
    assert made.secrets == {}
    assert made.manifest == {"Providers": [{"name": "my-provider", **fields}]}


def test_each_secret_has_a_variable_of_its_own_and_the_same_one_only_one() -> None:
    providers: list[Json] = [
        {"name": name, "api_key": key} for name, key in (("a", "1"), ("b.c", "2"), ("b-c", "3"), ("d", "1"))
    ]
    made = exported({"Providers": providers}, {})
    assert made.secrets == {"CCR_A_API_KEY": "1", "CCR_B_C_API_KEY": "2", "CCR_B_C_API_KEY_2": "3"}


def test_a_default_that_is_a_secret_is_one() -> None:
    made = of_provider(api_key="${MY_KEY:-sk-default}")
    assert made.secrets == {"MY_KEY": "sk-default"}
    assert "sk-default" not in str(made.manifest)


def test_what_belongs_to_the_machine_is_left_out_and_named() -> None:
    made = exported(
        {"PORT": 1, "APIKEY": "x", "transformers": [], "providers": [], "Router": {}, "GOOGLE_CLOUD_PROJECT": "p",
         "$schema": "./s.json"},
        {"name": "mine"},
    )  # fmt: skip
    assert made.manifest == {"name": "mine", "providers": [], "Router": {}}
    assert made.left_out == ("PORT", "APIKEY", "transformers", "GOOGLE_CLOUD_PROJECT")


def test_variables_that_are_used_are_known() -> None:
    assert of_provider(api_key="$MY_KEY", api_base_url="https://${HOST:-x}/v1").used == ("MY_KEY",)
