"""The subagent tag: `<CCR-SUBAGENT-MODEL>provider,model</CCR-SUBAGENT-MODEL>` in a prompt picks that agent's model."""

import re
from collections.abc import Sequence
from dataclasses import replace

from ccrouter.frozen import frozen
from ccrouter.model.blocks import Block, Text
from ccrouter.model.request import Request

OPENING = "<CCR-SUBAGENT-MODEL>"
TAG = re.compile(r"<CCR-SUBAGENT-MODEL>\s*([^<]*[^<\s])\s*</CCR-SUBAGENT-MODEL>\s*")
REMINDERS = re.compile(r"(?:\s*<system-reminder>.*?</system-reminder>)*\s*", re.DOTALL)
"""Claude Code 2.1.197 puts reminders before the prompt that the calling agent wrote."""


@frozen
class Tag:
    """A tag that was found: the route it names, where it stood, and the request without it."""

    route: str
    where: str
    request: Request


def find_tag(request: Request) -> Tag | None:
    """The first tag, in any system block or at the start of the first user message; None without one.

    CCR looked at the second system block only, where today's client has its identity line (ccr-behaviour.md 6.19).
    """
    return _in_system(request) or _in_first_user_message(request)


def _in_system(request: Request) -> Tag | None:
    if isinstance(request.system, str):
        cut = _cut(request.system, anywhere=True)
        return cut and Tag(cut[0], "the system prompt", replace(request, system=cut[1] or None))
    found = _in_blocks(request.system or (), anywhere=True)
    return found and Tag(found[0], "the system prompt", replace(request, system=found[1] or None))


def _in_first_user_message(request: Request) -> Tag | None:
    at = next((at for at, message in enumerate(request.messages) if message.role == "user"), None)
    if at is None:
        return None
    message = request.messages[at]
    content: str | tuple[Block, ...]
    if isinstance(message.content, str):
        found = _cut(message.content, anywhere=False)
        if found is None:
            return None
        route, content = found
    else:
        blocks = _in_blocks(message.content, anywhere=False)
        if blocks is None:
            return None
        route, content = blocks
    messages = (*request.messages[:at], replace(message, content=content), *request.messages[at + 1 :])
    return Tag(route, "the first user message", replace(request, messages=messages))


def _in_blocks(blocks: Sequence[Block], *, anywhere: bool) -> tuple[str, tuple[Block, ...]] | None:
    """The route and the blocks without the tag. `anywhere` False: only reminders may stand before it."""
    for at, block in enumerate(blocks):
        if not isinstance(block, Text):
            continue
        cut = _cut(block.text, anywhere=anywhere)
        if cut is not None:
            route, rest = cut
            # Anthropic refuses a text block without text.
            kept = (replace(block, text=rest),) if rest.strip() else ()
            return route, (*blocks[:at], *kept, *blocks[at + 1 :])
        if not anywhere and REMINDERS.fullmatch(block.text) is None:
            return None
    return None


def _cut(text: str, *, anywhere: bool) -> tuple[str, str] | None:
    """The route that the tag in `text` names, and the text without the tag."""
    if OPENING not in text:
        return None
    if anywhere:
        found = TAG.search(text)
    else:
        start = REMINDERS.match(text)
        found = TAG.match(text, start.end() if start else 0)
    return None if found is None else (found[1], text[: found.start()] + text[found.end() :])
