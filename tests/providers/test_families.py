"""Which family a model is of: names as their hosts spell them."""

import pytest

from ccrouter.config.types import HINT_FAMILIES, ProviderConfig
from ccrouter.providers.families import FAMILY_ROWS, RUNNERS, hint_family
from ccrouter.providers.presets import PRESETS

SOMEWHERE = ProviderConfig("somewhere", "https://models.example/v1")

NAMES = {
    None: (
        "claude-sonnet-5", "anthropic/claude-opus-4.8", "anthropic.claude-3-5-sonnet-20241022-v2:0",
        "eu.anthropic.claude-sonnet-4-v1:0", "claude-haiku-4-5@20251001", "anthropic/fable-1",
    ),
    "gemini": ("gemini-2.5-pro", "google/gemini-3.1-pro-preview", "models/gemini-2.5-flash", "gemini-2.5-flash-search"),
    "deepseek": (
        "deepseek-chat", "deepseek-ai/DeepSeek-V3.2", "deepseek-r1-distill-llama-70b", "DeepSeek-R1-Distill-Qwen-32B",
        "deepseek-v3-2-251201", "accounts/fireworks/models/deepseek-v3p2",
    ),
    "qwen": ("qwen3-coder-plus", "Qwen/Qwen3-235B-A22B", "qwq-32b", "qwen2.5-coder:7b", "qvq-max"),
    "kimi": ("kimi-k2-0905-preview", "moonshotai/kimi-k2.5", "moonshot-v1-128k", "kimi-for-coding"),
    "glm": ("glm-4.6", "z-ai/glm-5", "zai-org/GLM-4.5", "zai-glm-4.6", "THUDM/chatglm3-6b"),
    "gpt": (
        "gpt-5.2", "openai/gpt-oss-120b", "gpt-4o-mini", "o3", "o4-mini", "openai/o1-preview", "codex-mini-latest",
        "chatgpt-4o-latest", "gpt-5-codex", "gpt-oss:20b",
    ),
    "local": (
        "llama-3.3-70b-versatile", "meta-llama/Llama-4-Maverick", "mistral-large-latest", "devstral-2512", "gemma3:27b",
        "google/gemma-3-27b-it", "phi-4", "microsoft/phi4-mini", "granite-code:8b", "nousresearch/hermes-4-405b",
        "mixtral-8x7b", "codestral", "nvidia/nemotron-nano-9b-v2", "01-ai/yi-34b", "exaone-deep:32b",
    ),
    "other": (
        "grok-4-fast", "MiniMax-M2", "doubao-seed-1-6", "ernie-4.5", "step-3", "sonar-pro", "nova-pro", "my-model",
        "sophia-1", "coder", "o2-router", "morph-v3-large", "mercury-coder", "demo3",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("family", "name"), [(family, name) for family, names in NAMES.items() for name in names])
def test_the_family_is_told_by_the_name(family: str | None, name: str) -> None:
    assert hint_family(SOMEWHERE, name) == family
    assert hint_family(SOMEWHERE, name.upper()) == family


def test_every_family_has_models() -> None:
    assert set(NAMES) == {*HINT_FAMILIES, None}
    assert {family for _, family in FAMILY_ROWS} == {*HINT_FAMILIES, None} - {"other"}


def test_what_runs_on_the_own_machine_is_local_unless_its_name_tells_a_family() -> None:
    ollama = ProviderConfig("mine", "http://localhost:11434/v1")
    assert hint_family(ollama, "my-finetune:latest") == "local"
    assert hint_family(ollama, "qwen3:8b") == "qwen"
    assert hint_family(ProviderConfig("lmstudio", "http://10.0.0.5:1234/v1"), "my-finetune") == "local"
    assert hint_family(ProviderConfig("relay", "http://127.0.0.1:4000/v1"), "my-alias") == "other"
    assert {preset.name for preset in PRESETS} >= RUNNERS
