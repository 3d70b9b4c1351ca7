"""What a request is for. Each function reads one trait; none of them knows about routes."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from ccrouter.config.conditions import TIERS, Tier
from ccrouter.model.blocks import Block, Image, Text, ToolResult
from ccrouter.model.json import as_list, as_object
from ccrouter.model.request import Message, Request
from ccrouter.router.hints import Hints

EFFORTS = ("low", "medium", "high", "xhigh", "max")
LONG_CONTEXT_SUFFIX = re.compile(r"\s*\[1m\]\s*$", re.IGNORECASE)
"""Claude Code's mark for a million tokens of context; never part of an upstream's model name."""

MONITOR_PROMPT = "You are a security monitor"
CLASSIFIER_STOPS = frozenset({"</severity>", "</block>"})

REMINDER = "<system-reminder>"
PLAN_ACTIVE = ("Plan mode is active", "Plan mode still active")
"""The full reminder and the short one of later turns (both in 2.1.197 and 2.1.328)."""
PLAN_EXITED = "## Exited Plan Mode"
IN_ALL_PLAN_MARKS = "Plan "
"""A text without it says nothing of plan mode: one search instead of three, and most texts are without."""


def is_classifier(request: Request, hints: Hints) -> bool:
    """True for auto mode's safety check of a tool call (field-notes 7).

    Its system prompt says so; a stop sequence is the second sign, for prompts that were rewritten. It never has tools,
    and where the client tells the class, it is `auxiliary`.
    """
    if request.tools or hints.request_class not in {None, "auxiliary"}:
        return False
    for block in request.system_blocks if request.system else ():
        if isinstance(block, Text) and block.text.startswith(MONITOR_PROMPT):
            return True
    return request.stop_sequences is not None and not CLASSIFIER_STOPS.isdisjoint(request.stop_sequences)


def web_search_tool(request: Request) -> str | None:
    """The type of the first server tool that searches the web (`web_search_20250305`), or None."""
    for tool in request.tools or ():
        if tool.type is not None and tool.type.startswith("web_search"):
            return tool.type
    return None


def is_web_search_helper(request: Request) -> bool:
    """True for the request that Claude Code's WebSearch tool makes: the server tool and nothing beside it."""
    return request.tools is not None and len(request.tools) == 1 and web_search_tool(request) is not None


def background_work(request: Request, hints: Hints) -> str | None:
    """Why the request is background work (a sentence part), or None.

    A compaction is main work whatever its model: its summary is what the session goes on with.
    """
    if hints.request_class == "compaction":
        return None
    if tier_of(request.model) == "haiku":
        return f"the model asked for is haiku-tier ({request.model})"
    if hints.request_class == "auxiliary" and not request.offers_server_tool:
        return "the client calls it auxiliary work"
    if hints.request_class is None and is_title_request(request):
        return "it asks for the session's title"
    return None


def is_title_request(request: Request) -> bool:
    """True for the request that names a session. 2.1.197 sends it on the main model and without a hint (measured):
    no tools, thinking disabled, and an answer that must be JSON with a `title`.
    """
    if request.tools or request.thinking is None or request.thinking.type != "disabled":
        return False
    config = as_object(request.extras.get("output_config")) or {}
    schema = as_object((as_object(config.get("format")) or {}).get("schema")) or {}
    return "title" in (as_list(schema.get("required")) or ())


@lru_cache(256)
def tier_of(model: str) -> Tier | None:
    """The class of models that a Claude model's name carries (`claude-opus-4-8[1m]`), None where it carries none."""
    folded = model.lower()
    return next((tier for tier in TIERS if tier in folded), None)


def without_context_suffix(model: str) -> str:
    """The name without Claude Code's `[1m]`."""
    if "]" not in model:
        return model
    return LONG_CONTEXT_SUFFIX.sub("", model)


def effort_of(request: Request) -> str | None:
    """The effort that the client asks for; `off` where it wants no thinking, None where it says nothing."""
    if request.thinking is not None and request.thinking.type == "disabled":
        return "off"
    return request.effort


def is_subagent(hints: Hints) -> bool:
    """True for a turn of a subagent: by its class, or by the agent's id, which older clients send too.

    A subagent's helper requests (summaries, searches) and its compactions carry the id as well, but are none.
    """
    if hints.request_class in {"auxiliary", "compaction"}:
        return False
    return hints.request_class == "subagent" or hints.agent_id is not None


def current_turn(messages: Sequence[Message]) -> Sequence[Message]:
    """The messages since the user last spoke: that user message with its neighbours, and the tool loop after it.

    A user message with tool results goes on with a turn; it does not begin one. Where no other is left (a compacted
    history), the last user message counts.
    """
    start = last_user = None
    for at in range(len(messages) - 1, -1, -1):
        if messages[at].role != "user":
            continue
        last_user = at if last_user is None else last_user
        if not has_tool_result(messages[at]):
            start = at
            break
    start = start if start is not None else last_user or 0
    while start > 0 and messages[start - 1].role != "assistant":
        start -= 1
    return messages[start:]


def has_image(turn: Iterable[Message]) -> bool:
    """True when the user's side of the turn holds an image, in a message or in a tool's result."""
    return any(_holds_image(message.blocks) for message in turn if message.role != "assistant")


def is_plan_mode(turn: Sequence[Message]) -> bool:
    """True when the last thing that the turn's reminders say about plan mode is that it is active."""
    for message in reversed(turn):
        if message.role != "assistant" and (active := _plan_mode(message.content)) is not None:
            return active
    return False


def reaches(effort: str, least: str) -> bool:
    """True when `effort` is `least` or more on Claude Code's scale; words off the scale reach nothing."""
    return effort in EFFORTS and least in EFFORTS and EFFORTS.index(effort) >= EFFORTS.index(least)


def has_tool_result(message: Message) -> bool:
    """True for a message that goes on with a turn: the answer to a tool call."""
    return not isinstance(message.content, str) and ToolResult in map(type, message.content)


def _holds_image(blocks: Iterable[Block]) -> bool:
    return any(
        isinstance(block, Image)
        or (isinstance(block, ToolResult) and isinstance(block.content, tuple) and _holds_image(block.content))
        for block in blocks
    )


def _plan_mode(content: str | Sequence[Block] | None, *, in_result: bool = False) -> bool | None:
    """What a message, or a tool's result in one, says last about plan mode; None when nothing.

    The client may fold reminders into the neighbouring tool result. There only text right behind a reminder's opening
    counts: a tool may well have read a file that talks about plan mode, such as this one.
    """
    if isinstance(content, str):
        return _last_word(content, in_result=in_result) if IN_ALL_PLAN_MARKS in content else None
    for block in reversed(content or ()):
        active = None
        if isinstance(block, Text):
            if IN_ALL_PLAN_MARKS in block.text:
                active = _last_word(block.text, in_result=in_result)
        elif isinstance(block, ToolResult) and not in_result:
            active = _plan_mode(block.content, in_result=True)
        if active is not None:
            return active
    return None


def _last_word(text: str, *, in_result: bool) -> bool | None:
    active = max([_last_place(text, mark, in_result=in_result) for mark in PLAN_ACTIVE])
    exited = _last_place(text, PLAN_EXITED, in_result=in_result)
    return None if active == exited == -1 else active > exited


def _last_place(text: str, mark: str, *, in_result: bool) -> int:
    at = text.rfind(mark)
    while in_result and at != -1 and not text[max(0, at - 40) : at].rstrip().endswith(REMINDER):
        at = text.rfind(mark, 0, at)
    return at
