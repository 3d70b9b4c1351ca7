"""A provider by its name alone is complete: it loads, builds, and asks at the right place with the right key.

The URLs are those of the vendors' documentation, not put together from the rows.
"""

from pathlib import Path

import orjson
import pytest

from ccrouter import runtime
from ccrouter.config.types import Target
from ccrouter.dialects.base import Dialect
from ccrouter.pipeline.build import Pipeline
from ccrouter.providers.presets import PRESETS
from ccrouter.providers.resolve import protocol_for

CHAT, RESPONSES, ANTHROPIC, GEMINI = "openai_chat", "openai_responses", "anthropic", "gemini"
COMPLETE = [  # name, protocol, endpoint for a stream (of the model named "m" for Gemini)
    ("openai", RESPONSES, "https://api.openai.com/v1/responses"),  # its first model reasons
    ("anthropic", ANTHROPIC, "https://api.anthropic.com/v1/messages"),
    ("gemini", GEMINI, "https://generativelanguage.googleapis.com/v1beta/models/m:streamGenerateContent?alt=sse"),
    ("vertex", "vertex", None),
    ("vertex-gemini", "vertex", None),  # project and location are in it: its own tests
    ("vertex-claude", "vertex", None),
    ("mistral", CHAT, "https://api.mistral.ai/v1/chat/completions"),
    ("xai", CHAT, "https://api.x.ai/v1/chat/completions"),
    ("deepseek", CHAT, "https://api.deepseek.com/chat/completions"),
    ("moonshot", CHAT, "https://api.moonshot.ai/v1/chat/completions"),
    ("moonshot-cn", CHAT, "https://api.moonshot.cn/v1/chat/completions"),
    ("kimi-coding", CHAT, "https://api.kimi.com/coding/v1/chat/completions"),
    ("zai", CHAT, "https://api.z.ai/api/paas/v4/chat/completions"),
    ("zai-coding", CHAT, "https://api.z.ai/api/coding/paas/v4/chat/completions"),
    ("bigmodel", CHAT, "https://open.bigmodel.cn/api/paas/v4/chat/completions"),
    ("bigmodel-coding", CHAT, "https://open.bigmodel.cn/api/coding/paas/v4/chat/completions"),
    ("dashscope", CHAT, "https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions"),
    ("dashscope-intl", CHAT, "https://dashscope-intl.aliyuncs.com/compatible-mode/v1/chat/completions"),
    ("dashscope-us", CHAT, "https://dashscope-us.aliyuncs.com/compatible-mode/v1/chat/completions"),
    ("dashscope-coding", CHAT, "https://coding.dashscope.aliyuncs.com/v1/chat/completions"),
    ("dashscope-coding-intl", CHAT, "https://coding-intl.dashscope.aliyuncs.com/v1/chat/completions"),
    ("modelscope", CHAT, "https://api-inference.modelscope.cn/v1/chat/completions"),
    ("siliconflow", CHAT, "https://api.siliconflow.cn/v1/chat/completions"),
    ("siliconflow-com", CHAT, "https://api.siliconflow.com/v1/chat/completions"),
    ("volcengine", CHAT, "https://ark.cn-beijing.volces.com/api/v3/chat/completions"),
    ("volcengine-coding", CHAT, "https://ark.cn-beijing.volces.com/api/coding/v3/chat/completions"),
    ("minimax", CHAT, "https://api.minimaxi.com/v1/chat/completions"),
    ("minimax-global", CHAT, "https://api.minimax.io/v1/chat/completions"),
    ("openrouter", CHAT, "https://openrouter.ai/api/v1/chat/completions"),
    ("vercel", CHAT, "https://ai-gateway.vercel.sh/v1/chat/completions"),
    ("groq", CHAT, "https://api.groq.com/openai/v1/chat/completions"),
    ("cerebras", CHAT, "https://api.cerebras.ai/v1/chat/completions"),
    ("fireworks", CHAT, "https://api.fireworks.ai/inference/v1/chat/completions"),
    ("together", CHAT, "https://api.together.xyz/v1/chat/completions"),
    ("nvidia", CHAT, "https://integrate.api.nvidia.com/v1/chat/completions"),
    ("huggingface", CHAT, "https://router.huggingface.co/v1/chat/completions"),
    ("chutes", CHAT, "https://llm.chutes.ai/v1/chat/completions"),
    ("novita", CHAT, "https://api.novita.ai/openai/v1/chat/completions"),
    ("perplexity", CHAT, "https://api.perplexity.ai/chat/completions"),
    ("ollama", CHAT, "http://localhost:11434/v1/chat/completions"),
    ("ollama-cloud", CHAT, "https://ollama.com/v1/chat/completions"),
    ("lmstudio", CHAT, "http://localhost:1234/v1/chat/completions"),
    ("vllm", CHAT, "http://localhost:8000/v1/chat/completions"),
    ("llama.cpp", CHAT, "http://localhost:8080/v1/chat/completions"),
    ("litellm", CHAT, "http://localhost:4000/v1/chat/completions"),
    ("github-copilot-compatible", CHAT, "http://localhost:4141/v1/chat/completions"),
    ("gemini-balance", GEMINI, "http://localhost:8000/v1beta/models/m:streamGenerateContent?alt=sse"),
    ("claude-relay-service", ANTHROPIC, "http://localhost:3000/api/v1/messages"),
    (
        "claude-relay-service-gemini",
        GEMINI,
        "http://localhost:3000/gemini/v1beta/models/m:streamGenerateContent?alt=sse",
    ),
]
ROWS = {preset.name: preset for preset in PRESETS}
NEEDS_URL = ["azure"]


