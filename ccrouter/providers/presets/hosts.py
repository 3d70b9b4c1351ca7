"""Hosts and routers of other people's models."""

from typing import Final

from ccrouter.dialects.quirks import Quirks
from ccrouter.providers.presets.models import CACHE_CONTROL_MODELS
from ccrouter.providers.presets.row import Preset

REASONING_OF_THE_HOST: Final = frozenset({"reasoning_out", "reasoning_required"})
"""Pinned where the host has one way for all models."""

GROQ_REFUSED_MESSAGE_KEYS: Final = frozenset({"cache_control", "reasoning", "reasoning_content", "reasoning_details"})
"""`property 'reasoning_content' is unsupported` and its like (janhq/jan#8136, vellum-ai/vellum-assistant#42635)."""

OPENROUTER = Preset(
    name="openrouter",
    hosts=("openrouter.ai",),
    base_url="https://openrouter.ai/api/v1",
    protocol="openai_chat",
    key_variable="OPENROUTER_API_KEY",
    key_hint="among the keys of your OpenRouter account",
    models=("anthropic/claude-sonnet-4", "openai/gpt-5", "minimax/minimax-m2"),
    # Unknown fields are ignored, reasoning goes back for every model ("reasoning_details to be replayed unmodified").
    quirks=Quirks(effort_style="openrouter", web_search_style="openrouter"),
    model_quirks=((CACHE_CONTROL_MODELS, {"keep_cache_control": True}),),
    pinned=REASONING_OF_THE_HOST,
)

VERCEL = Preset(
    name="vercel",
    hosts=("ai-gateway.vercel.sh",),
    base_url="https://ai-gateway.vercel.sh/v1",
    protocol="openai_chat",
    key_variable="AI_GATEWAY_API_KEY",
    key_hint="in the AI Gateway part of Vercel's dashboard",
    quirks=Quirks(effort_style="openrouter"),
    model_quirks=((CACHE_CONTROL_MODELS, {"keep_cache_control": True}),),
    pinned=REASONING_OF_THE_HOST,
    names=("vercel-ai-gateway", "ai-gateway"),
)

GROQ = Preset(
    name="groq",
    hosts=("api.groq.com",),
    base_url="https://api.groq.com/openai/v1",
    protocol="openai_chat",
    key_variable="GROQ_API_KEY",
    key_hint="among the API keys of Groq's console",
    models=("openai/gpt-oss-120b", "qwen/qwen3-32b", "llama-3.3-70b-versatile"),
    quirks=Quirks(reasoning_out=None, refused_message_keys=GROQ_REFUSED_MESSAGE_KEYS),
    model_quirks=(
        (r"gpt-oss", {"effort_style": "reasoning_effort"}),  # graded effort is for these only
        (r"compound", {"web_search_style": "compound"}),  # searches by itself, and shows what it found
        (r"kimi-k2", {"max_tokens_cap": 16_384}),  # `max_tokens must be less than or equal to 16384` (1.44)
    ),
    pinned=REASONING_OF_THE_HOST,
)

CEREBRAS = Preset(
    name="cerebras",
    hosts=("api.cerebras.ai",),
    base_url="https://api.cerebras.ai/v1",
    protocol="openai_chat",
    key_variable="CEREBRAS_API_KEY",
    key_hint="among the API keys of Cerebras' cloud",
    models=("gpt-oss-120b", "zai-glm-4.7"),
    quirks=Quirks(reasoning_out="reasoning", parallel_tool_calls=False),
    model_quirks=(
        (r"gpt-oss", {"effort_style": "reasoning_effort"}),
        (r"glm", {"reasoning_out": "<think>"}),  # wants earlier reasoning in the text
    ),
    pinned=REASONING_OF_THE_HOST,
)

FIREWORKS = Preset(
    name="fireworks",
    hosts=("api.fireworks.ai",),
    base_url="https://api.fireworks.ai/inference/v1",
    protocol="openai_chat",
    key_variable="FIREWORKS_API_KEY",
    key_hint="among the API keys of your Fireworks account",
    models=("accounts/fireworks/models/kimi-k2-instruct",),
    quirks=Quirks(json_schema=True),
    # Fireworks' guide to reasoning: low, medium, high for these families.
    model_quirks=(
        (r"gpt-oss|deepseek-v4|glm-5|kimi-k2(p[5-9]|-thinking)|kimi-k3", {"effort_style": "reasoning_effort"}),
    ),
    names=("fireworks-ai",),
)

TOGETHER = Preset(
    name="together",
    hosts=("api.together.xyz", "api.together.ai"),
    base_url="https://api.together.xyz/v1",
    protocol="openai_chat",
    key_variable="TOGETHER_API_KEY",
    key_hint="in the settings of your Together account",
    models=("meta-llama/Llama-3.3-70B-Instruct-Turbo",),
    model_quirks=((r"gpt-oss", {"effort_style": "reasoning_effort"}),),
    names=("together-ai", "togetherai"),
)

NVIDIA = Preset(
    name="nvidia",
    hosts=("integrate.api.nvidia.com",),
    base_url="https://integrate.api.nvidia.com/v1",
    protocol="openai_chat",
    key_variable="NVIDIA_API_KEY",
    key_hint="on NVIDIA Build",
    names=("nvidia-nim", "nim"),
)

HUGGINGFACE = Preset(
    name="huggingface",
    hosts=("router.huggingface.co",),
    base_url="https://router.huggingface.co/v1",
    protocol="openai_chat",
    key_variable="HF_TOKEN",
    key_hint="among the access tokens of your Hugging Face account",
    models=("deepseek-ai/DeepSeek-R1", "MiniMaxAI/MiniMax-M2"),
    names=("hugging-face", "hf"),
)

CHUTES = Preset(
    name="chutes",
    hosts=("llm.chutes.ai",),
    base_url="https://llm.chutes.ai/v1",
    protocol="openai_chat",
    key_variable="CHUTES_API_KEY",
    key_hint="in your Chutes account",
)

NOVITA = Preset(
    name="novita",
    hosts=("api.novita.ai",),
    base_url="https://api.novita.ai/openai/v1",
    protocol="openai_chat",
    key_variable="NOVITA_API_KEY",
    key_hint="in the key management of your Novita account",
    names=("novita-ai",),
)

PERPLEXITY = Preset(
    name="perplexity",
    hosts=("api.perplexity.ai",),
    base_url="https://api.perplexity.ai/chat/completions",  # a bare host would get a /v1
    protocol="openai_chat",
    key_variable="PERPLEXITY_API_KEY",
    key_hint="in the API settings of your Perplexity account",
    models=("sonar-pro", "sonar", "sonar-reasoning-pro"),
    # Searches for every answer; calls no tools. Usage comes unasked.
    quirks=Quirks(
        reasoning_out=None, json_schema=True, stop_limit=0, stream_usage=False, web_search_style="perplexity"
    ),
    pinned=frozenset({"web_search_style"}),
    names=("pplx",),
)
