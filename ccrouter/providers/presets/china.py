"""DeepSeek, Moonshot, Z.ai, MiniMax and the Chinese clouds, each with its other regions and its coding plan."""

from dataclasses import replace

from ccrouter.dialects.quirks import Quirks
from ccrouter.providers.presets.models import QWEN_SWITCHABLE, SWITCHABLE
from ccrouter.providers.presets.row import Preset

DEEPSEEK = Preset(
    name="deepseek",
    hosts=("api.deepseek.com",),
    base_url="https://api.deepseek.com/chat/completions",  # as its documentation has it; a bare host would get /v1
    protocol="openai_chat",
    key_variable="DEEPSEEK_API_KEY",
    key_hint="among the API keys of DeepSeek's platform",
    models=("deepseek-chat", "deepseek-reasoner", "deepseek-v4-flash", "deepseek-v4-pro"),
    quirks=Quirks(reasoning_out="reasoning_content", images=False, stop_limit=16),
    model_quirks=(
        (r"^deepseek-chat$", {"max_tokens_cap": 8192, "context_window": 131_072}),
        (r"^deepseek-reasoner$", {"max_tokens_cap": 65_536, "context_window": 131_072}),
        # Thinks by default, switched off by thinking: {type: disabled}. The cap is deepseek-reasoner's, which these
        # outdo; without one here the deepseek transformer would cap a thinking model to 8192.
        (r"v[4-9]", {"effort_style": "thinking", "max_tokens_cap": 65_536}),
    ),
)

MOONSHOT = Preset(
    name="moonshot",
    hosts=("api.moonshot.ai",),
    base_url="https://api.moonshot.ai/v1",
    protocol="openai_chat",
    key_variable="MOONSHOT_API_KEY",
    key_hint="among the API keys of Moonshot's platform",
    models=("kimi-k2.6", "kimi-k2.5"),
    # `tool_choice: required` is not supported; never both `thinking` and `reasoning_effort` (1.30).
    quirks=Quirks(reasoning_out="reasoning_content", tool_choice_required=False, prefill="partial"),
    model_quirks=(
        (r"kimi-k2\.[5-9]|kimi-k[3-9]", {"effort_style": "thinking", "sampling": False}),  # temperature is fixed
        # By default the reasoning of earlier turns is ignored (1.30).
        (r"kimi-k2\.[6-9]|kimi-k[3-9]", {"thinking_fields": {"keep": "all"}}),
    ),
    names=("kimi", "moonshotai"),
)
MOONSHOT_CN = replace(
    MOONSHOT,
    name="moonshot-cn",
    hosts=("api.moonshot.cn",),
    base_url="https://api.moonshot.cn/v1",
    names=("kimi-cn",),
)
KIMI_CODING = replace(
    MOONSHOT,
    name="kimi-coding",
    hosts=("api.kimi.com",),
    base_url="https://api.kimi.com/coding/v1",
    key_variable="KIMI_API_KEY",
    key_hint="in the settings of your Kimi Code plan",
    models=("kimi-for-coding",),
    names=("kimi-for-coding", "kimi-code"),
)