def build(folder: Path, provider: dict[str, object], model: str, environment: dict[str, str]) -> runtime.Built:
    path = folder / "config.json"
    config = {"Providers": [provider], "Router": {"default": f"{provider['name']},{model}"}}
    path.write_bytes(orjson.dumps(config))
    return runtime.build(path, environment)


def test_no_row_is_forgotten() -> None:
    assert [name for name, *_ in COMPLETE] + NEEDS_URL == [
        *(preset.name for preset in PRESETS if preset.name not in NEEDS_URL),
        *NEEDS_URL,
    ]


@pytest.mark.parametrize(("name", "protocol", "url"), COMPLETE, ids=[name for name, *_ in COMPLETE])
def test_the_name_is_enough(name: str, protocol: str, url: str | None, tmp_path: Path) -> None:
    preset = ROWS[name]
    environment = {preset.key_variable: "the-key"} if preset.key_variable is not None else {}
    provider: dict[str, object] = {"name": name}
    if not preset.models:
        provider["models"] = ["m"]
    model = preset.models[0] if preset.models else "m"
    built = build(tmp_path, provider, model, environment)
    assert built.service is not None, [str(problem) for problem in built.problems]
    config = built.service.config.provider(name)
    assert config is not None
    assert config.api_keys == (("the-key",) if preset.key_variable is not None else ())
    assert config.models == (preset.models or ("m",))
    if url is None:
        assert [use.name for use in config.use] == ([name] if name != "vertex" else [])
        return
    assert protocol_for(config, model) == protocol
    dialect: Dialect | None = runtime.DIALECTS.get(protocol)
    unusable = [problem for problem in built.problems if "cannot be used" in problem.message]
    if dialect is None:
        assert [problem.severity for problem in unusable] == ["warning"]  # said once, by the mechanism for it
        assert built.problems == tuple(unusable)
        return
    assert built.problems == ()
    pipeline = built.service.pipeline(Target(name, model))
    assert isinstance(pipeline, Pipeline)
    assert pipeline.dialect.name == protocol
    assert pipeline.dialect.url(pipeline.base_url, model="m", stream=True) == url


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        (
            "https://r.openai.azure.com/openai/v1",
            "https://r.openai.azure.com/openai/v1/responses",
        ),
        (
            "https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21",
            "https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21",
        ),
    ],
)
def test_azure_needs_only_its_url(url: str, endpoint: str, tmp_path: Path) -> None:
    provider: dict[str, object] = {"name": "azure", "api_base_url": url, "models": ["gpt-5-mini"]}
    built = build(tmp_path, provider, "gpt-5-mini", {"AZURE_OPENAI_API_KEY": "the-key"})
    assert built.problems == ()
    assert built.service is not None
    pipeline = built.service.pipeline(Target("azure", "gpt-5-mini"))
    assert isinstance(pipeline, Pipeline)
    assert pipeline.dialect.url(pipeline.base_url, model="gpt-5-mini", stream=True) == endpoint
    assert pipeline.quirks.max_tokens_field == "max_completion_tokens"
    assert built.service.config.providers[0].api_keys == ("the-key",)


def test_the_example_of_the_issue(tmp_path: Path) -> None:
    provider: dict[str, object] = {"name": "deepseek", "api_key": "$DEEPSEEK_API_KEY"}
    built = build(tmp_path, provider, "deepseek-chat", {"DEEPSEEK_API_KEY": "sk-1"})
    assert built.problems == ()
    assert built.service is not None
    (deepseek,) = built.service.config.providers
    assert deepseek.api_keys == ("sk-1",)
    assert "deepseek-reasoner" in deepseek.models
    pipeline = built.service.pipeline(Target("deepseek", "deepseek-reasoner"))
    assert isinstance(pipeline, Pipeline)
    assert pipeline.quirks.reasoning_out == "reasoning_content"
    assert pipeline.quirks.reasoning_required is True


def test_an_explicit_preset_under_a_name_of_ones_own(tmp_path: Path) -> None:
    provider: dict[str, object] = {
        "name": "mine",
        "preset": "ollama",
        "api_base_url": "http://10.1.2.3:9999",
        "models": ["qwen3"],
    }
    built = build(tmp_path, provider, "qwen3", {})
    assert built.problems == ()
    assert built.service is not None
    pipeline = built.service.pipeline(Target("mine", "qwen3"))
    assert isinstance(pipeline, Pipeline)
    assert pipeline.dialect.url(pipeline.base_url, model="qwen3", stream=True) == (
        "http://10.1.2.3:9999/v1/chat/completions"
    )
    assert pipeline.quirks.parallel_tool_calls is False
    assert pipeline.quirks.stop_limit is None
