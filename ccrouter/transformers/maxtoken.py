"""`maxtoken`: a cap on max_tokens."""

from dataclasses import replace

from ccrouter.dialects.quirks import Quirks
from ccrouter.transformers.base import Transformer
from ccrouter.transformers.options import WHOLE_NUMBER, only, whole_number


class MaxToken(Transformer):
    """Caps what the client asks for at `max_tokens`.

    What the user says wins over what a preset knows, in both directions; of several the last in the chain counts.
    """

    name = "maxtoken"
    options_schema = only({"max_tokens": WHOLE_NUMBER}, required=["max_tokens"])

    def quirks(self, quirks: Quirks) -> Quirks:
        """Set the cap."""
        cap = whole_number(self.options, "max_tokens")
        return quirks if cap is None else replace(quirks, max_tokens_cap=cap)
