"""DeepSeek, Moonshot, Z.ai, and the Chinese clouds."""

from ccrouter.dialects.quirks import Quirks
from ccrouter.providers.presets.models import GIVE_BACK, QWEN_SWITCHABLE, SWITCHABLE
from ccrouter.providers.presets.row import Preset

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