ZAI = Preset(
    name="zai",
    hosts=("api.z.ai",),
    base_url="https://api.z.ai/api/paas/v4",
    protocol="openai_chat",
    key_variable="ZAI_API_KEY",
    key_hint="among the API keys of Z.ai's platform",
    models=("glm-4.7", "glm-4.6", "glm-5"),
    # Empty answers when `thinking` is missing (code-yeongyu/oh-my-openagent#979); only `tool_choice: auto`.
    quirks=Quirks(reasoning_out="reasoning_content", effort_style="thinking", tool_choice_required=False, stop_limit=1),
    model_quirks=(
        # Without tool_stream the arguments of a call come in one piece, after a long silence.
        (r"glm-(4\.[6-9]|[5-9])", {"extra_body": {"tool_stream": True}}),
        # Preserved thinking: the reasoning that is given back is used only so (Z.ai's guide to thinking).
        (r"glm-(4\.[7-9]|[5-9])", {"thinking_fields": {"clear_thinking": False}}),
        (r"glm-4\.5", {"max_tokens_cap": 98_304}),
        (r"glm-4\.6", {"max_tokens_cap": 131_072}),
    ),
    names=("glm", "z.ai", "z-ai"),
)
ZAI_CODING = replace(
    ZAI,
    name="zai-coding",
    hosts=("api.z.ai/api/coding",),
    base_url="https://api.z.ai/api/coding/paas/v4",
    names=("zai-coding-plan", "glm-coding"),
)
BIGMODEL = replace(
    ZAI,
    name="bigmodel",
    hosts=("open.bigmodel.cn",),
    base_url="https://open.bigmodel.cn/api/paas/v4",
    key_variable="ZHIPU_API_KEY",
    key_hint="among the API keys of Zhipu's open platform",
    names=("zhipu", "zhipuai"),
)
BIGMODEL_CODING = replace(
    BIGMODEL,
    name="bigmodel-coding",
    hosts=("open.bigmodel.cn/api/coding",),
    base_url="https://open.bigmodel.cn/api/coding/paas/v4",
    names=("zhipu-coding", "zhipuai-coding-plan"),
)

DASHSCOPE = Preset(
    name="dashscope",
    hosts=("dashscope.aliyuncs.com", "maas.aliyuncs.com"),  # the second: one host a workspace
    base_url="https://dashscope.aliyuncs.com/compatible-mode/v1",
    protocol="openai_chat",
    key_variable="DASHSCOPE_API_KEY",
    key_hint="among the API keys of Alibaba's Model Studio (Bailian); every region has its own",
    models=("qwen3-coder-plus", "qwen3-max"),
    quirks=Quirks(tool_choice_required=False),
    model_quirks=(
        (QWEN_SWITCHABLE, {"effort_style": "enable_thinking"}),
        (r"qwen3\.8-max-preview", {"effort_style": "none"}),  # always thinks, refuses enable_thinking: false
        (r"qwen3-coder-plus|qwen3-max", {"max_tokens_cap": 65_536}),  # CCR's example config
        (r"^qwen-max|qwen2\.5", {"max_tokens_cap": 8192}),  # `Range of max_tokens should be [1, 8192]` (1.44)
        # Explicit cache (Alibaba Model Studio, context cache): these models read the marks.
        (r"^qwen3-coder-(plus|flash)|^qwen3-max|^qwen-(plus|flash)", {"keep_cache_control": True}),
        # Partial mode: Max, Plus, Flash and Coder, where they do not think.
        (r"^qwen(3(\.\d)?)?-(max|plus|flash|coder)", {"prefill": "partial"}),
        (r"^qwen3-max", {"context_window": 262_144}),
        (r"^qwen3-coder-plus", {"context_window": 1_000_000}),
    ),
    names=("qwen", "bailian", "aliyun", "alibaba"),
)
DASHSCOPE_INTL = replace(
    DASHSCOPE,
    name="dashscope-intl",
    hosts=("dashscope-intl.aliyuncs.com",),
    base_url="https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
    names=("modelstudio",),
)
DASHSCOPE_US = replace(
    DASHSCOPE,
    name="dashscope-us",
    hosts=("dashscope-us.aliyuncs.com",),
    base_url="https://dashscope-us.aliyuncs.com/compatible-mode/v1",
    names=(),
)
DASHSCOPE_CODING = replace(
    DASHSCOPE,
    name="dashscope-coding",
    hosts=("coding.dashscope.aliyuncs.com",),
    base_url="https://coding.dashscope.aliyuncs.com/v1",
    key_variable="ALIBABA_CODING_PLAN_API_KEY",
    key_hint="with the coding plan of Alibaba's Model Studio; it is not the pay-as-you-go key",
    models=("qwen3-coder-plus",),
    names=("alibaba-coding-plan-cn",),
)
DASHSCOPE_CODING_INTL = replace(
    DASHSCOPE_CODING,
    name="dashscope-coding-intl",
    hosts=("coding-intl.dashscope.aliyuncs.com",),
    base_url="https://coding-intl.dashscope.aliyuncs.com/v1",
    names=("alibaba-coding-plan",),
)

