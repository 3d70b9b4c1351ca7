"""The subagent tag: `<CCR-SUBAGENT-MODEL>provider,model</CCR-SUBAGENT-MODEL>` in a prompt picks that agent's model."""

import re
from collections.abc import Sequence
from dataclasses import replace

from ccrouter.frozen import frozen
from ccrouter.model.blocks import Block, Text
from ccrouter.model.request import Request
from ccrouter.router.reading import REMINDER_CLOSING, REMINDER_OPENING

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
    system = request.system
    if system and (found := _in_content(system, anywhere=True)) is not None:
        return Tag(found[0], "the system prompt", replace(request, system=found[1] or None))
    for at, message in enumerate(request.messages):
        if message.role == "user":
            found = _in_content(message.content, anywhere=False)
            if found is None:
                return None
            told = replace(message, content=found[1])
            messages = (*request.messages[:at], told, *request.messages[at + 1 :])
            return Tag(found[0], "the first user message", replace(request, messages=messages))
    return None


def _in_content(content: str | tuple[Block, ...], *, anywhere: bool) -> tuple[str, str | tuple[Block, ...]] | None:
    """The route and the content without the tag. `anywhere` False: only reminders may stand before it."""
    if isinstance(content, str):
        return _cut(content, anywhere=anywhere) if OPENING in content else None
    return _in_blocks(content, anywhere=anywhere)


def _in_blocks(blocks: Sequence[Block], *, anywhere: bool) -> tuple[str, tuple[Block, ...]] | None:
    for at, block in enumerate(blocks):
        if not isinstance(block, Text):
            continue
        cut = _cut(block.text, anywhere=anywhere) if OPENING in block.text else None
        if cut is not None:
            route, rest = cut
            # Anthropic refuses a text block without text.
            kept = (replace(block, text=rest),) if rest.strip() else ()
            return route, (*blocks[:at], *kept, *blocks[at + 1 :])
        if not anywhere and not _is_reminders(block.text):
            return None
    return None


def _is_reminders(text: str) -> bool:
    """Whether REMINDERS takes up the whole text; asked of each request's first words, which are many kilobytes."""
    text = text.strip()
    return not text or (text.startswith(REMINDER_OPENING) and text.endswith(REMINDER_CLOSING))


def _cut(text: str, *, anywhere: bool) -> tuple[str, str] | None:
    """The route that the tag in `text` names, and the text without the tag."""
    if anywhere:
        found = TAG.search(text)
    else:
        start = REMINDERS.match(text)
        found = TAG.match(text, start.end() if start else 0)
    return None if found is None else (found[1], text[: found.start()] + text[found.end() :])
