"""What is known about providers, as rows of facts.

Sources are named where they are: `field-notes` is the project's own collection (section 2 unless said), vendors' pages
as of November 2026. A fact that is not known is left out: the defaults of `Quirks` are careful. Every field can be
overridden in the config (`quirks` of a provider).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from ccrouter.dialects.quirks import Quirks

ModelQuirks: TypeAlias = tuple[str, Mapping[str, Any]]
"""A regular expression, searched for in the model's name (case does not count), and the fields that it changes."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A provider's facts. `hosts` also match their subdomains; with a port (`localhost:11434`) only that port.

    `names` are other names that people give it in their configs. Model rows apply in order, each over the one before.
    """

    name: str
    hosts: tuple[str, ...]
    base_url: str
    protocol: str
    key_variable: str | None
    quirks: Quirks = Quirks()  # noqa: RUF009 - frozen
    model_quirks: tuple[ModelQuirks, ...] = ()
    names: tuple[str, ...] = ()


GROQ_REFUSED_MESSAGE_KEYS: Final = frozenset({"cache_control", "reasoning", "reasoning_content", "reasoning_details"})
"""`property 'reasoning_content' is unsupported` and its like (janhq/jan#8136, vellum-ai/vellum-assistant#42635)."""

CACHE_CONTROL_MODELS: Final = r"claude|^anthropic/|gemini|qwen"
"""OpenRouter honours the marks for these families."""


def takes_cache_control(model: str) -> bool:
    """True when a router like OpenRouter has a use for `cache_control` marks on this model."""
    return re.search(CACHE_CONTROL_MODELS, model, re.IGNORECASE) is not None


# Reasoning give-back of open models, on every host that is known to care (field notes 1.29, 1.30): V3.2 and V4 in
# thinking mode, Kimi's thinking models and GLM want reasoning_content on assistant turns with tool calls; R1 refuses.
R1: Final[ModelQuirks] = (r"deepseek-?r1|\br1-distill", {"reasoning_out": None, "reasoning_required": False})
GIVE_BACK: Final[tuple[ModelQuirks, ...]] = (
    (
        r"deepseek-?v(3[.-]2(?!\d)|[4-9])|deepseek-reasoner",
        {"reasoning_out": "reasoning_content", "reasoning_required": True, "tool_choice_required": False},
    ),
    R1,
    (
        r"kimi-k2\.[5-9]|kimi-k[3-9]|kimi-k2-thinking|kimi-thinking|kimi-for-coding",
        {"reasoning_out": "reasoning_content", "reasoning_required": True, "tool_choice_required": False},
    ),
    (r"glm-(4[.-][5-9](?!\d)|[5-9])", {"reasoning_out": "reasoning_content"}),
    (r"qwen.*thinking|qwq|qwen3\.[5-9]", {"tool_choice_required": False}),  # Qwen thinking refuses required (1.28)
)

# Volcengine writes versions and dates alike with hyphens: deepseek-v3-2-251201 is V3.2, deepseek-v3-250324 is V3.
# Where a host switches thinking by a field, these are the models on it that have the switch.
SWITCHABLE: Final = (
    r"deepseek-?v(3[.-][1-9](?!\d)|[4-9])|glm-(4[.-][5-9](?!\d)|[5-9])|kimi-k2[.-][5-9](?!\d)|kimi-k[3-9]|doubao-seed"
)
QWEN_SWITCHABLE: Final = (
    r"qwen3-(?!coder|.*instruct|.*thinking)|qwen3\.[5-9]|qwen-(plus|flash|turbo)"
    r"|deepseek-?v(3\.[1-9]|[4-9])|glm-(4\.[5-9]|[5-9])"
)

OPENAI = Preset(
    name="openai",
    hosts=("api.openai.com",),
    base_url="https://api.openai.com/v1",
    protocol="openai_chat",
    key_variable="OPENAI_API_KEY",
    quirks=Quirks(reasoning_out=None, json_schema=True),
    model_quirks=(
        # `Unsupported parameter: 'max_tokens' is not supported with this model` (1.45); `stop` likewise on these.
        (r"^(o\d|gpt-[5-9])", {"max_tokens_field": "max_completion_tokens", "stop_limit": 0}),
        (r"^gpt-5.*-chat", {"stop_limit": 4}),  # does not reason
        (r"^(o\d|gpt-5(-mini|-nano|-codex)?(-\d{4}|$)|gpt-5\.[1-3](?!.*-chat))", {"effort_style": "reasoning_effort"}),
        # Function tools with an effort are refused here; from 5.5 on a default effort applies unless told none (1.38).
        (r"^gpt-5\.[5-9](?!.*-chat)", {"extra_body": {"reasoning_effort": "none"}}),
        (r"^gpt-4o", {"max_tokens_cap": 16_384, "context_window": 128_000}),
        (r"^gpt-4\.1", {"max_tokens_cap": 32_768, "context_window": 1_047_576}),
        (r"^gpt-5(\.\d)?(-mini|-nano|-codex)?(-\d{4}|$)", {"max_tokens_cap": 128_000, "context_window": 400_000}),
    ),
)

ANTHROPIC = Preset(
    name="anthropic",
    hosts=("api.anthropic.com",),
    base_url="https://api.anthropic.com",
    protocol="anthropic",
    key_variable="ANTHROPIC_API_KEY",
    quirks=Quirks(keep_cache_control=True, mid_system=True, stop_limit=None, native_web_search=True),
    names=("claude",),
)

DEEPSEEK = Preset(
    name="deepseek",
    hosts=("api.deepseek.com",),
    base_url="https://api.deepseek.com",
    protocol="openai_chat",
    key_variable="DEEPSEEK_API_KEY",
    quirks=Quirks(reasoning_out="reasoning_content", images=False, stop_limit=16),
    model_quirks=(
        *GIVE_BACK,
        (r"^deepseek-chat$", {"max_tokens_cap": 8192, "context_window": 131_072}),
        (r"^deepseek-reasoner$", {"max_tokens_cap": 65_536, "context_window": 131_072}),
        # Thinks by default, switched off by thinking: {type: disabled}. The cap is deepseek-reasoner's, which these
        # outdo; without one here the deepseek transformer would cap a thinking model to 8192.
        (r"v[4-9]", {"effort_style": "thinking", "max_tokens_cap": 65_536}),
    ),
)

OPENROUTER = Preset(
    name="openrouter",
    hosts=("openrouter.ai",),
    base_url="https://openrouter.ai/api/v1",
    protocol="openai_chat",
    key_variable="OPENROUTER_API_KEY",
    # Unknown fields are ignored, reasoning goes back for every model ("reasoning_details to be replayed unmodified").
    quirks=Quirks(effort_style="openrouter"),
    model_quirks=((CACHE_CONTROL_MODELS, {"keep_cache_control": True}),),
)

GROQ = Preset(
    name="groq",
    hosts=("api.groq.com",),
    base_url="https://api.groq.com/openai/v1",
    protocol="openai_chat",
    key_variable="GROQ_API_KEY",
    quirks=Quirks(reasoning_out=None, refused_message_keys=GROQ_REFUSED_MESSAGE_KEYS),
    model_quirks=(
        (r"gpt-oss", {"effort_style": "reasoning_effort"}),  # graded effort is for these only
        (r"kimi-k2", {"max_tokens_cap": 16_384}),  # `max_tokens must be less than or equal to 16384` (1.44)
    ),
)

CEREBRAS = Preset(
    name="cerebras",
    hosts=("api.cerebras.ai",),
    base_url="https://api.cerebras.ai/v1",
    protocol="openai_chat",
    key_variable="CEREBRAS_API_KEY",
    quirks=Quirks(reasoning_out="reasoning", parallel_tool_calls=False),
    model_quirks=((r"gpt-oss", {"effort_style": "reasoning_effort"}),),
)

MISTRAL = Preset(
    name="mistral",
    hosts=("api.mistral.ai",),
    base_url="https://api.mistral.ai/v1",
    protocol="openai_chat",
    key_variable="MISTRAL_API_KEY",
    # Unknown fields are refused (422 extra_forbidden) and usage comes unasked in the last chunk.
    quirks=Quirks(reasoning_out=None, stream_usage=False, json_schema=True),
)

MOONSHOT = Preset(
    name="moonshot",
    hosts=("api.moonshot.ai", "api.moonshot.cn", "api.kimi.com"),
    base_url="https://api.moonshot.ai/v1",
    protocol="openai_chat",
    key_variable="MOONSHOT_API_KEY",
    # `tool_choice: required` is not supported; never both `thinking` and `reasoning_effort` (1.30).
    quirks=Quirks(reasoning_out="reasoning_content", tool_choice_required=False),
    model_quirks=(
        *GIVE_BACK,
        (r"kimi-k2\.[5-9]|kimi-k[3-9]", {"effort_style": "thinking"}),
        (r"kimi-k2-0711", {"context_window": 131_072}),
        (r"kimi-k2-(0905|turbo|thinking)|kimi-k2\.[5-9]", {"context_window": 262_144}),
    ),
    names=("kimi",),
)

ZAI = Preset(
    name="zai",
    hosts=("api.z.ai", "open.bigmodel.cn"),
    base_url="https://api.z.ai/api/paas/v4",
    protocol="openai_chat",
    key_variable="ZAI_API_KEY",
    # Empty answers when `thinking` is missing (code-yeongyu/oh-my-openagent#979); only `tool_choice: auto`.
    quirks=Quirks(reasoning_out="reasoning_content", effort_style="thinking", tool_choice_required=False, stop_limit=1),
    model_quirks=(
        # Without tool_stream the arguments of a call come in one piece, after a long silence.
        (r"glm-(4\.[6-9]|[5-9])", {"extra_body": {"tool_stream": True}}),
        (r"glm-4\.5", {"context_window": 131_072, "max_tokens_cap": 98_304}),
        (r"glm-4\.6", {"context_window": 204_800, "max_tokens_cap": 131_072}),
    ),
    names=("glm", "zhipu", "bigmodel", "z.ai"),
)

DASHSCOPE = Preset(
    name="dashscope",
    hosts=("dashscope.aliyuncs.com", "dashscope-intl.aliyuncs.com", "dashscope-us.aliyuncs.com"),
    base_url="https://dashscope.aliyuncs.com/compatible-mode/v1",
    protocol="openai_chat",
    key_variable="DASHSCOPE_API_KEY",
    quirks=Quirks(tool_choice_required=False),
    model_quirks=(
        *GIVE_BACK,
        (QWEN_SWITCHABLE, {"effort_style": "enable_thinking"}),
        (r"qwen3-coder-plus|qwen3-max", {"max_tokens_cap": 65_536}),  # CCR's example config
        (r"^qwen-max|qwen2\.5", {"max_tokens_cap": 8192}),  # `Range of max_tokens should be [1, 8192]` (1.44)
        # Explicit cache (Alibaba Model Studio, context cache): these models read the marks.
        (r"^qwen3-coder-(plus|flash)|^qwen3-max|^qwen-(plus|flash)", {"keep_cache_control": True}),
    ),
    names=("qwen", "bailian", "aliyun", "alibaba"),
)

MODELSCOPE = Preset(
    name="modelscope",
    hosts=("api-inference.modelscope.cn",),
    base_url="https://api-inference.modelscope.cn/v1",
    protocol="openai_chat",
    key_variable="MODELSCOPE_API_KEY",
    model_quirks=(*GIVE_BACK, (QWEN_SWITCHABLE, {"effort_style": "enable_thinking"})),
)

SILICONFLOW = Preset(
    name="siliconflow",
    hosts=("api.siliconflow.cn", "api.siliconflow.com"),
    base_url="https://api.siliconflow.cn/v1",
    protocol="openai_chat",
    key_variable="SILICONFLOW_API_KEY",
    model_quirks=(
        *GIVE_BACK,
        (QWEN_SWITCHABLE, {"effort_style": "enable_thinking"}),
        (r"kimi-k2-instruct", {"max_tokens_cap": 16_384}),  # CCR's example config
    ),
)

VOLCENGINE = Preset(
    name="volcengine",
    hosts=("volces.com",),
    base_url="https://ark.cn-beijing.volces.com/api/v3",
    protocol="openai_chat",
    key_variable="ARK_API_KEY",
    quirks=Quirks(max_tokens_cap=32_768),  # `expected a value <= 32768, but got 64000` (1.44)
    model_quirks=(
        *GIVE_BACK,
        (SWITCHABLE, {"effort_style": "thinking"}),
        (r"deepseek-(v3-25|r1)", {"max_tokens_cap": 16_384}),  # Ark's model list: 16k of output
        (r"glm-", {"images": False}),  # text-only there: 400 on images
    ),
    names=("ark", "doubao"),
)

OLLAMA = Preset(
    name="ollama",
    hosts=("localhost:11434", "127.0.0.1:11434", "ollama.com"),
    base_url="http://localhost:11434/v1",
    protocol="openai_chat",
    key_variable=None,
    quirks=Quirks(tool_choice_required=False, parallel_tool_calls=False, stop_limit=None, json_schema=True),
)

LMSTUDIO = Preset(
    name="lmstudio",
    hosts=("localhost:1234", "127.0.0.1:1234"),
    base_url="http://localhost:1234/v1",
    protocol="openai_chat",
    key_variable=None,
    quirks=Quirks(parallel_tool_calls=False, json_schema=True),
    names=("lm-studio", "lm_studio"),
)

VLLM = Preset(
    name="vllm",
    hosts=(),  # its port, 8000, is everybody's
    base_url="http://localhost:8000/v1",
    protocol="openai_chat",
    key_variable=None,
    quirks=Quirks(stop_limit=None, json_schema=True),
    model_quirks=(R1,),
)

XAI = Preset(
    name="xai",
    hosts=("api.x.ai",),
    base_url="https://api.x.ai/v1",
    protocol="openai_chat",
    key_variable="XAI_API_KEY",
    quirks=Quirks(json_schema=True),
    model_quirks=(
        (r"grok-(3-mini|4|5|code)(?!.*non-reasoning)", {"stop_limit": 0}),  # `stop` is refused while reasoning
        (r"grok-3-mini|grok-4\.[3-9]", {"effort_style": "reasoning_effort"}),  # others refuse the parameter
    ),
    names=("grok",),
)

GEMINI = Preset(
    name="gemini",
    hosts=("generativelanguage.googleapis.com",),
    base_url="https://generativelanguage.googleapis.com/v1beta",
    protocol="gemini",
    key_variable="GEMINI_API_KEY",
    quirks=Quirks(parallel_tool_calls=False, stop_limit=5),
    names=("google",),
)

PRESETS: Final[tuple[Preset, ...]] = (
    OPENAI,
    ANTHROPIC,
    DEEPSEEK,
    OPENROUTER,
    GROQ,
    CEREBRAS,
    MISTRAL,
    MOONSHOT,
    ZAI,
    DASHSCOPE,
    MODELSCOPE,
    SILICONFLOW,
    VOLCENGINE,
    OLLAMA,
    LMSTUDIO,
    VLLM,
    XAI,
    GEMINI,
)

UNKNOWN_PROVIDER_MODELS: Final[tuple[ModelQuirks, ...]] = (R1,)
"""Model rows for providers that no preset knows."""
