"""Facts that belong to a model, whichever host serves it."""

import re
from typing import Final

from ccrouter.providers.presets.row import ModelQuirks

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

UNKNOWN_PROVIDER_MODELS: Final[tuple[ModelQuirks, ...]] = (R1,)
"""Model rows for providers that no preset knows."""
