"""`OpenAI`: the upstream speaks OpenAI chat completions."""

from ccrouter.transformers.base import Transformer


class OpenAI(Transformer):
    """Selects the openai_chat protocol (`providers.resolve.protocol_for` reads the name) and changes nothing."""

    name = "OpenAI"
