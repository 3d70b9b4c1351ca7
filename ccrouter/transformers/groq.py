"""`groq`: an upstream that answers 400 to any message key it does not know."""

from dataclasses import replace

from ccrouter.dialects.quirks import Quirks
from ccrouter.model.json import JsonObject, as_list, as_object
from ccrouter.providers.presets import GROQ_REFUSED_MESSAGE_KEYS
from ccrouter.transformers.base import Context, Transformer


class Groq(Transformer):
    """Leaves out what Groq refuses: reasoning and cache marks on messages, `$schema` in tool parameters."""

    name = "groq"

    def quirks(self, quirks: Quirks) -> Quirks:
        """Name the refused keys."""
        return replace(
            quirks,
            reasoning_out=None,
            reasoning_required=False,
            keep_cache_control=False,
            refused_message_keys=quirks.refused_message_keys | GROQ_REFUSED_MESSAGE_KEYS,
        )

    def wire(self, body: JsonObject, context: Context) -> JsonObject:
        """Drop `$schema` at the root of each tool's parameters; a tool without parameters is fine."""
        for entry in as_list(body.get("tools")) or []:
            function = as_object((as_object(entry) or {}).get("function")) or {}
            parameters = as_object(function.get("parameters"))
            if parameters is not None and "$schema" in parameters:
                # The schema object may be the client's own, shared with the next attempt: replaced, not changed.
                function["parameters"] = {key: value for key, value in parameters.items() if key != "$schema"}
        return body
