"""What differs between the models of a strict Gemini upstream."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelRules:
    """What differs between models. `signatures`: the first call of a turn must be signed; `levels` and `budget`: what
    its thinkingConfig takes (0 in `budget` switches thinking off)."""

    signatures: bool = True
    ids: bool = True
    nested_media: bool = True
    mixes_tools: bool = True
    json_with_functions: bool = True
    levels: frozenset[str] = frozenset({"LOW", "MEDIUM", "HIGH"})
    budget: tuple[int, int] | None = None
    can_stop_thinking: bool = False
    output_limit: int = 65_536


GEMINI_3 = ModelRules()
GEMINI_3_FLASH = ModelRules(levels=frozenset({"MINIMAL", "LOW", "MEDIUM", "HIGH"}))
GEMINI_3_PRO = ModelRules(levels=frozenset({"LOW", "HIGH"}))
GEMINI_2_5_FLASH = ModelRules(
    signatures=False,
    ids=False,
    nested_media=False,
    mixes_tools=False,
    json_with_functions=False,
    levels=frozenset(),
    budget=(1, 24_576),
    can_stop_thinking=True,
)
GEMINI_2_5_PRO = ModelRules(
    signatures=False,
    ids=False,
    nested_media=False,
    mixes_tools=False,
    json_with_functions=False,
    levels=frozenset(),
    budget=(128, 32_768),
)
GEMINI_2 = ModelRules(
    signatures=False,
    ids=False,
    nested_media=False,
    mixes_tools=False,
    json_with_functions=False,
    levels=frozenset(),
    output_limit=8192,
)


def rules_of(model: str) -> ModelRules:
    """The rules of a model by its real name; those of the newest generation for any other."""
    for pattern, rules in (
        (r"gemini-2\.5-pro", GEMINI_2_5_PRO),
        (r"gemini-2\.5", GEMINI_2_5_FLASH),
        (r"gemini-2", GEMINI_2),
        (r"gemini-3-pro", GEMINI_3_PRO),
        (r"gemini-3(\.[0-6])?-flash|flash-lite", GEMINI_3_FLASH),
    ):
        if re.search(pattern, model):
            return rules
    return GEMINI_3
