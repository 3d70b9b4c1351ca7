"""What a request's tokens are spent on, for people who wonder where their context has gone."""

from typing import Final

from ccrouter.model.blocks import Block, Document, Image, Text, Thinking, ToolResult, ToolUse
from ccrouter.model.request import Message, Request
from ccrouter.tokens.counter import MESSAGE_TOKENS, TokenCounter

PARTS: Final[tuple[str, ...]] = (
    "system",
    "tools",
    "user text",
    "assistant text",
    "thinking",
    "tool calls",
    "tool results",
    "images",
    "documents",
    "other",
)
"""`other` holds the frame of each message and blocks that are none of these."""


def count_parts(request: Request, counter: TokenCounter | None = None) -> dict[str, int]:
    """Tokens by part, in the order of PARTS, those without any left out; their sum is what `TokenCounter.count` says.

    Tokenizes everything once: some 100 ms for a full context. An image in a tool's result is an image.
    """
    counter = counter or TokenCounter()
    total = counter.count(request)
    found: dict[str, int] = dict.fromkeys(PARTS, 0)
    found["system"] = counter.count(Request("", (), system=request.system))
    messages = counter.count(Request("", request.messages))
    found["tools"] = total - found["system"] - messages
    for message in request.messages:
        for block in message.blocks:
            for part, inner in _pieces(message, block):
                found[part] += counter.count(Request("", (Message(message.role, (inner,)),))) - MESSAGE_TOKENS
    named = sum(tokens for part, tokens in found.items() if part != "other")
    found["other"] = total - named
    return {part: tokens for part, tokens in found.items() if tokens}


def _pieces(message: Message, block: Block) -> list[tuple[str, Block]]:
    """The block under its part's name; images and documents apart from the tool result that brought them."""
    if not isinstance(block, ToolResult) or not isinstance(block.content, tuple):
        return [(_part(message, block), block)]
    media = [inner for inner in block.content if isinstance(inner, Image | Document)]
    rest = tuple([inner for inner in block.content if not isinstance(inner, Image | Document)])
    return [("tool results", ToolResult(block.tool_use_id, rest)), *((_part(message, inner), inner) for inner in media)]


def _part(message: Message, block: Block) -> str:
    match block:
        case Text():
            return "assistant text" if message.role == "assistant" else "user text"
        case Thinking():
            return "thinking"
        case ToolUse():
            return "tool calls"
        case ToolResult():
            return "tool results"
        case Image():
            return "images"
        case Document():
            return "documents"
        case _:
            return "other"
