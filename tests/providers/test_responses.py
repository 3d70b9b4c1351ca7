"""Which models are spoken to in the Responses API, and with which facts (docs/decisions/0008)."""

import re
from dataclasses import fields
from typing import Any

import pytest

from ccrouter.config.types import ProviderConfig, TransformerUse
from ccrouter.dialects.quirks import Quirks
from ccrouter.providers.presets import PRESETS
from ccrouter.providers.presets.responses import RESPONSES_MODEL_ROWS, RESPONSES_OF
from ccrouter.providers.resolve import protocol_for, quirks_for, validate_quirks

CHAT, RESPONSES = "openai_chat", "openai_responses"
OPENAI = "https://api.openai.com/v1"
NAMED = f"{OPENAI}/chat/completions"
AZURE = "https://r.openai.azure.com"


def provider(url: str = OPENAI, name: str = "mine", **more: Any) -> ProviderConfig:
    return ProviderConfig(name, url, **more)


@pytest.mark.parametrize(
    ("url", "model", "protocol"),
    [
        (OPENAI, "gpt-5", RESPONSES),
        (OPENAI, "gpt-5-mini-2025-08-07", RESPONSES),
        (OPENAI, "gpt-5.1-codex-max", RESPONSES),
        (OPENAI, "gpt-5.6-terra", RESPONSES),
        (OPENAI, "o3", RESPONSES),
        (OPENAI, "o4-mini", RESPONSES),
        (OPENAI, "GPT-5.2", RESPONSES),
        ("https://api.openai.com", "gpt-5.2", RESPONSES),
        # everything else stays with chat
        (OPENAI, "gpt-5-chat-latest", CHAT),
        (OPENAI, "gpt-5.2-chat-latest", CHAT),
        (OPENAI, "gpt-4.1", CHAT),
        (OPENAI, "gpt-4o", CHAT),
        (OPENAI, None, CHAT),
        # a URL that names chat is taken at its word, unless chat refuses the model
        (NAMED, "gpt-5", CHAT),
        (NAMED, "gpt-5.2", CHAT),
        (NAMED, "o3", CHAT),
        (NAMED, "gpt-5.4", RESPONSES),
        (NAMED, "gpt-5.6-terra", RESPONSES),
        (NAMED, "gpt-5-codex", RESPONSES),
        (NAMED, "gpt-5.1-codex-mini", RESPONSES),
        (NAMED, "o1-pro", RESPONSES),
        (NAMED, "o3-deep-research", RESPONSES),
        # one that names Responses, too
        (f"{OPENAI}/responses", "gpt-4o", RESPONSES),
        # Azure's three shapes
        (f"{AZURE}/openai/v1/", "gpt-5-mini", RESPONSES),
        (AZURE, "gpt-5-mini", RESPONSES),
        (f"{AZURE}/openai/deployments/gpt-5/chat/completions?api-version=2024-10-21", "gpt-5", CHAT),
        (f"{AZURE}?api-version=2024-10-21", "gpt-5", CHAT),
        (f"{AZURE}/openai/deployments/d/chat/completions?api-version=2024-10-21", "gpt-5.6", CHAT),
        (f"{AZURE}/openai/v1/chat/completions", "gpt-5.6", RESPONSES),
        (f"{AZURE}/openai/v1/chat/completions", "gpt-5", CHAT),
        (f"{AZURE}?api-version=preview", "gpt-5", RESPONSES),
        (f"{AZURE}/openai/v1", "my-deployment", CHAT),
        # the same names elsewhere
        ("https://openrouter.ai/api/v1", "openai/gpt-5", CHAT),
        ("http://localhost:4000/v1", "gpt-5", CHAT),
        ("https://relay.example/v1", "gpt-5.6-terra", CHAT),
        ("https://api.x.ai/v1", "grok-4", CHAT),
    ],
)
def test_the_default(url: str, model: str | None, protocol: str) -> None:
    assert protocol_for(provider(url), model) == protocol


def test_the_name_alone_does_not_make_a_relay_openai() -> None:
    assert protocol_for(provider("http://localhost:4000/v1", "openai"), "gpt-5") == CHAT
    assert protocol_for(provider("http://localhost:4000/v1", preset="openai"), "gpt-5") == RESPONSES


def test_what_the_config_says_wins() -> None:
    assert protocol_for(provider(protocol="openai_chat"), "gpt-5.6") == CHAT
    assert protocol_for(provider(use=(TransformerUse("OpenAI"),)), "gpt-5.6") == CHAT
    assert protocol_for(provider(NAMED, use=(TransformerUse("openai-responses"),)), "gpt-4o") == RESPONSES
    by_model = provider(NAMED, model_use={"gpt-4o": (TransformerUse("openai-responses"),)})
    assert protocol_for(by_model, "gpt-4o") == RESPONSES
    assert protocol_for(by_model, "gpt-4.1") == CHAT
    assert protocol_for(provider("https://relay.example/v1", protocol="responses"), "gpt-4o") == RESPONSES


