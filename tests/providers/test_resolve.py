from typing import Any, get_args

import pytest

from ccrouter.config.types import ProviderConfig, TransformerUse
from ccrouter.dialects.quirks import LeakedForm, Quirks
from ccrouter.providers.resolve import (
    preset_for,
    protocol_for,
    protocol_of_url,
    quirks_for,
    validate_quirks,
)


def provider(url: str = "http://10.0.0.1/v1", name: str = "mine", **fields: Any) -> ProviderConfig:
    return ProviderConfig(name, url, **fields)


@pytest.mark.parametrize(
    ("url", "protocol"),
    [
        # ccr-behaviour.md 8: the documented examples
        ("https://openrouter.ai/api/v1/chat/completions", "openai_chat"),
        ("https://api.deepseek.com/chat/completions", "openai_chat"),
        ("http://localhost:11434/v1/chat/completions", "openai_chat"),
        ("https://generativelanguage.googleapis.com/v1beta/models/", "gemini"),
        ("https://ark.cn-beijing.volces.com/api/v3/chat/completions", "openai_chat"),
        ("https://your-resource-name.openai.azure.com/", "openai_chat"),
        # bases, endpoints and the other protocols
        ("https://api.openai.com/v1", "openai_chat"),
        ("https://api.openai.com/v1/responses", "openai_responses"),
        ("https://api.anthropic.com", "anthropic"),
        ("https://api.anthropic.com/v1/messages", "anthropic"),
        ("https://api.anthropic.com/v1/chat/completions", "openai_chat"),
        ("https://relay.example/V1/Messages/", "anthropic"),
        ("https://relay.example/v1/messages?beta=true", "anthropic"),
        ("https://api.deepseek.com/anthropic", "anthropic"),
        ("https://api.moonshot.ai/anthropic/", "anthropic"),
        ("https://api.z.ai/api/anthropic/v1", "anthropic"),
        ("https://generativelanguage.googleapis.com/v1beta/openai/", "openai_chat"),
        ("http://relay:8000/v1beta", "gemini"),
        ("http://relay:8000/v1beta/models/", "gemini"),
        ("http://relay:8000/hf/v1", "openai_chat"),
        ("https://name.openai.azure.com/openai/v1", "openai_chat"),
        ("https://name.services.ai.azure.com/anthropic", "anthropic"),
        ("api.anthropic.com/v1/messages", "anthropic"),
        ("", "openai_chat"),
        ("http://[", "openai_chat"),
    ],
)
def test_protocol_of_url(url: str, protocol: str) -> None:
    assert protocol_of_url(url) == protocol
    assert protocol_for(provider(url)) == protocol


@pytest.mark.parametrize(
    ("use", "protocol"),
    [
        ("Anthropic", "anthropic"),
        ("anthropic", "anthropic"),
        ("OpenAI", "openai_chat"),
        ("gemini", "gemini"),
        ("openai-responses", "openai_responses"),
        ("deepseek", "openai_chat"),
    ],
)
def test_transformer_beats_url(use: str, protocol: str) -> None:
    uses = (TransformerUse("maxtoken"), TransformerUse(use))
    assert protocol_for(provider(use=uses)) == protocol
    if use != "deepseek":
        assert protocol_for(provider("https://relay.example/v1/responses", use=uses)) == protocol


@pytest.mark.parametrize(
    ("written", "protocol"),
    [
        ("openai_chat", "openai_chat"),
        ("OpenAI-Chat", "openai_chat"),
        ("openai", "openai_chat"),
        ("openai_chat_completions", "openai_chat"),
        ("anthropic_messages", "anthropic"),
        ("gemini_generate_content", "gemini"),
        ("responses", "openai_responses"),
        ("soap", "soap"),
    ],
)
def test_config_beats_transformer_and_url(written: str, protocol: str) -> None:
    chosen = provider("https://api.anthropic.com", protocol=written, use=(TransformerUse("gemini"),))
    assert protocol_for(chosen) == protocol


