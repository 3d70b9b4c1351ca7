"""`Anthropic`: the upstream speaks Anthropic Messages."""

from dataclasses import replace

from ccrouter.dialects.quirks import Quirks
from ccrouter.transformers.base import Transformer
from ccrouter.transformers.options import only


class Anthropic(Transformer):
    """Selects the anthropic protocol (`providers.resolve.protocol_for` reads the name) and changes no body.

    `UseBearer: true` sends the key as `Authorization: Bearer` only. In CCR the array form
    `["Anthropic", {"UseBearer": true}]` loses the whole provider.
    """

    name = "Anthropic"
    options_schema = only(
        {"UseBearer": {"type": "boolean", "description": "Send the key as Authorization: Bearer only."}}
    )

    def quirks(self, quirks: Quirks) -> Quirks:
        """See the class."""
        return replace(quirks, bearer_only=True) if self.options.get("UseBearer") is True else quirks
