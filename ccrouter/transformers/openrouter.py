"""`openrouter`: OpenRouter and gateways built like it."""

from dataclasses import replace

from ccrouter.dialects.quirks import Quirks
from ccrouter.model.json import JsonObject
from ccrouter.providers.presets import takes_cache_control
from ccrouter.transformers.base import Context, Transformer
from ccrouter.transformers.cache_control import without_cache_control
from ccrouter.transformers.options import ANY_OPTIONS


class OpenRouter(Transformer):
    """Reasoning is asked for as `reasoning: {…}`; cache marks stay for the models that honour them.

    The options go into the wire body as they are: `["openrouter", {"provider": {"only": ["moonshotai/fp8"]}}]`.
    """

    name = "openrouter"
    options_schema = ANY_OPTIONS

    def quirks(self, quirks: Quirks) -> Quirks:
        """Set how reasoning is asked for and given back. Marks of other models are taken out in `wire`."""
        return replace(quirks, effort_style="openrouter", reasoning_out="same", keep_cache_control=True)

    def wire(self, body: JsonObject, context: Context) -> JsonObject:
        """Take the marks out for models that have no use for them, and add the options."""
        if not takes_cache_control(context.model):
            body = without_cache_control(body)
        body.update(self.options)
        return body
