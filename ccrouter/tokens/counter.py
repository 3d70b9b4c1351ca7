"""Counting the tokens of a request on the neutral model, each message once in its life."""

from collections import OrderedDict
from collections.abc import Iterable

import orjson

from ccrouter.frozen import frozen
from ccrouter.model.blocks import Block, Document, Image, Opaque, Text, Thinking, ToolReference, ToolResult, ToolUse
from ccrouter.model.json import Json, as_list, as_object, as_str
from ccrouter.model.request import Message, Request, Tool
from ccrouter.tokens.encoding import count_text
from ccrouter.tokens.media import DOCUMENT_PAGE_TOKENS, UNKNOWN_IMAGE_TOKENS, document_tokens, image_tokens

MESSAGE_TOKENS = 4
"""Role and delimiters of a message (OpenAI's cookbook counts 3 to 4)."""
CALL_TOKENS = 8
"""Id and delimiters of a tool use or a tool result."""
TOOL_TOKENS = 8
"""Delimiters of a tool definition."""

BYTES_PER_TOKEN = 4
"""Of ordinary text as JSON; measured on Claude Code's requests: 3.5 to 4.3."""

FEWEST_BYTES_PER_TOKEN = 2
"""What `ceiling` counts on; its docstring has the figures."""


@frozen
class PromptTokens:
    """What a prompt comes to, by part. Images and documents are apart: their error is another than the texts'."""

    system: int = 0
    messages: int = 0
    """Text of messages, calls and results."""
    tools: int = 0
    media: int = 0

    @property
    def text(self) -> int:
        """All that a tokenizer measured."""
        return self.system + self.messages + self.tools

    @property
    def total(self) -> int:
        """The whole prompt."""
        return self.text + self.media


def estimate(body_bytes: int) -> int:
    """About how many tokens a request body of this size has, without looking into it."""
    return (body_bytes + BYTES_PER_TOKEN - 1) // BYTES_PER_TOKEN


def ceiling(request: Request, body_bytes: int) -> int:
    """A number of tokens that a request of this size in bytes does not exceed, without counting.

    Bytes of JSON per token, measured: code and English 3.5 to 4.3, Chinese 2.2 to 2.7, random decimals 2.1; below two
    only base64 (1.4), hexadecimal (1.7), rare Chinese characters (1.3) and lists of single digits (1.0). A Claude Code
    body starts with 50 KB or more of prompt and tools at 4, so even with as much base64 beside it the whole stays above
    two. Images and documents cost tokens without having bytes (a URL), so each is added in full.
    """
    tokens = body_bytes // FEWEST_BYTES_PER_TOKEN
    for message in request.messages:
        if not isinstance(message.content, str):
            tokens += message.derive(_media_of)
    return tokens


def _media_of(message: Message) -> int:
    return _media_tokens(message.blocks)


def _media_tokens(blocks: Iterable[Block]) -> int:
    total = 0
    for block in blocks:
        if isinstance(block, Image):
            total += UNKNOWN_IMAGE_TOKENS
        elif isinstance(block, Document):
            total += DOCUMENT_PAGE_TOKENS
        elif isinstance(block, ToolResult) and isinstance(block.content, tuple):
            total += _media_tokens(block.content)
    return total


class TokenCounter:
    """Counts requests and remembers each message's, tool's and system prompt's count by a hash of its content.

    A conversation that grows costs only its new messages. Remembers `capacity` of them, the least recently used go
    first (about 200 bytes each; no text is kept). Belongs to one thread.
    """

    def __init__(self, capacity: int = 8192) -> None:
        self._capacity = capacity
        self._counts: OrderedDict[int, tuple[int, int]] = OrderedDict()

    def count(self, request: Request) -> int:
        """Input tokens of the request. Never fails, whatever the blocks contain."""
        return self.parts(request).total

    def parts(self, request: Request) -> PromptTokens:
        """The same, by part.

        Counted are system, messages (thinking, tool calls and their results, images and documents within) and tools;
        a deferred tool only once a tool reference has named it, for nobody is sent it before.
        """
        system = messages = tools = media = 0
        referenced: set[str] = set()
        if request.system_blocks:
            pieces = _Pieces("system")
            pieces.add_all(request.system_blocks)
            system, media = self._count(pieces)
        counts = self._counts
        for message in request.messages:
            key, names = message.derive(_message_key)
            if names:
                referenced |= names
            counted = counts.get(key)
            if counted is None:
                counted = self._count(_message_pieces(message))
            else:
                counts.move_to_end(key)
            messages += MESSAGE_TOKENS + counted[0]
            media += counted[1]
        for tool in request.tools or ():
            if not (tool.extras and tool.deferred) or tool.name in referenced:
                counted = self._known(tool.derive(_tool_key)) or self._count(_tool_pieces(tool))
                tools += TOOL_TOKENS + counted[0]
        return PromptTokens(system, messages, tools, media)

    def _known(self, key: int) -> tuple[int, int] | None:
        known = self._counts.get(key)
        if known is not None:
            self._counts.move_to_end(key)
        return known

    def _count(self, pieces: "_Pieces") -> tuple[int, int]:
        """Text and media of the pieces, from memory if they were seen before."""
        key = pieces.key()
        known = self._known(key)
        if known is not None:
            return known
        total = pieces.fixed + sum(map(count_text, pieces.texts)), pieces.media
        self._counts[key] = total
        if len(self._counts) > self._capacity:
            self._counts.popitem(last=False)
        return total


