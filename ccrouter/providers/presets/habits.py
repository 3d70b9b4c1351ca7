"""What models do wrong with tools and thinking, whichever host serves them. What a reply is mended of follows from it.

Not for upstreams that speak Anthropic's protocol: their replies are passed on untouched unless the config asks.
"""

from typing import Final

from ccrouter.dialects.quirks import LeakedForm
from ccrouter.providers.presets.row import ModelQuirks

LEAKS_OF_OPEN_MODELS: Final[frozenset[LeakedForm]] = frozenset(
    {"dsml", "invoke", "hermes", "qwen", "glm", "kimi", "deepseek"}
)
"""All notations but plain JSON in a code block, which is as often an example as a call. For servers on the own machine:
whether their parser fits the model is up to whoever started them."""

HABIT_ROWS: Final[tuple[ModelQuirks, ...]] = (
    # --- Calls that hosts without the right parser pass on as text (field notes 1.20). Hosts that drop special tokens
    # leave `<invoke>` of DSML.
    (r"deepseek", {"leaked_tool_calls": frozenset({"dsml", "invoke", "deepseek"})}),
    (r"qwen|qwq|hermes", {"leaked_tool_calls": frozenset({"hermes", "qwen"})}),
    (r"\bglm", {"leaked_tool_calls": frozenset({"glm", "hermes"})}),
    (r"kimi", {"leaked_tool_calls": frozenset({"kimi"})}),
    (r"minimax|claude", {"leaked_tool_calls": frozenset({"invoke"})}),
    # --- Arrays and objects written as strings, numbers in quotes, keys with stray spaces (1.17).
    (r"qwen|qwq|hermes|\bglm|kimi", {"repair_arguments": "schema"}),
    # --- MiniMax: "keep the thinking in the history", between its tags where it came so.
    (r"minimax", {"think_tags_back": True}),
)
"""For every provider, known or not, in this order, each row over the one before."""
