"""A request without the reasoning that it would give back to one provider."""

from dataclasses import replace

from ccrouter.model.blocks import Block, Thinking
from ccrouter.model.envelope import unseal
from ccrouter.model.request import Message, Request


def without_reasoning(request: Request, origin: str) -> Request:
    """`request` without the thinking that came from `origin`; `request` itself where there is none.

    For a second attempt after the provider refused it (`errors.REASONING_REJECTED`): its words for one's own thoughts
    are worth less than an answer.
    """
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
