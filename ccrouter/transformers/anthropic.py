"""`Anthropic`: the upstream speaks Anthropic Messages."""

from ccrouter.transformers.base import Transformer
from ccrouter.transformers.options import only


class Anthropic(Transformer):
    """Selects the anthropic protocol (`providers.resolve.protocol_for` reads the name) and changes nothing.

    `UseBearer: true` sends the key as `Authorization: Bearer` only (`providers.resolve.uses_bearer`). In CCR the
    array form `["Anthropic", {"UseBearer": true}]` loses the whole provider.
    """

    name = "Anthropic"
    options_schema = only(
        {"UseBearer": {"type": "boolean", "description": "Send the key as Authorization: Bearer only."}}
    )
