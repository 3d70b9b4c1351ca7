"""`forcereasoning`: make a model without thinking think in the open, between tags that become thinking blocks."""

from ccrouter.model.request import Request
from ccrouter.transformers.base import Context, EventFilter, Transformer
from ccrouter.transformers.system_prompt import with_instruction
from ccrouter.transformers.tag_splitter import TagSplitter, with_tags

OPENING, CLOSING = "<reasoning_content>", "</reasoning_content>"

INSTRUCTION = f"""<system-reminder>
Think before you act. Begin every reply with your reasoning, step by step, between {OPENING} and {CLOSING}: what is \
asked, what you know, what is missing, which way you choose and why. Close the tag, then answer or call tools as \
usual. Use the tag once a reply, at its beginning, and never speak of it: the user does not see it.
</system-reminder>"""


class ForceReasoning(Transformer):
    """Asks for reasoning in tags, turns it into thinking, and gives it back in the same tags on later turns.

    CCR gives back the ten newest only; a window that slides would change the prompt's beginning with every turn and
    lose the provider's prompt cache, so all of it goes back. Thinking of other providers does not.
    """

    name = "forcereasoning"

    def request(self, request: Request, context: Context) -> Request:
        """Write earlier thinking into the text, and the instruction into the system prompt.

        No instruction where the client switched thinking off or wants JSON (titles, auto mode's classifier).
        """
        request = with_tags(request, OPENING, CLOSING, context.provider)
        output = request.extras.get("output_config")
        wants_json = isinstance(output, dict) and "format" in output
        if wants_json or (request.thinking is not None and request.thinking.type == "disabled"):
            return request
        return with_instruction(request, INSTRUCTION)

    def events(self, context: Context) -> EventFilter:
        """Split the reply's text."""
        return TagSplitter([(OPENING, CLOSING)], context.provider)
