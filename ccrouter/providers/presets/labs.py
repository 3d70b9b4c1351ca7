"""Those who serve their own models, in the West: OpenAI, Anthropic, Google, Mistral, xAI."""

from ccrouter.dialects.quirks import Quirks
from ccrouter.providers.presets.row import Preset

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

GEMINI = Preset(
    name="gemini",
    hosts=("generativelanguage.googleapis.com",),
    base_url="https://generativelanguage.googleapis.com/v1beta",
    protocol="gemini",
    key_variable="GEMINI_API_KEY",
    quirks=Quirks(parallel_tool_calls=False, stop_limit=5),
    names=("google",),
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
