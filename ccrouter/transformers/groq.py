"""`groq`: an upstream that answers 400 to any message key it does not know."""

from dataclasses import replace

from ccrouter.dialects.quirks import Quirks
from ccrouter.model.json import Json, JsonObject, as_list, as_object
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
        tools = as_list(body.get("tools"))
        if tools:
            body["tools"] = [_without_schema_uri(tool) for tool in tools]
        return body


def _without_schema_uri(tool: Json) -> Json:
    """The tool, its schema copied where it changes: the original is shared with the next attempt."""
    function = as_object((as_object(tool) or {}).get("function"))
    parameters = as_object((function or {}).get("parameters"))
    if not isinstance(tool, dict) or function is None or parameters is None or "$schema" not in parameters:
        return tool
    kept: JsonObject = {key: value for key, value in parameters.items() if key != "$schema"}
    return {**tool, "function": {**function, "parameters": kept}}
