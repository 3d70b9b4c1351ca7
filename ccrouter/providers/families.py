"""Which family a model is of, by its name: rows of facts. Its hints go by it (`transformers/guidance.py`)."""

import re
from typing import Final

from ccrouter.config.types import HintFamily, ProviderConfig
from ccrouter.providers.resolve import preset_for

FAMILY_ROWS: Final[tuple[tuple[str, HintFamily | None], ...]] = (
    # Claude Code's own prompt is written for these.
    (r"claude|(^|/)anthropic/", None),
    # Before the names of what they were distilled into (deepseek-r1-distill-llama-70b).
    (r"deepseek", "deepseek"),
    (r"gemini", "gemini"),
    (r"kimi|moonshot", "kimi"),
    (r"(?<![a-z])(chat)?glm|z-?ai/", "glm"),
    (r"qwen|qwq|qvq", "qwen"),
    (r"(?<![a-z])(chat)?gpt-?(\d|oss)|(?<![a-z])gpt$|chatgpt|codex|(?<![a-z0-9])o[1345](-|$)", "gpt"),
    # Open models of many makers that run on people's own machines, wherever they are hosted.
    (
        r"llama|mistral|mixtral|ministral|magistral|codestral|devstral|gemma|granite|nemotron|starcoder|smollm|olmo"
        r"|hermes|falcon|internlm|vicuna|exaone|command-r|(?<![a-z])(phi|yi)-?\d",
        "local",
    ),
)
"""The first row that is found in the name counts; the names are those of every host (`meta-llama/llama-3.3-70b`)."""

RUNNERS: Final = frozenset({"ollama", "lmstudio", "vllm", "llama.cpp"})
"""Presets of what serves models on the own machine."""


def hint_family(provider: ProviderConfig, model: str) -> HintFamily | None:
    """The family of a provider's model; None for Claude, which gets no hints.

    A name that tells nothing is `local` on a model runner, `other` elsewhere.
    """
    for pattern, family in FAMILY_ROWS:
        if re.search(pattern, model, re.IGNORECASE):
            return family
    preset = preset_for(provider)
    return "local" if preset is not None and preset.name in RUNNERS else "other"
