"""Those who serve their own models, in the West: OpenAI, Anthropic, Google, Mistral, xAI; and OpenAI's on Azure."""

from dataclasses import replace
from typing import Final

from ccrouter.dialects.quirks import Quirks
from ccrouter.providers.presets.row import ModelQuirks, Preset

OPENAI_MODELS: tuple[ModelQuirks, ...] = (
    # `Unsupported parameter: 'max_tokens' is not supported with this model` (1.45); `stop` likewise on these.
    (r"^(o\d|gpt-[5-9])", {"max_tokens_field": "max_completion_tokens", "stop_limit": 0, "sampling": False}),
    (r"^gpt-5.*-chat", {"stop_limit": 4, "sampling": True}),  # does not reason
    (r"^(o\d|gpt-5(-mini|-nano|-codex)?(-\d{4}|$)|gpt-5\.[1-3](?!.*-chat))", {"effort_style": "reasoning_effort"}),
    # Each generation has its words; what is not here takes low, medium and high (pydantic-ai's profiles, 2026-07).
    (r"^gpt-5(-mini|-nano)?(-\d{4}|$)", {"efforts": frozenset({"minimal", "low", "medium", "high"})}),
    (r"^gpt-5\.1(-\d{4}|-mini|-nano|$)", {"efforts": frozenset({"none", "low", "medium", "high"})}),
    (r"^gpt-5\.[23](-\d{4}|-mini|-nano|$)", {"efforts": frozenset({"none", "low", "medium", "high", "xhigh"})}),
    # Function tools with an effort are refused here; from 5.5 on a default effort applies unless told none (1.38).
    (r"^gpt-5\.[5-9](?!.*-chat)", {"extra_body": {"reasoning_effort": "none"}}),
    (r"search-(preview|api)", {"web_search_style": "web_search_options", "sampling": False}),
    (r"^gpt-4o", {"max_tokens_cap": 16_384}),
    (r"^gpt-4\.1", {"max_tokens_cap": 32_768}),
    (r"^gpt-5(\.\d)?(-mini|-nano|-codex)?(-\d{4}|$)", {"max_tokens_cap": 128_000}),
)

CLAUDE_WITH_PREFILL: Final = r"claude-(3|(opus|sonnet|haiku)-4(-[015](?!\d))?([-@]\d{8}|$))"

OPENAI = Preset(
    name="openai",
    hosts=("api.openai.com",),
    base_url="https://api.openai.com/v1",
    protocol="openai_chat",
    key_variable="OPENAI_API_KEY",
    key_hint="on the API keys page of OpenAI's platform",
    models=("gpt-5", "gpt-5-mini"),
    quirks=Quirks(reasoning_out=None, json_schema=True, think_tags="never"),
    model_quirks=OPENAI_MODELS,
    names=("open-ai",),
)

AZURE = replace(
    OPENAI,
    name="azure",
    hosts=("openai.azure.com", "cognitiveservices.azure.com", "services.ai.azure.com"),
    base_url=None,
    url_hint="Write the one of your resource: https://NAME.openai.azure.com/openai/v1 with your deployments as models,"
    " or https://NAME.openai.azure.com/openai/deployments/DEPLOYMENT/chat/completions?api-version=VERSION",
    key_variable="AZURE_OPENAI_API_KEY",
    key_hint="among Keys and Endpoint of the resource in Azure's portal",
    models=(),  # deployments have names of their own
    quirks=Quirks(json_schema=True),  # Foundry serves open models too, and those want their reasoning back
    names=("azure-openai", "azure-foundry"),
)

ANTHROPIC = Preset(
    name="anthropic",
    hosts=("api.anthropic.com",),
    base_url="https://api.anthropic.com",
    protocol="anthropic",
    key_variable="ANTHROPIC_API_KEY",
    key_hint="among the API keys of Anthropic's console",
    models=("claude-sonnet-5", "claude-opus-4-8", "claude-haiku-4-5-20251001"),
    quirks=Quirks(keep_cache_control=True, mid_system=True, stop_limit=None, native_web_search=True),
    # From 4.6 on `This model does not support assistant message prefill` (Anthropic, what's new in Claude 4.6).
    # Those same ones take thinking with a budget alone; from 4.7 on they refuse `enabled`.
    model_quirks=(
        (CLAUDE_WITH_PREFILL, {"prefill": "plain", "thinking_form": "budget"}),
        (r"claude-[a-z]+-(4-[7-9]|[5-9])", {"thinking_form": "adaptive"}),
    ),
    names=("claude",),
)