@pytest.mark.parametrize(
    ("url", "name", "preset"),
    [
        ("https://api.deepseek.com/v1", "groq", "deepseek"),
        ("https://ark.cn-beijing.volces.com/api/v3", "x", "volcengine"),
        ("https://ark.cn-beijing.volces.com/api/coding/v3", "x", "volcengine-coding"),
        ("https://api.z.ai/api/paas/v4", "x", "zai"),
        ("https://api.z.ai/api/coding/paas/v4", "x", "zai-coding"),
        ("https://api.z.ai/api/anthropic", "x", "zai"),
        ("https://coding.dashscope.aliyuncs.com/v1", "x", "dashscope-coding"),
        ("https://us-east5-aiplatform.googleapis.com/v1", "x", "vertex"),
        ("https://aiplatform.eu.rep.googleapis.com", "x", "vertex"),
        ("http://localhost:8000/v1", "x", None),
        ("http://localhost:8000/v1", "vllm", "vllm"),
        ("http://localhost:1234/v1", "x", "lmstudio"),
        ("http://127.0.0.1:11434/v1", "x", "ollama"),
        ("http://127.0.0.1:9999/v1", "Ollama", "ollama"),
        ("https://relay.example/v1", "kimi", "moonshot"),
        ("https://notapi.groq.com.example/v1", "x", None),
        ("https://myapi.groq.com", "x", None),
        ("http://localhost:99999999/v1", "x", None),
        ("", "x", None),
    ],
)
def test_preset_by_host_then_by_name(url: str, name: str, preset: str | None) -> None:
    found = preset_for(provider(url, name))
    assert (found.name if found else None) == preset


@pytest.mark.parametrize(
    ("name", "url", "preset", "protocol"),
    [
        # the config names it: its protocol holds wherever it is, unless the URL says otherwise
        ("mine", "http://10.0.0.1:3000/api", "claude-relay-service", "anthropic"),
        ("mine", "http://10.0.0.1:3000/api/v1/messages", "claude-relay-service", "anthropic"),
        ("mine", "http://10.0.0.1/v1/chat/completions", "anthropic", "openai_chat"),
        # peers.md 1e: the relay's Gemini address
        ("crs", "http://10.0.0.1:3000/gemini/v1beta", None, "gemini"),
        # without a host of its own the name tells; peers.md 1d, 1f: /v1 is OpenAI's protocol there
        ("claude-relay-service", "http://10.0.0.1:3000/api", None, "anthropic"),
        ("gemini-balance", "http://10.0.0.1:8000", None, "gemini"),
        ("gemini-balance", "http://10.0.0.1:8000/v1", None, "openai_chat"),
        # a name alone on a foreign host tells nothing of the shape
        ("claude", "https://relay.example/v1", None, "openai_chat"),
        ("gemini", "https://relay.example/v1", None, "openai_chat"),
        ("anything", "https://api.anthropic.com", "none", "anthropic"),
    ],
)
def test_the_presets_protocol(name: str, url: str, preset: str | None, protocol: str) -> None:
    assert protocol_for(provider(url, name, preset=preset)) == protocol


def test_an_explicit_preset_beats_url_and_name() -> None:
    found = preset_for(provider("https://api.deepseek.com", "groq", preset="ollama"))
    assert found is not None
    assert found.name == "ollama"
    assert preset_for(provider("https://api.deepseek.com", "groq", preset="none")) is None
    assert quirks_for(provider("https://api.groq.com/openai/v1", preset="none"), "x") == Quirks()


def test_unknown_provider_has_the_defaults() -> None:
    assert quirks_for(provider(), "model") == Quirks()


