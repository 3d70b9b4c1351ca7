"""A request that asks less of a provider, for a second attempt after it refused what Claude Code can do without."""

from dataclasses import replace

from ccrouter.errors import REASONING_REJECTED, SUMMARY_REJECTED
from ccrouter.model.blocks import Block, Thinking
from ccrouter.model.envelope import unseal
from ccrouter.model.request import Message, Request, ThinkingConfig


def milder_request(request: Request, origin: str, code: str | None) -> Request:
    """`request` without what the refusal of that code is about; `request` itself where nothing can be done.

    Reasoning that came from `origin` is not given back; the reasoning of the answer is not shown.
    """
    if code == REASONING_REJECTED:
        return _without_reasoning(request, origin)
    return _without_summary(request) if code == SUMMARY_REJECTED else request


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
