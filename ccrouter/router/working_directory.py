"""Where the client works, as its prompt tells it.

Measured: 2.1.197 has ` - Primary working directory: /path` in its last system block, 2.1.332 in a `role: system`
message after the first user message; older ones have `Working directory: /path` in `<env>`.
"""

import re

from ccrouter.model.blocks import Text
from ccrouter.model.request import Request

MARK = "orking directory: "
LINE = re.compile(r"[ \t]*(?:- )?(?:Primary w|W)orking directory: (.+?)[ \t]*\r?")
LONGEST = 4096


def working_directory(request: Request) -> str | None:
    """The client's working directory; None where the request does not tell it.

    Only what the client itself writes is looked at: what users, tools and models say in a conversation proves nothing.
    The last system message counts, for a later one may tell of a move.
    """
    for message in reversed(request.messages):
        if message.role == "system" and (found := _in_texts(message.blocks)) is not None:
            return found
    return _in_texts(request.system_blocks) if request.system else None


def _in_texts(blocks: tuple[object, ...]) -> str | None:
    for block in blocks:
        at = block.text.find(MARK) if isinstance(block, Text) else -1
        while isinstance(block, Text) and at != -1:
            end = block.text.find("\n", at)
            line = block.text[block.text.rfind("\n", 0, at) + 1 : None if end == -1 else end]
            found = LINE.fullmatch(line)
            if found is not None and len(found[1]) <= LONGEST and found[1].isprintable():
                return found[1]
            at = block.text.find(MARK, at + 1)
    return None
