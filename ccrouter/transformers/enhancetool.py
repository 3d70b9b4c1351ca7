"""`enhancetool`: repair the arguments of tool calls before the client sees them, and fit them to the tools' schemas."""

from dataclasses import replace

from ccrouter.dialects.quirks import Quirks
from ccrouter.transformers.base import Transformer


class EnhanceTool(Transformer):
    """Switches the repair by schema on (`argument_repair`); what is not JSON is repaired for every reply without it.

    What can't be mended goes on as it came (CCR makes `{}` of it, and loses what it holds at any other end of the reply
    than `tool_calls`). Costs the streaming of tool calls.
    """

    name = "enhancetool"

    def quirks(self, quirks: Quirks) -> Quirks:
        """See the class."""
        return replace(quirks, repair_arguments="schema")
