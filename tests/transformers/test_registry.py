from typing import Any

import pytest
from jsonschema import Draft202012Validator

from ccrouter.transformers.base import Transformer
from ccrouter.transformers.groq import Groq
from ccrouter.transformers.registry import BUILT_IN, UNAVAILABLE, find, options_schemas

# ccr-behaviour.md 4.2 and 4.7 to 4.10: every name that CCR registers, as it spells them.
CCR_NAMES = [
    "Anthropic",
    "OpenAI",
    "gemini",
    "vertex-gemini",
    "vertex-claude",
    "vertex-openai",
    "deepseek",
    "tooluse",
    "openrouter",
    "maxtoken",
    "groq",
    "cleancache",
    "enhancetool",
    "reasoning",
    "sampling",
    "maxcompletiontokens",
    "cerebras",
    "streamoptions",
    "customparams",
    "vercel",
    "openai-responses",
    "forcereasoning",
    "extrathinktag",
]


def test_every_ccr_name_is_known() -> None:
    assert sorted([*BUILT_IN, *UNAVAILABLE]) == sorted(CCR_NAMES)
    assert all(reason.endswith(".") for reason in UNAVAILABLE.values())


def test_names_are_the_classes_own() -> None:
    assert {name: transformer.name for name, transformer in BUILT_IN.items()} == {name: name for name in BUILT_IN}


@pytest.mark.parametrize(
    ("name", "found"), [("groq", "groq"), ("anthropic", "Anthropic"), ("OPENAI", "OpenAI"), ("Gemini", "gemini")]
)
def test_case_does_not_count(name: str, found: str) -> None:
    assert find(name) is BUILT_IN[found]


@pytest.mark.parametrize("name", ["gemini-cli", "grok", "", "open router"])
def test_unknown_names_are_not_found(name: str) -> None:
    assert find(name) is None


def test_the_users_own_come_first_but_an_exact_name_beats_case() -> None:
    class Mine(Transformer):
        name = "Groq"

    assert find("Groq", {"Groq": Mine}) is Mine
    assert find("GROQ", {"Groq": Mine}) is Mine
    assert find("groq", {"Groq": Mine}) is Groq


def test_schemas_are_schemas() -> None:
    schemas = options_schemas()
    assert list(schemas) == list(BUILT_IN)
    for schema in schemas.values():
        Draft202012Validator.check_schema(dict(schema))


@pytest.mark.parametrize(
    ("name", "options", "valid"),
    [
        ("Anthropic", {"UseBearer": True}, True),
        ("Anthropic", {"useBearer": True}, False),
        ("maxtoken", {"max_tokens": 65536}, True),
        ("maxtoken", {"max_tokens": "65536"}, True),
        ("maxtoken", {"max_tokens": "lots"}, False),
        ("maxtoken", {"max_tokens": 0}, False),
        ("maxtoken", {}, False),
        ("reasoning", {"enable": False}, True),
        ("sampling", {"temperature": 0.5, "top_k": 3}, True),
        ("sampling", {"temprature": 0.5}, False),
        ("openrouter", {"provider": {"only": ["x"]}}, True),
        ("customparams", {"anything": [1]}, True),
        ("groq", {}, True),
        ("groq", {"x": 1}, False),
    ],
)
def test_options_are_checked_by_them(name: str, options: dict[str, Any], valid: bool) -> None:
    assert Draft202012Validator(dict(options_schemas()[name])).is_valid(options) is valid
