"""`cerebras`: reasoning under its own name, and no `reasoning` object in the body."""

from dataclasses import replace

from ccrouter.dialects.quirks import Quirks
from ccrouter.model.json import JsonObject
from ccrouter.transformers.base import Context, Transformer


class Cerebras(Transformer):
    """Assistant history carries `reasoning`, not `reasoning_content`; `parallel_tool_calls` is refused."""

    name = "cerebras"

    def quirks(self, quirks: Quirks) -> Quirks:
        """Name the reasoning field and what is refused."""
        return replace(
            quirks,
            reasoning_out="reasoning",
            parallel_tool_calls=False,
            effort_style="none" if quirks.effort_style == "openrouter" else quirks.effort_style,
        )

    def wire(self, body: JsonObject, context: Context) -> JsonObject:
        """Take out a `reasoning` object that another transformer put there."""
        body.pop("reasoning", None)
        return body
