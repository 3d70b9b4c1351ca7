"""What is known about providers, as rows of facts.

Sources are named where they are: `field-notes` is the project's own collection (section 2 unless said), vendors' pages
as of November 2026. A fact that is not known is left out: the defaults of `Quirks` are careful. Every field can be
overridden in the config (`quirks` of a provider).
"""

from typing import Final

from ccrouter.providers.presets import china, hosts, labs, local
from ccrouter.providers.presets.habits import HABIT_ROWS
from ccrouter.providers.presets.hosts import GROQ_REFUSED_MESSAGE_KEYS
from ccrouter.providers.presets.models import MODEL_ROWS, takes_cache_control
from ccrouter.providers.presets.row import ModelQuirks, Preset

__all__ = [
    "GROQ_REFUSED_MESSAGE_KEYS",
    "HABIT_ROWS",
    "MODEL_ROWS",
    "PRESETS",
    "ModelQuirks",
    "Preset",
    "takes_cache_control",
]

PRESETS: Final[tuple[Preset, ...]] = (
    labs.OPENAI,
    labs.AZURE,
    labs.ANTHROPIC,
    labs.GEMINI,
    labs.VERTEX,
    labs.VERTEX_GEMINI,
    labs.VERTEX_CLAUDE,
    labs.MISTRAL,
    labs.XAI,
    china.DEEPSEEK,
    china.MOONSHOT,
    china.MOONSHOT_CN,
    china.KIMI_CODING,
    china.ZAI,
    china.ZAI_CODING,
    china.BIGMODEL,
    china.BIGMODEL_CODING,
    china.DASHSCOPE,
    china.DASHSCOPE_INTL,
    china.DASHSCOPE_US,
    china.DASHSCOPE_CODING,
    china.DASHSCOPE_CODING_INTL,
    china.MODELSCOPE,
    china.SILICONFLOW,
    china.SILICONFLOW_COM,
    china.VOLCENGINE,
    china.VOLCENGINE_CODING,
    china.MINIMAX,
    china.MINIMAX_GLOBAL,
    hosts.OPENROUTER,
    hosts.VERCEL,
    hosts.GROQ,
    hosts.CEREBRAS,
    hosts.FIREWORKS,
    hosts.TOGETHER,
    hosts.NVIDIA,
    hosts.HUGGINGFACE,
    hosts.CHUTES,
    hosts.NOVITA,
    hosts.PERPLEXITY,
    local.OLLAMA,
    local.OLLAMA_CLOUD,
    local.LMSTUDIO,
    local.VLLM,
    local.LLAMA_CPP,
    local.LITELLM,
    local.GITHUB_COPILOT,
    local.GEMINI_BALANCE,
    local.CLAUDE_RELAY_SERVICE,
    local.CLAUDE_RELAY_SERVICE_GEMINI,
)