@pytest.mark.parametrize("preset", [None, "vllm", "together", "huggingface", "volcengine"])
@pytest.mark.parametrize(
    ("model", "facts"),
    [
        # field-notes.md 1.29: R1 must not have its reasoning back; V3.2 and V4 must, also where it was empty
        ("deepseek-r1:70b", {"reasoning_out": None, "reasoning_required": False}),
        ("deepseek-ai/DeepSeek-R1-0528", {"reasoning_out": None}),
        ("deepseek-r1-distill-qwen-32b", {"reasoning_out": None}),
        ("deepseek-ai/DeepSeek-V3.2", {"reasoning_out": "same", "reasoning_required": True}),
        ("accounts/fireworks/models/deepseek-v3p2", {"reasoning_required": True}),
        ("deepseek-v3-2-251201", {"reasoning_required": True}),
        ("deepseek-v3-250324", {"reasoning_required": False}),
        ("deepseek-v3.1", {"reasoning_required": False}),
        ("deepseek-v4-flash", {"reasoning_required": True, "tool_choice_required": False, "images": False}),
        # 1.30: Kimi's thinking models likewise; 1.28: no forced tools
        ("moonshotai/Kimi-K2-Thinking", {"reasoning_required": True, "tool_choice_required": False}),
        ("moonshotai/Kimi-K2.6", {"reasoning_required": True, "images": True, "context_window": 262_144}),
        ("kimi-k2p5", {"reasoning_required": True, "images": True}),
        ("moonshotai/Kimi-K2-Instruct", {"reasoning_required": False, "images": False, "context_window": 131_072}),
        ("moonshotai/Kimi-K2-Instruct-0905", {"reasoning_required": False, "context_window": 262_144}),
        # 1.28: Qwen's thinking refuses forced tools
        ("Qwen/Qwen3-235B-A22B-Thinking-2507", {"tool_choice_required": False}),
        ("qwq-32b", {"tool_choice_required": False}),
        # text only: 400 on images (field-notes.md 2, Volcengine; the models' cards)
        ("zai-org/GLM-4.6", {"images": False, "context_window": 204_800}),
        ("glm-4.5-air", {"images": False, "context_window": 131_072}),
        ("Qwen3-Coder-480B-A35B-Instruct", {"images": False}),
        ("openai/gpt-oss-120b", {"images": False, "context_window": 131_072}),
        ("deepseek-vl2", {}),
    ],
)
def test_facts_of_a_model_on_any_host(preset: str | None, model: str, facts: dict[str, object]) -> None:
    quirks = quirks_for(provider(preset=preset), model)
    assert {name: getattr(quirks, name) for name in facts} == facts


@pytest.mark.parametrize("model", ["glm-4.5v", "GLM-4.6V-Flash", "glm-5v", "deepseek-vl2", "qwen3-vl-plus", "gpt-5"])
def test_models_that_see(model: str) -> None:
    assert quirks_for(provider(), model).images is True


def test_a_host_that_says_otherwise_is_believed() -> None:
    for preset in ("groq", "mistral"):
        quirks = quirks_for(provider(preset=preset), "deepseek-v3.2")
        assert quirks.reasoning_out is None, preset
        assert quirks.reasoning_required is False, preset
        assert quirks.images is False, preset  # not pinned: the model has no eyes anywhere
    assert quirks_for(provider(preset="openrouter"), "deepseek/deepseek-r1").reasoning_out == "same"
    assert quirks_for(provider(preset="cerebras"), "gpt-oss-120b").reasoning_out == "reasoning"
    assert quirks_for(provider(preset="cerebras"), "zai-glm-4.7").reasoning_out == "<think>"


@pytest.mark.parametrize(
    ("model", "leaks", "repair"),
    [
        ("deepseek-ai/DeepSeek-V4", {"dsml", "invoke", "deepseek"}, "syntax"),
        ("Qwen/Qwen3-Coder-480B", {"hermes", "qwen"}, "schema"),
        ("accounts/fireworks/models/glm-5p2", {"glm", "hermes"}, "schema"),
        ("moonshotai/kimi-k2-instruct", {"kimi"}, "schema"),
        ("MiniMax-M2", {"invoke"}, "syntax"),
        ("gpt-5", set[str](), "syntax"),
    ],
)
def test_habits_of_models_on_any_host_but_not_where_replies_are_relayed(
    model: str, leaks: set[str], repair: str
) -> None:
    quirks = quirks_for(provider("https://host.example/v1"), model)
    assert (set(quirks.leaked_tool_calls), quirks.repair_arguments) == (leaks, repair)
    quirks = quirks_for(provider("https://host.example/anthropic"), model)
    assert (quirks.leaked_tool_calls, quirks.repair_arguments) == (frozenset(), "syntax")


def test_a_config_names_the_notations_it_wants() -> None:
    quirks = quirks_for(provider(quirks={"leaked_tool_calls": ["glm"]}), "my-model")
    assert quirks.leaked_tool_calls == frozenset({"glm"})
    assert validate_quirks({"leaked_tool_calls": ["gml"]}) == [
        "quirk 'leaked_tool_calls' must be a list of " + ", ".join(f'"{name}"' for name in get_args(LeakedForm))
    ]


