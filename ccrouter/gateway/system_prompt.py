"""CCR's REWRITE_SYSTEM_PROMPT: the text before Claude Code's `<env>` part is replaced by a file's content."""

from dataclasses import replace

from ccrouter.model.blocks import Block, Text
from ccrouter.model.request import Request

MARK = "<env>"


def rewrite_system_prompt(request: Request, replacement: str) -> Request:
    """The request with the first system block that holds `<env>` rewritten; unchanged where there is none."""
    if not isinstance(request.system, tuple):
        return request
    for position, block in enumerate(request.system):
        if isinstance(block, Text) and MARK in block.text:
            tail = block.text.rpartition(MARK)[2]
            rewritten: Block = replace(block, text=f"{replacement}{MARK}{tail}")
            return replace(request, system=(*request.system[:position], rewritten, *request.system[position + 1 :]))
    return request
