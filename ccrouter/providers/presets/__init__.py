"""What is known about providers, as rows of facts.

Sources are named where they are: `field-notes` is the project's own collection (section 2 unless said), vendors' pages
as of November 2026. A fact that is not known is left out: the defaults of `Quirks` are careful. Every field can be
overridden in the config (`quirks` of a provider).
"""

from typing import Final

from ccrouter.providers.presets.china import DASHSCOPE, DEEPSEEK, MODELSCOPE, MOONSHOT, SILICONFLOW, VOLCENGINE, ZAI
from ccrouter.providers.presets.hosts import CEREBRAS, GROQ, GROQ_REFUSED_MESSAGE_KEYS, OPENROUTER
from ccrouter.providers.presets.labs import ANTHROPIC, GEMINI, MISTRAL, OPENAI, XAI
from ccrouter.providers.presets.local import LMSTUDIO, OLLAMA, VLLM
from ccrouter.providers.presets.models import UNKNOWN_PROVIDER_MODELS, takes_cache_control
from ccrouter.providers.presets.row import ModelQuirks, Preset

__all__ = [
    "GROQ_REFUSED_MESSAGE_KEYS",
    "PRESETS",
    "UNKNOWN_PROVIDER_MODELS",
    "ModelQuirks",
    "Preset",
    "takes_cache_control",
]

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
