"""`gemini`: the upstream speaks Gemini's own protocol."""

from ccrouter.transformers.base import Transformer


class Gemini(Transformer):
    """Selects the gemini protocol (`providers.resolve.protocol_for` reads the name) and changes nothing."""

    name = "gemini"
