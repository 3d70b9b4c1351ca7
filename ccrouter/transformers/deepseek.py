"""`deepseek`: DeepSeek's own API and hosts that behave like it."""

from dataclasses import replace

from ccrouter.dialects.quirks import Quirks
from ccrouter.transformers.base import Transformer

CCR_MAX_TOKENS = 8192
"""What CCR caps to; also the limit of the old deepseek-chat ("the valid range of max_tokens is [1, 8192]")."""


class DeepSeek(Transformer):
    """Reasoning goes back as `reasoning_content`, unless the model is known to refuse it (R1).

    max_tokens is capped to 8192 as in CCR, except where a preset or `maxtoken` knows the model's own limit.
    """

    name = "deepseek"

    def quirks(self, quirks: Quirks) -> Quirks:
        """Name the reasoning field and the cap."""
        return replace(
            quirks,
            reasoning_out="reasoning_content" if quirks.reasoning_out == "same" else quirks.reasoning_out,
            max_tokens_cap=CCR_MAX_TOKENS if quirks.max_tokens_cap is None else quirks.max_tokens_cap,
        )
