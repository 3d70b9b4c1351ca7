"""Facts that belong to a model, whichever host serves it.

Context windows are the model's own, the most that any host gives; a host may give less.
"""

import re
from typing import Final

from ccrouter.providers.presets.row import ModelQuirks

CACHE_CONTROL_MODELS: Final = r"claude|^anthropic/|gemini|qwen"
"""OpenRouter honours the marks for these families."""


def takes_cache_control(model: str) -> bool:
    """True when a router like OpenRouter has a use for `cache_control` marks on this model."""
    return re.search(CACHE_CONTROL_MODELS, model, re.IGNORECASE) is not None


# Versions are written 3.2, 3-2 (Volcengine, where deepseek-v3-2-251201 is V3.2 but deepseek-v3-250324 is V3) and 3p2
# (Fireworks).
MODEL_ROWS: Final[tuple[ModelQuirks, ...]] = (
    # --- Reasoning on tool turns: must come back, must not (field notes 1.29, 1.30), and the forced tools (1.28) that
    # thinking models refuse.
    (
        r"deepseek-?v(3[.p-]2(?!\d)|[4-9])|deepseek-reasoner",
        {"reasoning_required": True, "tool_choice_required": False},
    ),
    (r"deepseek-?r1|\br1-distill", {"reasoning_out": None, "reasoning_required": False, "tool_choice_required": False}),
    (
        r"kimi-k2[.p-][5-9](?!\d)|kimi-k[3-9]|kimi-k2-thinking|kimi-thinking|kimi-for-coding",
        {"reasoning_required": True, "tool_choice_required": False},
    ),
    (r"qwen.*thinking|qwq|qwen3[.p][5-9]", {"tool_choice_required": False}),
    # --- `Tool call id … must be a-z, A-Z, 0-9, with a length of 9`: the API, and vLLM with Mistral's tokenizer.
    (r"(mis|minis)tral|mixtral|codestral|devstral|magistral|pixtral", {"tool_id_pattern": "mistral"}),
    # --- Images: text-only models answer 400 (Volcengine's GLM: cc-switch 2026-07-07; DeepSeek: field notes 2).
    (r"deepseek-?(v[234]|r1|chat|reasoner|coder)", {"images": False}),
    (r"glm-(4[.p-][5-7](?!v)|5(?![.p-]?\d|v))", {"images": False}),
    (r"qwen3-coder|gpt-oss", {"images": False}),
    (r"kimi-k2(?![.p-][5-9](?!\d))", {"images": False}),  # K2.5 and later see (Moonshot's model list)
    # --- Models that search the web unasked, whichever relay they are behind.
    (r":online$|\bgemini-.*-search$|\bsonar(-pro|-reasoning|-deep|$)|\bcompound(-|$)", {"web_search_style": "always"}),
    # --- Context windows, from the models' own cards.
    (r"deepseek-?(v3|r1(?!.*distill))", {"context_window": 163_840}),
    (r"kimi-k2(-0711|-instruct$)", {"context_window": 131_072}),
    (r"kimi-k2-(0905|instruct-0905|turbo|thinking)|kimi-k2[.p-][5-9](?!\d)", {"context_window": 262_144}),
    (r"glm-4[.p-]5(?!v)", {"context_window": 131_072}),
    (r"glm-4[.p-][67](?!v)|glm-5$", {"context_window": 204_800}),
    (r"gpt-oss|llama-3[.p]3-70b", {"context_window": 131_072}),
    (r"gpt-4o", {"context_window": 128_000}),
    (r"gpt-4\.1", {"context_window": 1_047_576}),
    (r"gpt-5(\.\d)?(-mini|-nano|-codex)?(-\d{4}|$)", {"context_window": 400_000}),
    (r"gemini-(2\.[05]|3(\.\d)?)-(pro|flash)(?!.*image)", {"context_window": 1_048_576}),
    (r"grok-3", {"context_window": 131_072}),
    (r"grok-code-fast|grok-4(-0709|-latest|$)", {"context_window": 256_000}),
    (r"grok-4([.-]1)?-fast", {"context_window": 2_000_000}),
)
"""For every provider, known or not, in this order, each row over the one before."""

# Where a host switches thinking by a field, these are the models on it that have the switch.
SWITCHABLE: Final = (
    r"deepseek-?v(3[.-][1-9](?!\d)|[4-9])|glm-(4[.-][5-9](?!\d)|[5-9])|kimi-k2[.-][5-9](?!\d)|kimi-k[3-9]|doubao-seed"
)
QWEN_SWITCHABLE: Final = (
    r"qwen3-(?!coder|.*instruct|.*thinking)|qwen3\.[5-9]|qwen-(plus|flash|turbo)"
    r"|deepseek-?v(3\.[1-9]|[4-9])|glm-(4\.[5-9]|[5-9])"
)