@pytest.mark.parametrize(
    ("url", "model", "facts"),
    [
        # field-notes.md 1.29, 1.30, 1.31: who wants reasoning back
        ("https://api.deepseek.com", "deepseek-v4-pro", {"reasoning_required": True, "effort_style": "thinking"}),
        ("https://api.deepseek.com", "deepseek-v4-flash", {"max_tokens_cap": 65_536}),
        ("https://ark.cn-beijing.volces.com/api/v3", "deepseek-v3-250324", {"max_tokens_cap": 16_384}),
        ("https://api.deepseek.com", "deepseek-reasoner", {"reasoning_required": True, "tool_choice_required": False}),
        ("https://api.deepseek.com", "deepseek-chat", {"reasoning_required": False, "max_tokens_cap": 8192}),
        ("https://ark.cn-beijing.volces.com/api/v3", "deepseek-r1-250528", {"reasoning_out": None}),
        ("https://ark.cn-beijing.volces.com/api/v3", "deepseek-v3-2-251201", {"reasoning_required": True}),
        (
            "https://ark.cn-beijing.volces.com/api/v3",
            "deepseek-v3-250324",
            {"effort_style": "none", "reasoning_required": False},
        ),
        ("https://api.moonshot.ai/v1", "kimi-k2.6", {"reasoning_required": True, "tool_choice_required": False}),
        ("https://api.moonshot.ai/v1", "kimi-k2-0711-preview", {"reasoning_required": False, "effort_style": "none"}),
        ("https://api.z.ai/api/paas/v4", "glm-4.6", {"reasoning_out": "reasoning_content", "effort_style": "thinking"}),
        ("https://api.groq.com/openai/v1", "qwen/qwen3-32b", {"reasoning_out": None}),
        ("https://api.cerebras.ai/v1", "gpt-oss-120b", {"reasoning_out": "reasoning", "parallel_tool_calls": False}),
        # 1.44, 1.45: limits
        ("https://ark.cn-beijing.volces.com/api/v3", "doubao-seed-1-6", {"max_tokens_cap": 32768}),
        ("https://api.openai.com/v1", "gpt-5-mini", {"max_tokens_field": "max_completion_tokens"}),
        ("https://api.openai.com/v1", "o3", {"max_tokens_field": "max_completion_tokens", "stop_limit": 0}),
        ("https://api.openai.com/v1", "gpt-4o", {"max_tokens_field": "max_tokens", "stop_limit": 4}),
        ("https://api.openai.com/v1", "gpt-5.4", {"effort_style": "none", "extra_body": {}}),
        ("https://api.openai.com/v1", "gpt-5.1", {"effort_style": "reasoning_effort", "extra_body": {}}),
        # 1.28: forced tools
        ("https://dashscope.aliyuncs.com/compatible-mode/v1", "qwen3-max", {"tool_choice_required": False}),
        # 2, MiniMax and its OpenAI-compatible reference: reasoning_details only with reasoning_split, no tool_choice
        (
            "https://api.minimax.io/v1",
            "MiniMax-M2.1",
            {"extra_body": {"reasoning_split": True}, "tool_choice_required": False, "parallel_tool_calls": False},
        ),
        # 2, Z.ai: streamed arguments need tool_stream; the coding plan and bigmodel are the same
        ("https://open.bigmodel.cn/api/coding/paas/v4", "glm-4.6", {"extra_body": {"tool_stream": True}}),
        ("https://api.z.ai/api/coding/paas/v4", "glm-4.5", {"effort_style": "thinking", "max_tokens_cap": 98_304}),
        # 2, Moonshot in both countries, and Kimi Code
        ("https://api.moonshot.cn/v1", "kimi-k2.6", {"effort_style": "thinking", "context_window": 262_144}),
        ("https://api.kimi.com/coding/v1", "kimi-for-coding", {"reasoning_required": True}),
        # 2, DashScope in all regions
        ("https://dashscope-intl.aliyuncs.com/compatible-mode/v1", "qwen-max", {"max_tokens_cap": 8192}),
        ("https://ws1.eu-central-1.maas.aliyuncs.com/compatible-mode/v1", "qwen3-max", {"max_tokens_cap": 65_536}),
        ("https://coding.dashscope.aliyuncs.com/v1", "qwen3-coder-plus", {"context_window": 1_000_000}),
        # 2, Azure: as OpenAI, where deployments are called after their models
        ("https://r.openai.azure.com/openai/v1", "gpt-5-nano", {"max_tokens_field": "max_completion_tokens"}),
        ("https://r.openai.azure.com/openai/v1", "gpt-4.1-mini", {"max_tokens_cap": 32_768, "json_schema": True}),
        # 2, Mistral: unknown fields are refused, usage comes unasked
        ("https://api.mistral.ai/v1", "mistral-large-latest", {"stream_usage": False, "reasoning_out": None}),
        # 2, xAI: effort only where it is taken; no stop while reasoning
        ("https://api.x.ai/v1", "grok-4-fast-reasoning", {"effort_style": "none", "stop_limit": 0}),
        ("https://api.x.ai/v1", "grok-4.20-0309-non-reasoning", {"stop_limit": 4}),
        # 2, Groq: what it refuses
        ("https://api.groq.com/openai/v1", "llama-3.3-70b-versatile", {"effort_style": "none", "reasoning_out": None}),
        # Fireworks' guide to reasoning
        (
            "https://api.fireworks.ai/inference/v1",
            "accounts/fireworks/models/glm-5",
            {"effort_style": "reasoning_effort"},
        ),
        (
            "https://api.fireworks.ai/inference/v1",
            "accounts/fireworks/models/kimi-k2-instruct",
            {"effort_style": "none"},
        ),
        # Vertex: Claude there is Anthropic's, Gemini is Google's
        ("https://us-east5-aiplatform.googleapis.com", "claude-sonnet-4-5@20250929", {"keep_cache_control": True}),
        (
            "https://us-east5-aiplatform.googleapis.com",
            "gemini-2.5-pro",
            {"keep_cache_control": False, "stop_limit": 5},
        ),
        # prefills: Claude up to 4.5, Mistral's prefix, Moonshot's and Alibaba's partial mode
        ("https://api.anthropic.com", "claude-sonnet-4-5-20250929", {"prefill": "plain"}),
        ("https://api.anthropic.com", "claude-opus-4-1", {"prefill": "plain"}),
        ("https://api.anthropic.com", "claude-3-5-haiku-latest", {"prefill": "plain"}),
        ("https://api.anthropic.com", "claude-opus-4-6", {"prefill": "none"}),
        ("https://api.anthropic.com", "claude-sonnet-5", {"prefill": "none"}),
        ("https://api.mistral.ai/v1", "mistral-large-latest", {"prefill": "prefix"}),
        ("https://api.moonshot.ai/v1", "kimi-k2.6", {"prefill": "partial"}),
        ("https://dashscope.aliyuncs.com/compatible-mode/v1", "qwen3-coder-plus", {"prefill": "partial"}),
        ("https://dashscope.aliyuncs.com/compatible-mode/v1", "deepseek-v3.2", {"prefill": "none"}),
        ("https://openrouter.ai/api/v1", "anthropic/claude-sonnet-4", {"prefill": "none"}),
        # cache marks
        ("https://ai-gateway.vercel.sh/v1", "anthropic/claude-sonnet-5", {"keep_cache_control": True}),
        ("https://openrouter.ai/api/v1", "anthropic/claude-sonnet-4", {"keep_cache_control": True}),
        ("https://openrouter.ai/api/v1", "moonshotai/kimi-k2", {"keep_cache_control": False}),
        # the Thinking model always thinks, the hybrid one has a switch
        ("https://api-inference.modelscope.cn/v1", "Qwen/Qwen3-235B-A22B-Thinking-2507", {"effort_style": "none"}),
        ("https://api-inference.modelscope.cn/v1", "Qwen/Qwen3-32B", {"effort_style": "enable_thinking"}),
        ("https://api-inference.modelscope.cn/v1", "Qwen/Qwen3-Coder-480B-A35B-Instruct", {"effort_style": "none"}),
    ],
)
def test_facts(url: str, model: str, facts: dict[str, object]) -> None:
    quirks = quirks_for(provider(url), model)
    assert {name: getattr(quirks, name) for name in facts} == facts