MODELSCOPE = Preset(
    name="modelscope",
    hosts=("api-inference.modelscope.cn",),
    base_url="https://api-inference.modelscope.cn/v1",
    protocol="openai_chat",
    key_variable="MODELSCOPE_API_KEY",
    key_hint="among the access tokens of your ModelScope account",
    models=("Qwen/Qwen3-Coder-480B-A35B-Instruct", "Qwen/Qwen3-235B-A22B-Thinking-2507"),
    model_quirks=((QWEN_SWITCHABLE, {"effort_style": "enable_thinking"}),),
)

SILICONFLOW = Preset(
    name="siliconflow",
    hosts=("api.siliconflow.cn",),
    base_url="https://api.siliconflow.cn/v1",
    protocol="openai_chat",
    key_variable="SILICONFLOW_API_KEY",
    key_hint="among the API keys of your SiliconFlow account",
    models=("moonshotai/Kimi-K2-Instruct",),
    model_quirks=(
        (QWEN_SWITCHABLE, {"effort_style": "enable_thinking"}),
        (r"kimi-k2-instruct", {"max_tokens_cap": 16_384}),  # CCR's example config
    ),
)
SILICONFLOW_COM = replace(
    SILICONFLOW,
    name="siliconflow-com",
    hosts=("api.siliconflow.com",),
    base_url="https://api.siliconflow.com/v1",
    names=("siliconflow-intl",),
)

VOLCENGINE = Preset(
    name="volcengine",
    hosts=("volces.com",),
    base_url="https://ark.cn-beijing.volces.com/api/v3",
    protocol="openai_chat",
    key_variable="ARK_API_KEY",
    key_hint="among the API keys of Volcengine Ark",
    models=("deepseek-v3-250324", "deepseek-r1-250528"),
    quirks=Quirks(max_tokens_cap=32_768),  # `expected a value <= 32768, but got 64000` (1.44)
    model_quirks=(
        (SWITCHABLE, {"effort_style": "thinking"}),
        (r"deepseek-(v3-25|r1)", {"max_tokens_cap": 16_384}),  # Ark's model list: 16k of output
        (r"glm-", {"images": False}),  # text-only there: 400 on images
    ),
    names=("ark", "doubao"),
)
VOLCENGINE_CODING = replace(
    VOLCENGINE,
    name="volcengine-coding",
    hosts=("volces.com/api/coding",),
    base_url="https://ark.cn-beijing.volces.com/api/coding/v3",
    key_hint="among the API keys of Volcengine Ark, with the coding plan",
    models=(),
    names=("ark-coding", "doubao-coding"),
)

MINIMAX = Preset(
    name="minimax",
    hosts=("api.minimaxi.com",),
    base_url="https://api.minimaxi.com/v1",
    protocol="openai_chat",
    key_variable="MINIMAX_API_KEY",
    key_hint="among the interface keys of MiniMax's platform",
    models=("MiniMax-M3", "MiniMax-M2.1", "MiniMax-M2"),
    # Without reasoning_split thinking comes as <think> in the text. With it as reasoning_details, which must go back
    # whole (MiniMax, OpenAI-compatible API). tool_choice and parallel_tool_calls are not in its reference.
    quirks=Quirks(tool_choice_required=False, parallel_tool_calls=False, extra_body={"reasoning_split": True}),
    model_quirks=((r"minimax-m2", {"images": False}),),
    names=("minimax-cn",),
)
MINIMAX_GLOBAL = replace(
    MINIMAX,
    name="minimax-global",
    hosts=("api.minimax.io",),
    base_url="https://api.minimax.io/v1",
    names=("minimax-intl", "minimax-io"),
)
