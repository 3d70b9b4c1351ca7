"""LiteLLM's names of models: `groq/llama-3`, `azure/my-deployment`, `gpt-4o`, to a provider of ours and its model."""

import re
from collections.abc import Mapping
from typing import Final

from ccrouter.config.presets import split_url
from ccrouter.frozen import frozen


@frozen
class Kind:
    """One of LiteLLM's providers. `preset` is what it is here; None: any server that speaks `protocol`."""

    preset: str | None
    protocol: str | None = None
    key_variables: tuple[str, ...] = ()
    """Where LiteLLM looks for its key, where that differs from the preset's."""


_OPENAI_LIKE: Final = Kind(None, "openai_chat")

PREFIXES: Final[Mapping[str, Kind]] = {
    "openai": Kind("openai"),
    "custom_openai": _OPENAI_LIKE,
    "openai_like": _OPENAI_LIKE,
    "azure": Kind("azure", key_variables=("AZURE_API_KEY",)),
    "azure_ai": Kind("azure", key_variables=("AZURE_AI_API_KEY",)),
    "anthropic": Kind("anthropic"),
    "gemini": Kind("gemini"),
    "vertex_ai": Kind("vertex"),
    "vertex_ai_beta": Kind("vertex"),
    "mistral": Kind("mistral"),
    "xai": Kind("xai"),
    "deepseek": Kind("deepseek"),
    "moonshot": Kind("moonshot"),
    "zai": Kind("zai"),
    "dashscope": Kind("dashscope"),
    "volcengine": Kind("volcengine"),
    "minimax": Kind("minimax"),
    "openrouter": Kind("openrouter"),
    "vercel_ai_gateway": Kind("vercel"),
    "groq": Kind("groq"),
    "cerebras": Kind("cerebras"),
    "fireworks_ai": Kind("fireworks"),
    "together_ai": Kind("together", key_variables=("TOGETHERAI_API_KEY",)),
    "nvidia_nim": Kind("nvidia", key_variables=("NVIDIA_NIM_API_KEY",)),
    "huggingface": Kind("huggingface"),
    "novita": Kind("novita"),
    "perplexity": Kind("perplexity", key_variables=("PERPLEXITYAI_API_KEY",)),
    "ollama": Kind("ollama"),
    "ollama_chat": Kind("ollama"),
    "lm_studio": Kind("lmstudio"),
    "hosted_vllm": Kind("vllm"),
    "vllm": Kind("vllm"),
    "llamafile": _OPENAI_LIKE,
    "litellm_proxy": Kind("litellm"),
    "databricks": _OPENAI_LIKE,
    "github": _OPENAI_LIKE,
}
"""What stands before the first slash."""

_BARE: Final[tuple[tuple[str, str], ...]] = (
    (r"gpt-|chatgpt-|o[1-9](-|$)|codex", "openai"),
    (r"claude", "anthropic"),
    (r"gemini", "vertex_ai"),
    (r"mistral|magistral|codestral", "mistral"),
    (r"deepseek", "deepseek"),
    (r"grok", "xai"),
)
"""Models that LiteLLM knows without a prefix."""

NOT_CHAT: Final = re.compile(r"(?i)embed|dall-e|whisper|(^|[/-])tts|rerank|moderation|stable-diffusion|imagen|veo")


@frozen
class Named:
    """`prefix` is LiteLLM's provider; `kind` None: none of ours is like it."""

    prefix: str
    model: str
    kind: Kind | None


def read_name(text: str, provider: str | None = None) -> Named:
    """The provider and model of `litellm_params.model`; `provider` is its `custom_llm_provider`."""
    head, slash, rest = text.partition("/")
    if provider:
        model = rest if slash and head == provider else text
        return Named(provider, _api(model), PREFIXES.get(provider))
    if slash and (head in PREFIXES or not _prefix_of_bare(text)):
        return Named(head, _api(rest), PREFIXES.get(head))
    prefix = _prefix_of_bare(text)
    return Named(prefix, text, PREFIXES.get(prefix))


def _prefix_of_bare(text: str) -> str:
    return next((prefix for pattern, prefix in _BARE if re.match(pattern, text, re.IGNORECASE)), "")


def _api(model: str) -> str:
    """LiteLLM's way to say which of OpenAI's APIs: ours is chosen by the model."""
    return model.removeprefix("responses/").removeprefix("chat/")


def address(url: str, kind: Kind) -> str:
    """An `api_base` as LiteLLM's clients use it. OpenAI's adds `/chat/completions` to whatever stands there."""
    url = url.rstrip("/")
    parts = split_url(url)
    if kind.preset in ("ollama", "anthropic", "gemini", "vertex", "azure") or parts.path not in ("", "/"):
        return url
    return f"{url}/chat/completions"


def from_environment(text: str) -> str:
    """`os.environ/NAME` as `${NAME}`; anything else as it is."""
    match = re.fullmatch(r"os\.environ/([^}\s]+)", text.strip())
    return f"${{{match[1]}}}" if match else text