@pytest.mark.parametrize(
    ("url", "model"),
    [
        ("https://api.z.ai/api/anthropic", "glm-4.6"),
        ("https://api.minimax.io/anthropic", "MiniMax-M2"),
        ("https://api.openai.com/v1/responses", "gpt-5.6-terra"),
    ],
)
def test_fields_of_one_protocol_are_not_sent_in_another(url: str, model: str) -> None:
    assert quirks_for(provider(url), model).extra_body == {}
    assert quirks_for(provider(url, quirks={"extra_body": {"a": 1}}), model).extra_body == {"a": 1}


def test_config_overrides_preset_and_model_rows() -> None:
    chosen = provider(
        "https://api.groq.com/openai/v1",
        quirks={"max_tokens_cap": 100, "reasoning_out": "reasoning", "refused_message_keys": ["name"], "images": False},
        context_windows={"kimi-k2": 5000},
    )
    quirks = quirks_for(chosen, "kimi-k2")
    assert quirks.max_tokens_cap == 100
    assert quirks.reasoning_out == "reasoning"
    assert quirks.refused_message_keys == frozenset({"name"})
    assert quirks.context_window == 5000
    assert quirks_for(chosen, "other").context_window is None


def test_null_overrides_where_null_is_a_value() -> None:
    chosen = provider("https://ark.cn-beijing.volces.com", quirks={"max_tokens_cap": None, "images": None})
    quirks = quirks_for(chosen, "doubao")
    assert quirks.max_tokens_cap is None
    assert quirks.images is True


