import re
from dataclasses import fields
from urllib.parse import urlsplit

import pytest

from ccrouter.config.types import ProviderConfig
from ccrouter.dialects.quirks import Quirks
from ccrouter.providers.presets import PRESETS, Preset, takes_cache_control
from ccrouter.providers.resolve import preset_for, protocol_for, validate_quirks

EXPECTED = [
    "openai",
    "anthropic",
    "deepseek",
    "openrouter",
    "groq",
    "cerebras",
    "mistral",
    "moonshot",
    "zai",
    "dashscope",
    "modelscope",
    "siliconflow",
    "volcengine",
    "ollama",
    "lmstudio",
    "vllm",
    "xai",
    "gemini",
]


def test_every_provider_of_the_plan_has_a_row() -> None:
    assert [preset.name for preset in PRESETS] == EXPECTED


def test_hosts_and_names_belong_to_one_preset() -> None:
    for kind in ("hosts", "names"):
        entries = [entry for preset in PRESETS for entry in getattr(preset, kind)]
        assert len(entries) == len(set(entries))


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_row_is_sound(preset: Preset) -> None:
    names = {field.name for field in fields(Quirks)}
    for pattern, changes in preset.model_quirks:
        re.compile(pattern)
        assert set(changes) <= names
        plain = {name: list(value) if isinstance(value, frozenset) else value for name, value in changes.items()}
        assert validate_quirks(plain) == []
    if preset.hosts:
        host = urlsplit(preset.base_url).netloc
        assert any(host == known or host.endswith(f".{known}") for known in preset.hosts)
    config = ProviderConfig("x" if preset.hosts else preset.name, preset.base_url)
    assert preset_for(config) is preset
    assert protocol_for(config) == preset.protocol


def test_cache_control_families() -> None:
    assert takes_cache_control("Anthropic/Claude-3")
    assert not takes_cache_control("openai/gpt-5")
