"""`maxcompletiontokens`: the limit is called max_completion_tokens (OpenAI's o-series and GPT-5)."""

from dataclasses import replace

from ccrouter.dialects.quirks import Quirks
from ccrouter.transformers.base import Transformer


class MaxCompletionTokens(Transformer):
    """Sends the token limit as `max_completion_tokens`."""

    name = "maxcompletiontokens"

    def quirks(self, quirks: Quirks) -> Quirks:
        """Rename the field."""
        return replace(quirks, max_tokens_field="max_completion_tokens")
