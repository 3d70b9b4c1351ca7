"""A request changed for a second attempt: without what the provider refused and Claude Code can do without, or with a
word about what the model did wrong."""

from dataclasses import replace
from typing import Final

from ccrouter.errors import MALFORMED_CALL, REASONING_REJECTED, SUMMARY_REJECTED
from ccrouter.model.blocks import Block, Text, Thinking
from ccrouter.model.envelope import unseal
from ccrouter.model.request import Message, Request, ThinkingConfig

CALL_NOTE: Final = Text(
    "<system-reminder>\nYour last attempt to call a tool could not be read, and nothing was run. If you still need it, "
    "call it again: only tools you were given, by their exact names, with arguments that match their schema.\n"
    "</system-reminder>"
)
"""Stands behind the user's turn in the second attempt after an unreadable call (pydantic/pydantic-ai#3300)."""


def milder_request(request: Request, origin: str, code: str | None) -> Request:
    """`request` without what the refusal of that code is about; `request` itself where nothing can be done.

    Reasoning that came from `origin` is not given back; the reasoning of the answer is not shown; a model that wrote an
    unreadable call is told so.
    """
    if code == MALFORMED_CALL:
        return _with_call_note(request)
    if code == REASONING_REJECTED:
        return _without_reasoning(request, origin)
    return _without_summary(request) if code == SUMMARY_REJECTED else request


def carries_call_note(request: Request) -> bool:
    """True for the second attempt after an unreadable call."""
    content = request.messages[-1].content if request.messages else ""
    return not isinstance(content, str) and content[-1:] == (CALL_NOTE,)


def _with_call_note(request: Request) -> Request:
    last = request.messages[-1] if request.messages else None
    if last is None or last.role == "assistant" or carries_call_note(request):
        return request
    noted = replace(last, content=(*last.blocks, CALL_NOTE))
    return replace(request, messages=(*request.messages[:-1], noted))


def _without_reasoning(request: Request, origin: str) -> Request:
    messages = tuple([_forgetting(message, origin) for message in request.messages])
    if all(new is old for new, old in zip(messages, request.messages, strict=True)):
        return request
    return replace(request, messages=messages)


def _forgetting(message: Message, origin: str) -> Message:
    if message.role != "assistant" or isinstance(message.content, str):
        return message
    kept = tuple([block for block in message.content if not _is_from(block, origin)])
    return message if len(kept) == len(message.content) else replace(message, content=kept)


def _is_from(block: Block, origin: str) -> bool:
    envelope = unseal(block.signature) if isinstance(block, Thinking) else None
    return envelope is not None and envelope.origin == origin


def _without_summary(request: Request) -> Request:
    thinking = request.thinking or ThinkingConfig("adaptive")
    if thinking.extras.get("display") == "omitted":
        return request
    return replace(request, thinking=replace(thinking, extras={**thinking.extras, "display": "omitted"}))