GEMINI = Preset(
    name="gemini",
    hosts=("generativelanguage.googleapis.com",),
    base_url="https://generativelanguage.googleapis.com/v1beta",
    protocol="gemini",
    key_variable="GEMINI_API_KEY",
    key_hint="in Google AI Studio",
    models=("gemini-2.5-flash", "gemini-2.5-pro", "gemini-3-pro-preview"),
    # What differs between its models are rows of the dialect (dialects/gemini/families.py): they hold on every host.
    quirks=Quirks(stop_limit=5, native_web_search=True, context_window=1_048_576, think_tags="never"),
    names=("google",),
)

# Vertex signs in with Google's credentials, not with a key; project and location are in its URLs, and the model tells
# the protocol (providers/vertex.py).
VERTEX = replace(
    GEMINI,
    name="vertex",
    hosts=("aiplatform.googleapis.com", "-aiplatform.googleapis.com", "rep.googleapis.com"),
    base_url="https://aiplatform.googleapis.com",
    protocol="vertex",
    key_variable=None,
    key_hint="",
    models=("gemini-2.5-flash", "gemini-3.1-pro-preview"),
    model_quirks=(
        (
            r"claude",
            {
                "keep_cache_control": True,
                "mid_system": True,
                "stop_limit": None,
                "native_web_search": True,
                "parallel_tool_calls": True,
            },
        ),
    ),
    names=("vertex-ai", "vertexai"),
)
# Those of CCR's transformers, which say the protocol for all models.
VERTEX_GEMINI = replace(VERTEX, name="vertex-gemini", hosts=(), use=("vertex-gemini",), names=())
VERTEX_CLAUDE = replace(
    VERTEX,
    name="vertex-claude",
    hosts=(),
    models=(),  # versions are dated otherwise than Anthropic's own
    use=("vertex-claude",),
    names=("anthropic-vertex",),
)

MISTRAL = Preset(
    name="mistral",
    hosts=("api.mistral.ai",),
    base_url="https://api.mistral.ai/v1",
    protocol="openai_chat",
    key_variable="MISTRAL_API_KEY",
    key_hint="among the API keys of Mistral's console",
    models=("mistral-large-latest", "mistral-small-latest", "magistral-medium-latest"),
    # Unknown fields are refused (422 extra_forbidden) and usage comes unasked in the last chunk.
    quirks=Quirks(
        reasoning_out=None, stream_usage=False, json_schema=True, tool_id_pattern="mistral", prefill="prefix"
    ),
    pinned=frozenset({"reasoning_out", "reasoning_required"}),
)

XAI = Preset(
    name="xai",
    hosts=("api.x.ai",),
    base_url="https://api.x.ai/v1",
    protocol="openai_chat",
    key_variable="XAI_API_KEY",
    key_hint="among the API keys of xAI's console",
    models=("grok-4-fast-reasoning", "grok-code-fast-1", "grok-3-mini"),
    # `additionalProperties: false` is refused (pydantic-ai's profile strips it).
    quirks=Quirks(json_schema=True, think_tags="never", drop_schema_keys=frozenset({"additionalProperties:false"})),
    model_quirks=(
        (r"grok-(3-mini|4|5|code)(?!.*non-reasoning)", {"stop_limit": 0}),  # `stop` is refused while reasoning
        (r"grok-3-mini|grok-4\.[3-9]", {"effort_style": "reasoning_effort"}),  # others refuse the parameter
        (r"grok-3-mini", {"efforts": frozenset({"low", "high"})}),
    ),
    names=("grok", "x-ai"),
)
