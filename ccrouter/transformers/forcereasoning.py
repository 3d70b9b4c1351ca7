"""`forcereasoning`: make a model without thinking think in the open, between tags that become thinking blocks."""

from dataclasses import replace

from ccrouter.model.blocks import Block, Text, Thinking
from ccrouter.model.envelope import unseal
from ccrouter.model.request import Message, Request
from ccrouter.transformers.base import Context, EventFilter, Transformer
from ccrouter.transformers.system_prompt import with_instruction
from ccrouter.transformers.tag_splitter import TagSplitter

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
        messages = tuple([_with_tags(message, context.provider) for message in request.messages])
        request = replace(request, messages=messages)
        output = request.extras.get("output_config")
        wants_json = isinstance(output, dict) and "format" in output
        if wants_json or (request.thinking is not None and request.thinking.type == "disabled"):
            return request
        return with_instruction(request, INSTRUCTION)

    def events(self, context: Context) -> EventFilter:
        """Split the reply's text."""
        return TagSplitter(OPENING, CLOSING, context.provider)


def _with_tags(message: Message, provider: str) -> Message:
    if message.role != "assistant" or not any(_is_ours(block, provider) for block in message.blocks):
        return message
    content: list[Block] = []
    for block in message.blocks:
        if isinstance(block, Thinking) and _is_ours(block, provider):
            content.append(Text(f"{OPENING}{block.text}{CLOSING}"))
        else:
            content.append(block)
    return replace(message, content=tuple(content))


def _is_ours(block: Block, provider: str) -> bool:
    if not isinstance(block, Thinking):
        return False
    envelope = unseal(block.signature)
    return envelope is not None and envelope.origin == provider
