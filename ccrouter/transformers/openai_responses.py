"""`openai-responses`: the upstream speaks OpenAI's Responses API."""

from ccrouter.transformers.base import Transformer


class OpenAIResponses(Transformer):
    """Selects the openai_responses protocol (`providers.resolve.protocol_for` reads the name) and changes nothing.

    CCR's transformer of this name dropped an assistant's text beside calls, merged parallel calls and told no usage.
    """

    name = "openai-responses"
