"""Hosts and routers of other people's models."""

from typing import Final

from ccrouter.dialects.quirks import Quirks
from ccrouter.providers.presets.models import CACHE_CONTROL_MODELS
from ccrouter.providers.presets.row import Preset

GROQ_REFUSED_MESSAGE_KEYS: Final = frozenset({"cache_control", "reasoning", "reasoning_content", "reasoning_details"})
"""`property 'reasoning_content' is unsupported` and its like (janhq/jan#8136, vellum-ai/vellum-assistant#42635)."""

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