@pytest.mark.parametrize(
    ("overrides", "complaint"),
    [
        ({"max_token_cap": 1}, "unknown quirk 'max_token_cap'; did you mean 'max_tokens_cap'?"),
        ({"images": "yes"}, "quirk 'images' must be true or false"),
        ({"images": 1}, "quirk 'images' must be true or false"),
        ({"max_tokens_cap": True}, "quirk 'max_tokens_cap' must be a whole number or null"),
        ({"max_tokens_cap": -1}, "quirk 'max_tokens_cap' must be a whole number or null"),
        ({"refused_message_keys": "name"}, "quirk 'refused_message_keys' must be a list of strings"),
        ({"extra_body": []}, "quirk 'extra_body' must be an object"),
        ({"system_role": "root"}, 'quirk \'system_role\' must be one of "system", "developer"'),
    ],
)
def test_wrong_overrides_are_told(overrides: dict[str, Any], complaint: str) -> None:
    assert validate_quirks(overrides) == [complaint]
    assert quirks_for(provider(quirks=overrides), "model") == Quirks()


def test_far_off_names_list_what_there_is() -> None:
    (complaint,) = validate_quirks({"zzzzzz": 1})
    assert "known are" in complaint
    assert "max_tokens_cap" in complaint


def test_right_overrides_pass() -> None:
    assert validate_quirks({"images": False, "stop_limit": None, "extra_body": {"a": 1}, "effort_style": "none"}) == []


@pytest.mark.parametrize(
    ("url", "protocol", "searches"),
    [
        ("https://relay.example/v1/messages", "anthropic", True),  # most likely a relay of the real one
        ("https://api.anthropic.com", "anthropic", True),
        ("https://api.deepseek.com/anthropic", "anthropic", False),
        ("https://api.minimax.io/anthropic", "anthropic", False),  # answers 2013 (field-notes 2)
        ("https://relay.example/v1beta", "gemini", True),
        ("https://generativelanguage.googleapis.com/v1beta/openai", "openai_chat", False),
        ("https://relay.example/v1", "openai_chat", False),
        ("https://relay.example/v1/responses", "openai_responses", False),
    ],
)
def test_who_searches_the_web_in_a_protocol_that_can(url: str, protocol: str, searches: bool) -> None:
    found = ProviderConfig("somebody", url, ("k",), ("m",), protocol=protocol)
    assert quirks_for(found, "m").native_web_search is searches


@pytest.mark.parametrize(
    ("url", "model", "style"),
    [
        ("https://openrouter.ai/api/v1", "deepseek/deepseek-chat", "openrouter"),
        ("https://api.perplexity.ai", "sonar", "perplexity"),
        ("https://api.groq.com/openai/v1", "groq/compound-mini", "compound"),
        ("https://api.groq.com/openai/v1", "llama-3.3-70b-versatile", "none"),
        ("https://openrouter.ai/api/v1", "google/gemini-2.5-flash:online", "always"),
        ("https://relay.example/v1", "gemini-2.5-flash:online", "always"),
        ("https://relay.example/v1", "perplexity/sonar-pro", "always"),
        ("https://api.openai.com/v1/chat/completions", "gpt-4o-search-preview", "web_search_options"),
        ("https://api.openai.com/v1/chat/completions", "gpt-5", "none"),
        ("https://api.x.ai/v1", "grok-4", "none"),  # `search_parameters` answers 410 since 2026 (vercel/ai#15713)
    ],
)
def test_how_chat_upstreams_are_asked_to_search(url: str, model: str, style: str) -> None:
    found = ProviderConfig("somebody", url, ("k",), (model,), protocol="openai_chat")
    assert quirks_for(found, model).web_search_style == style