class _Pieces:
    """What there is to count in a message: its texts, tokens that need no tokenizer, and the tools it refers to."""

    __slots__ = ("fixed", "kind", "media", "references", "texts")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.texts: list[str] = []
        self.fixed = 0
        self.media = 0
        self.references: set[str] = set()

    def key(self) -> int:
        """Equal pieces have equal keys."""
        return hash((self.kind, self.fixed, self.media, *self.texts))

    def add_all(self, blocks: Iterable[Block]) -> None:
        for block in blocks:
            self.add(block)

    def add(self, block: Block) -> None:
        match block:
            case Text(text=text) | Thinking(text=text):
                self.texts.append(text)
            case ToolUse():
                self.texts += (block.name, json_text(block.input))
                self.fixed += CALL_TOKENS
            case ToolResult():
                self.fixed += CALL_TOKENS
                if isinstance(block.content, str):
                    self.texts.append(block.content)
                elif block.content is not None:
                    self.add_all(block.content)
            case Image():
                self.media += image_tokens(block.source)
            case Document():
                self._add_document(block)
            case ToolReference():
                self.references.add(block.tool_name)
            case Opaque():
                # Server tools' results and redacted thinking: mostly encrypted text, which no tokenizer measures.
                self.fixed += estimate(len(json_text(block.raw)))

    def _add_document(self, document: Document) -> None:
        source = document.source
        for field in ("title", "context"):
            text = as_str(document.extras.get(field))
            if text:
                self.texts.append(text)
        text = as_str(source.get("data")) if source.get("type") == "text" else as_str(source.get("content"))
        if text is not None:
            self.texts.append(text)
            return
        parts = as_list(source.get("content"))
        if parts is None:
            self.media += document_tokens(source)
            return
        for part in map(as_object, parts):
            if part is None:
                continue
            image = as_object(part.get("source")) if part.get("type") == "image" else None
            if image is not None:
                self.media += image_tokens(image)
            else:
                self.texts.append(as_str(part.get("text")) or "")


def _message_pieces(message: Message) -> _Pieces:
    pieces = _Pieces(message.role)
    pieces.add_all(message.blocks)
    return pieces


def _message_key(message: Message) -> tuple[int, frozenset[str]]:
    """What the message's count is remembered by, and the tools that it refers to."""
    pieces = _message_pieces(message)
    return pieces.key(), frozenset(pieces.references)


def _tool_key(tool: Tool) -> int:
    return _tool_pieces(tool).key()


def _tool_pieces(tool: Tool) -> _Pieces:
    pieces = _Pieces("tool")
    pieces.texts.append(tool.name)
    if tool.description:
        pieces.texts.append(tool.description)
    if tool.input_schema is not None:
        pieces.texts.append(json_text(tool.input_schema))
    return pieces


def json_text(value: Json) -> str:
    """The value as JSON; where it has none (lone surrogates, huge numbers, nested too deep), its texts alone."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return "".join(_scalars(value))


def _scalars(value: Json) -> Iterable[str]:
    """Every key and value in some order, without recursion."""
    waiting: list[Json] = [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, dict):
            yield from current
            waiting += current.values()
        elif isinstance(current, list):
            waiting += current
        else:
            yield current if isinstance(current, str) else str(current)
