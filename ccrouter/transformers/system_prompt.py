"""Adding an instruction of our own to a request.

It goes to the end of the system prompt, not behind the last message as in CCR: there it would move with every turn, and
the provider's prompt cache would lose the conversation each time (architecture, rule 7).
"""

from dataclasses import replace

from ccrouter.model.blocks import Text
from ccrouter.model.request import Request


def with_instruction(request: Request, instruction: str) -> Request:
    """The request with `instruction` as the last block of its system prompt."""
    return replace(request, system=(*request.system_blocks, Text(instruction)))
