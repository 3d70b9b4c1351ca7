"""The files that the pages of the other programs publish load as they are, and route as their authors mean.

They are the three proxies' .env.example, one of them as guides have it for OpenRouter, LiteLLM's quick start for Claude
Code, and its pages on load balancing and reliability in one file. Only the comments are not theirs.
"""

from pathlib import Path

import pytest

from ccrouter.config.load import Loaded, load_config
from ccrouter.config.types import Config, Group, Member, Target, TransformerUse
from ccrouter.runtime import build, known_names

FOLDER = Path(__file__).parents[1] / "documented" / "foreign"
KNOWN = known_names({}, user_files_loaded=False)
KEYS = {
    "ANTHROPIC_API_KEY": "sk-ant-1",
    "AZURE_API_KEY": "azure-1",
    "OPENAI_API_KEY": "sk-1",
    "LITELLM_MASTER_KEY": "sk-master",
}


def load(name: str, environment: dict[str, str]) -> Loaded:
    return load_config(FOLDER / name, environment=environment, known=KNOWN)


def config_of(name: str, environment: dict[str, str] | None = None) -> Config:
    loaded = load(name, environment or {})
    assert loaded.config is not None, [str(problem) for problem in loaded.problems]
    return loaded.config


@pytest.mark.parametrize("name", sorted(file.name for file in FOLDER.iterdir()))
def test_it_can_be_served(name: str) -> None:
    built = build(FOLDER / name, KEYS)
    assert built.service is not None, [str(problem) for problem in built.problems]


def test_the_gemini_proxys() -> None:
    config = config_of("gemini-for-claude-code.env")
    (gemini,) = config.providers
    assert gemini.api_keys == ("your-google-ai-studio-key-here",)
    assert gemini.api_base_url == "https://generativelanguage.googleapis.com/v1beta"
    assert gemini.use == (TransformerUse("maxtoken", {"max_tokens": 8192}),)
    assert (gemini.timeouts.first_byte, gemini.timeouts.idle) == (90, 90)
    assert config.router.default == Target("gemini", "gemini-2.0-flash-exp")
    assert config.router.background == Target("gemini", "gemini-1.5-flash-latest")
    assert (config.host, config.port, config.api_key) == ("127.0.0.1", 8082, None)
    assert config.log_level == "warn"
    assert config.retries.same_target == 2
    told = [problem.message for problem in load("gemini-for-claude-code.env", {}).problems]
    assert [text.split()[0] for text in told] == [
        "there",  # no APIKEY, so HOST stays 127.0.0.1
        "MAX_STREAMING_RETRIES",
        "FORCE_DISABLE_STREAMING",
        "EMERGENCY_DISABLE_STREAMING",
    ]


def test_the_litellm_proxys() -> None:
    config = config_of("1rgs-claude-code-proxy.env")
    assert [provider.name for provider in config.providers] == ["openai", "gemini", "anthropic"]
    assert config.providers[0].api_keys == ("sk-...",)
    assert config.router.default == Target("openai", "gpt-4.1")
    assert config.router.background == Target("openai", "gpt-4.1-mini")
    assert (config.port, config.api_key) == (8082, None)


def test_the_openai_proxys() -> None:
    config = config_of("fuergaosi233-claude-code-proxy.env")
    (openai,) = config.providers
    assert openai.api_keys == ("sk-your-openai-api-key-here",)
    assert openai.models == ("gpt-4o", "gpt-4o-mini")
    assert config.api_key == "your-expected-anthropic-api-key"
    assert (config.host, config.port) == ("0.0.0.0", 8082)
    assert config.router.default == Target("openai", "gpt-4o")
    assert config.router.background == Target("openai", "gpt-4o-mini")


def test_openrouter_with_big_middle_and_small() -> None:
    config = config_of("openrouter-big-middle-small.env")
    (provider,) = config.providers
    assert provider.api_base_url == "https://openrouter.ai/api/v1"
    assert provider.name == "openai-compatible"
    assert config.router.default == Target("openai-compatible", "z-ai/glm-4.6")
    assert config.router.background == Target("openai-compatible", "qwen/qwen3-coder")
    assert config.tiers["opus"].target.model == "anthropic/claude-opus-4.1"


def test_litellms_for_claude_code() -> None:
    config = config_of("litellm-claude-code.yaml", KEYS)
    (anthropic,) = config.providers
    assert anthropic.api_keys == ("sk-ant-1",)
    assert config.api_key == "sk-master"
    assert config.aliases["claude-opus-4-5-20251101"] == Target("anthropic", "claude-opus-4-5-20251101")
    assert config.router.default == Target("anthropic", "claude-sonnet-4-5-20250929")
    assert config.router.background == Target("anthropic", "claude-haiku-4-5-20251001")
    assert config.tiers["opus"].target == Target("anthropic", "claude-opus-4-5-20251101")
    assert load("litellm-claude-code.yaml", KEYS).problems == ()


def test_litellms_for_load_balancing() -> None:
    config = config_of("litellm-load-balancing.yaml", KEYS)
    europe, canada = Target("azure", "gpt-turbo-small-eu"), Target("azure-2", "gpt-turbo-small-ca")
    assert config.groups == {"gpt-3.5-turbo": Group("weighted", (Member(europe, 6), Member(canada, 1440)))}
    zephyr, large = Target("huggingface", "HuggingFaceH4/zephyr-7b-beta"), Target("openai", "gpt-3.5-turbo-1106")
    group = Target("group", "gpt-3.5-turbo")
    assert config.aliases == {"gpt-3.5-turbo-large": large, "zephyr-beta": zephyr, "gpt-4": group}
    assert config.fallback == {str(zephyr): (group, large), str(group): (large,)}
    assert config.router.default == group
    assert config.retries.same_target == 3
    assert config.cooldown.cap_seconds == 30
    assert config.api_timeout_ms == 10_000
    assert config.api_key == "sk-1234"
    azure = config.provider("azure-2")
    assert azure is not None
    assert azure.preset == "azure"
    assert azure.api_base_url == "https://my-endpoint-canada-berri992.openai.azure.com?api-version=2023-05-15"
    problems = {problem.pointer: problem for problem in load("litellm-load-balancing.yaml", KEYS).problems}
    assert {pointer: (problem.line, problem.column) for pointer, problem in problems.items()} == {
        "/model_list/3": (24, 5),
        "/model_list/5/litellm_params/model": (36, 14),
        "/model_list/6": (37, 5),
        "/litellm_settings/context_window_fallbacks": (47, 29),
        "/litellm_settings/allowed_fails": (48, 18),
        "/router_settings/redis_host": (54, 15),
    }
    assert "openai/MODEL with that api_base" in (problems["/model_list/5/litellm_params/model"].fix or "")
