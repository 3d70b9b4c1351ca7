import re
from dataclasses import fields

import pytest

from ccrouter.config.presets import preset_named, preset_of_url
from ccrouter.config.types import ProviderConfig
from ccrouter.dialects.quirks import Quirks
from ccrouter.providers.presets import MODEL_ROWS, PRESETS, ModelQuirks, Preset, takes_cache_control
from ccrouter.providers.resolve import preset_for, protocol_for, validate_quirks

NAMES = {field.name for field in fields(Quirks)}

EXPECTED = {  # issue 3, "Presets", and the regions and plans of those that have several
    "openai", "anthropic", "gemini", "vertex", "vertex-gemini", "vertex-claude", "azure", "deepseek", "openrouter",
    "groq", "cerebras", "mistral", "xai", "moonshot", "moonshot-cn", "zai", "zai-coding", "bigmodel", "bigmodel-coding",
    "dashscope", "dashscope-intl", "dashscope-coding", "modelscope", "siliconflow", "siliconflow-com", "volcengine",
    "volcengine-coding", "minimax", "minimax-global", "fireworks", "together", "nvidia", "huggingface",
    "github-copilot-compatible", "ollama", "lmstudio", "vllm", "llama.cpp", "litellm", "gemini-balance",
    "claude-relay-service",
}  # fmt: skip


def check_rows(rows: tuple[ModelQuirks, ...]) -> None:
    for pattern, changes in rows:
        re.compile(pattern)
        assert set(changes) <= NAMES
        plain = {name: list(value) if isinstance(value, frozenset) else value for name, value in changes.items()}
        assert validate_quirks(plain) == []


def test_every_provider_of_the_plan_has_a_row() -> None:
    assert {preset.name for preset in PRESETS} >= EXPECTED


def test_a_host_and_a_name_belong_to_one_preset() -> None:
    hosts = [host for preset in PRESETS for host in preset.hosts]
    assert len(hosts) == len(set(hosts))
    names = [name for preset in PRESETS for name in (preset.name, *preset.names)]
    assert len(names) == len(set(names))
    for preset in PRESETS:
        for name in (preset.name, *preset.names):
            assert preset_named(PRESETS, name.upper()) is preset


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_row_is_sound(preset: Preset) -> None:
    check_rows(preset.model_quirks)
    assert preset.pinned <= NAMES
    assert "," not in preset.name  # a route is provider,model
    if preset.base_url is None:
        assert preset.url_hint
    else:
        # The row's own URL leads back to it, or to nobody where it has no host (or is one of Vertex's variants).
        if not preset.use:
            assert preset_of_url(PRESETS, preset.base_url) is (preset if preset.hosts else None)
        config = ProviderConfig("x", preset.base_url, preset=preset.name)
        assert preset_for(config) is preset
        if preset.protocol != "vertex":  # there the model or a transformer says
            assert protocol_for(config) == preset.protocol
    if preset.key_variable is not None and preset.key_required:
        assert preset.key_hint, "a warning about a missing key must say where to get one"


def test_model_rows_are_sound() -> None:
    check_rows(MODEL_ROWS)


def test_cache_control_families() -> None:
    assert takes_cache_control("Anthropic/Claude-3")
    assert not takes_cache_control("openai/gpt-5")