@pytest.mark.parametrize(
    ("url", "model", "facts"),
    [
        (OPENAI, "gpt-5", {"efforts": {"minimal", "low", "medium", "high"}, "encrypted_reasoning": True}),
        (OPENAI, "gpt-5-mini", {"efforts": {"minimal", "low", "medium", "high"}, "sampling": False}),
        (OPENAI, "gpt-5-codex", {"efforts": {"low", "medium", "high"}}),
        (OPENAI, "gpt-5-pro", {"efforts": {"high"}}),
        (OPENAI, "gpt-5.1", {"efforts": {"none", "low", "medium", "high"}}),
        (OPENAI, "gpt-5.1-codex-max", {"efforts": {"low", "medium", "high", "xhigh"}}),
        (OPENAI, "gpt-5.1-codex-mini", {"efforts": {"low", "medium", "high"}}),
        (OPENAI, "gpt-5.2-2025-12-11", {"efforts": {"none", "low", "medium", "high", "xhigh"}}),
        (OPENAI, "gpt-5.6-terra", {"efforts": {"none", "low", "medium", "high", "xhigh"}, "extra_body": {}}),
        (OPENAI, "gpt-5.3-codex", {"efforts": {"low", "medium", "high", "xhigh"}}),
        (OPENAI, "gpt-5.4-pro", {"efforts": {"medium", "high", "xhigh"}}),
        (OPENAI, "o3", {"efforts": {"low", "medium", "high"}, "reasoning_out": "same", "native_web_search": True}),
        (OPENAI, "o3-mini", {"native_web_search": False}),
        (OPENAI, "gpt-5.2", {"mid_system": True, "system_role": "developer", "documents": True, "json_schema": True}),
        (f"{OPENAI}/responses", "gpt-4.1", {"efforts": set[str](), "encrypted_reasoning": False, "sampling": True}),
        (f"{AZURE}/openai/v1", "gpt-5-mini", {"encrypted_reasoning": True, "native_web_search": True}),
        ("https://openrouter.ai/api/v1/responses", "openai/gpt-5", {"encrypted_reasoning": True, "mid_system": False}),
        ("https://api.x.ai/v1/responses", "grok-4-fast-reasoning", {"efforts": set[str](), "native_web_search": True}),
        ("https://api.x.ai/v1/responses", "grok-4-fast-non-reasoning", {"encrypted_reasoning": False}),
        ("https://api.deepseek.com/responses", "deepseek-v4-flash", {"calls_last": True, "reasoning_out": "same"}),
        ("https://relay.example/v1/responses", "openai.gpt-5.6-luna", {"encrypted_reasoning": True}),
        ("http://localhost:1234/v1/responses", "openai/gpt-oss-20b", {"efforts": {"low", "medium", "high"}}),
        # chat knows nothing of all this
        ("https://relay.example/v1", "gpt-5", {"efforts": set[str](), "encrypted_reasoning": False}),
    ],
)
def test_facts(url: str, model: str, facts: dict[str, object]) -> None:
    quirks = quirks_for(provider(url), model)
    assert {name: getattr(quirks, name) for name in facts} == facts


def test_chat_that_was_asked_for_switches_thinking_off_where_tools_would_be_refused() -> None:
    """Field-notes 1.38: tools and an effort exclude each other on chat; only an explicit none works."""
    quirks = quirks_for(provider(protocol="openai_chat"), "gpt-5.6-terra")
    assert quirks.extra_body == {"reasoning_effort": "none"}
    assert quirks.reasoning_out is None


def test_the_config_overrides_rows() -> None:
    quirks = quirks_for(provider(quirks={"efforts": ["high"], "mid_system": False}), "gpt-5")
    assert quirks.efforts == {"high"}
    assert quirks.mid_system is False


def test_rows_are_sound() -> None:
    names = {field.name for field in fields(Quirks)}
    assert set(RESPONSES_OF) <= {preset.name for preset in PRESETS}
    for pattern, changes in (*RESPONSES_MODEL_ROWS, *(row for facts in RESPONSES_OF.values() for row in facts.rows)):
        re.compile(pattern)
        assert set(changes) <= names
        plain = {name: list(value) if isinstance(value, frozenset) else value for name, value in changes.items()}
        assert validate_quirks(plain) == []
