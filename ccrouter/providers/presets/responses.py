"""Which models are spoken to in the Responses API, and what they take there.

Sources: OpenAI's model pages and reference as of November 2026; pydantic-ai's profiles (live-verified 2026-07); field
notes 1.36 to 1.38, 1.46 and 2. A version that is not known yet gets what its elders have in common.
"""

from collections.abc import Mapping
from typing import Final

from ccrouter.frozen import frozen
from ccrouter.providers.presets.row import ModelQuirks


@frozen
class ResponsesFacts:
    """What a provider makes of the Responses API.

    `models` (a regular expression, None: none) are spoken to in it by default; `only` are so even where the URL names
    chat completions. `rows` hold where it is spoken, over all other rows.
    """

    rows: tuple[ModelQuirks, ...] = ()
    models: str | None = None
    only: str | None = None


OPENAI_REASONING: Final = r"^(o\d|gpt-[5-9])(?!.*-chat)|^codex-"
"""OpenAI's own reasoning models. On chat completions they hide their reasoning and cannot be given it back."""

OPENAI_RESPONSES_ONLY: Final = (
    # `Function tools with reasoning_effort are not supported for gpt-5.6-terra in /v1/chat/completions`: from 5.4 on
    # chat takes tools only with thinking switched off (BerriAI/litellm#34569, charmbracelet/crush#2913).
    r"^gpt-(5\.[4-9]|[6-9])(?!.*-chat)"
    # `This model is only supported in v1/responses and not in v1/chat/completions.`
    r"|^(gpt-5.*-(codex|pro)|codex-|o\d-pro|.*-deep-research)"
)
"""Those that chat completions refuse, or take only without thinking."""

_ANY: Final = r""
_NAME: Final = r"(^|/|openai\.)"
"""How routers write a vendor before a model: `openai/gpt-5`, Bedrock's `openai.gpt-5.6`."""

_REASONS: Final = {"reasoning_out": "same", "encrypted_reasoning": True, "sampling": False}


def _efforts(*words: str) -> dict[str, frozenset[str]]:
    return {"efforts": frozenset(words)}


RESPONSES_MODEL_ROWS: Final[tuple[ModelQuirks, ...]] = (
    (rf"{_NAME}(o\d|gpt-[5-9]|codex-)(?!.*-chat)", {**_REASONS, **_efforts("low", "medium", "high")}),
    (rf"{_NAME}gpt-5(-mini|-nano)?(-\d{{4}}|$)", _efforts("minimal", "low", "medium", "high")),
    (rf"{_NAME}gpt-5-pro", _efforts("high")),
    (rf"{_NAME}gpt-5\.1(-\d{{4}}|-mini|-nano|$)", _efforts("none", "low", "medium", "high")),
    (rf"{_NAME}gpt-5\.1-codex-max", _efforts("low", "medium", "high", "xhigh")),
    (rf"{_NAME}gpt-5\.[2-9](?!.*-chat)", _efforts("none", "low", "medium", "high", "xhigh")),
    (rf"{_NAME}gpt-5\.[2-9].*-codex", _efforts("low", "medium", "high", "xhigh")),
    (rf"{_NAME}gpt-5\.[2-9].*-pro", _efforts("medium", "high", "xhigh")),
    (r"-deep-research", _efforts("medium")),
    # Readable reasoning (`reasoning_text`), nothing encrypted: LM Studio, vLLM, OpenRouter.
    (r"gpt-oss", {"reasoning_out": "same", **_efforts("low", "medium", "high")}),
)
"""For every provider, in this order, each row over the one before."""

_OPENAI: Final = ResponsesFacts(
    rows=(
        (
            _ANY,
            {
                "mid_system": True,
                "system_role": "developer",
                "documents": True,
                "tool_result_images": True,
                "native_web_search": True,
                "search_sources": True,
            },
        ),
        (r"^(o1|o3-mini|gpt-4\.1-nano|gpt-3)", {"native_web_search": False}),
    ),
    models=OPENAI_REASONING,
    only=OPENAI_RESPONSES_ONLY,
)

RESPONSES_OF: Final[Mapping[str, ResponsesFacts]] = {
    "openai": _OPENAI,
    "azure": _OPENAI,
    "xai": ResponsesFacts(
        rows=(
            (r"grok-[4-9]", {"native_web_search": True}),  # server-side tools are for these
            (r"grok-[4-9](?!.*non-reasoning)", {"encrypted_reasoning": True}),
            (r"grok-3-mini", _efforts("low", "high")),
            (r"grok-4\.[3-9]", _efforts("low", "medium", "high")),  # others refuse the parameter; 4.5 refuses none
        )
    ),
    # It translates efforts for every model and leaves out what a model does not know.
    "openrouter": ResponsesFacts(
        rows=((_ANY, {"encrypted_reasoning": True, **_efforts("none", "minimal", "low", "medium", "high", "xhigh")}),)
    ),
    "deepseek": ResponsesFacts(rows=((_ANY, {"reasoning_out": "same", "calls_last": True}),)),
}
"""By the preset's name. Other providers speak it where the config says so, with the rows above."""
