"""What differs between generations of Gemini, by model name: rows of facts.

Sources: ai.google.dev (thinking, thought signatures, function calling, structured output, tool combination) and
docs.cloud.google.com (the same), autumn 2026; the tables of vercel/ai's Google provider; the issues named at a line.
"""

import re
from dataclasses import replace
from typing import Final, Literal

from ccrouter.frozen import frozen


@frozen
class Family:
    """The defaults are those of the newest generation, which a name nobody knows is taken for."""

    generation: str
    """Thought signatures go back only to models of the generation that made them."""
    thinking: Literal["none", "budget", "level"] = "level"
    """`thinkingConfig` has nothing, `thinkingBudget` (tokens) or `thinkingLevel`. Both at once is an error."""
    levels: tuple[str, ...] = ("LOW", "MEDIUM", "HIGH")
    """The levels it takes, weakest first."""
    budget: tuple[int, int] = (0, 0)
    """Fewest and most tokens of a `thinkingBudget`."""
    can_stop_thinking: bool = False
    """`thinkingBudget: 0` is taken."""
    least_thinking: int = 2048
    """Tokens to leave for thinking nobody asked for, where it cannot be switched off."""
    output_limit: int = 65_536
    """More `maxOutputTokens` are refused (Vertex: "the supported range is from 1 to 65537 (exclusive)")."""
    needs_signatures: bool = True
    """400 when the first function call of a turn comes without its thought signature."""
    nested_media: bool = True
    """Images and PDFs may stand inside a `functionResponse`; else they follow it as parts of the same turn."""
    server_tools: bool = True
    """Has `googleSearch` and `urlContext`."""
    mixes_tools: bool = True
    """Takes them together with functions; else "Tool use with function calling is unsupported"."""
    answer_schema: Literal["json_schema", "gemini", "none"] = "json_schema"
    """`responseJsonSchema`, only the older `responseSchema`, or nothing for the form of an answer."""
    answer_schema_with_tools: bool = True
    """Takes it together with functions; else "Function calling with a response mime type: 'application/json' is
    unsupported" (googleapis/python-genai#867)."""
    system_instruction: bool = True


NEWEST: Final = Family(generation="3")
FLASH_LITE: Final = replace(NEWEST, levels=("MINIMAL", "LOW", "MEDIUM", "HIGH"), least_thinking=512)
GEMINI_2: Final = Family(
    generation="2",
    thinking="none",
    output_limit=8192,
    needs_signatures=False,
    nested_media=False,
    mixes_tools=False,
    answer_schema="gemini",
    answer_schema_with_tools=False,
)
GEMINI_2_5: Final = replace(
    GEMINI_2,
    generation="2.5",
    thinking="budget",
    budget=(1, 24_576),
    can_stop_thinking=True,
    output_limit=65_536,
    answer_schema="json_schema",
)

ROWS: Final[tuple[tuple[str, Family], ...]] = (
    # Gemma, on the Gemini API: no system instruction, no thinking that could be configured, no search.
    (
        r"gemma",
        replace(
            GEMINI_2,
            generation="gemma",
            answer_schema="none",
            server_tools=False,
            system_instruction=False,
        ),
    ),
    # Image models take no budget or level and do not check signatures.
    (r"gemini-3.*-image", replace(NEWEST, thinking="none", needs_signatures=False, output_limit=32_768)),
    (r"gemini-.*-image", replace(GEMINI_2_5, thinking="none", output_limit=32_768)),
    (r"gemini-1(?!\d)|gemini-pro($|-vision)", replace(GEMINI_2, generation="1", server_tools=False)),
    # "Budget 0 is invalid. This model only works in thinking mode." (earendil-works/pi#3460)
    (
        r"gemini-2\.5-pro",
        replace(GEMINI_2_5, budget=(128, 32_768), can_stop_thinking=False, least_thinking=1024),
    ),
    (r"gemini-2\.5-flash-lite", replace(GEMINI_2_5, budget=(512, 24_576))),
    (r"gemini-2\.5", GEMINI_2_5),
    (r"gemini-2(?!\d)", GEMINI_2),
    (r"gemini-3-pro", replace(NEWEST, levels=("LOW", "HIGH"))),
    (r"flash-lite", FLASH_LITE),
    # From 3.7 on Flash has no MINIMAL any more.
    (r"gemini-3(\.[0-6])?-flash", FLASH_LITE),
)


SEARCHING: Final = re.compile(r"-search$", re.IGNORECASE)
NOT_THINKING: Final = re.compile(r"-non-thinking$", re.IGNORECASE)
"""Ends of names that Gemini Balance makes of a model's: it adds Google's search, or switches thinking off as far as the
model lets it (https://github.com/snailyp/gemini-balance, SEARCH_MODELS and its chat service). `-image` needs no word
here: it is a row."""


def family_of(model: str) -> Family:
    """The row of the first pattern found in `model` (case does not count), else the newest generation's.

    Who names a model `…-non-thinking` has it set by the server, and must not say anything of thinking.
    """
    base = NOT_THINKING.sub("", model)
    if base != model:
        return replace(family_of(base), thinking="none")
    base = SEARCHING.sub("", model)
    for pattern, family in ROWS:
        if re.search(pattern, base, re.IGNORECASE):
            return family
    return NEWEST
