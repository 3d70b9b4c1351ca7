"""Routing sketches: requests reduced to what routing looks at, small enough to keep a hundred of them.

`decide` gives the same scenario, targets and reason on a sketch as on its request, so that a reload can say which of
the last requests would now go elsewhere. Kept are the system prompt, tools by name and type, the beginning of the
conversation and of the current turn, and the last messages; what the model said, results of tools and data of images
are emptied, and long texts lose their middle. Pure.
"""

import operator
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from ccrouter.config.types import Target
from ccrouter.frozen import frozen
from ccrouter.model.blocks import Block, Document, Image, Text, ToolResult
from ccrouter.model.json import as_str
from ccrouter.model.request import Message, Request, Tool
from ccrouter.router.classification import PLAN_ACTIVE, PLAN_EXITED, REMINDER, current_turn, has_image, is_plan_mode
from ccrouter.router.facts import Facts
from ccrouter.router.subagent import find_tag
from ccrouter.tokens import ceiling
from ccrouter.tokens.counter import FEWEST_BYTES_PER_TOKEN

LONGEST_TEXT: Final = 8_192
"""Characters kept of one text: its beginning and its end in equal parts."""
MOST_TEXTS: Final = 16
"""Blocks kept of one message."""
SHARED: Final = 64
"""Texts and lists of tools that later sketches may share."""
SHARED_FROM: Final = 256

NOTHING_SAID: Final = Message("assistant", ())
CREDENTIALS: Final = frozenset({"authorization", "x-api-key", "cookie", "proxy-authorization"})
"""Headers that nobody keeps."""


@frozen
class Known:
    """A number of tokens that is known already, where one is asked for."""

    tokens: int

    def __call__(self) -> int:
        """It."""
        return self.tokens


@frozen
class Sketch:
    """One reduced request, and what was known of it; `facts.tokens` gives the number that was counted then."""

    request_id: str
    request: Request
    facts: Facts


class Sketcher:
    """Makes sketches; equal system blocks and tool lists of different requests become one object."""

    def __init__(self) -> None:
        self._texts: OrderedDict[tuple[int, str], str] = OrderedDict()
        self._tools: OrderedDict[tuple[tuple[str, str | None], ...], tuple[Tool, ...]] = OrderedDict()

    def sketch(
        self,
        request_id: str,
        request: Request,
        facts: Facts,
        tokens: int,
        tokens_at: Callable[[Target], int] | None = None,
    ) -> Sketch:
        """The sketch of a request that had `tokens` tokens, counted or estimated, and `tokens_at` by target.

        The counting functions in `facts` are left out: they know the whole request.
        """
        messages = _conversation(request.messages)
        # As new objects: what was worked out about a message may hold the whole conversation (`Part.keep`).
        own = tuple([Message(message.role, message.content, message.extras) for message in messages])
        reduced = replace(request, system=self._system(request.system), tools=self._named(request.tools), messages=own)
        media = 0
        if messages is not request.messages:
            reduced = _with_tag(reduced, request)
            # Images that are left out cost tokens in the bound that saves counting; they are made up for in bytes.
            media = ceiling(request, 0) - ceiling(Request("", messages), 0)
        headers = {name: value for name, value in facts.headers.items() if name not in CREDENTIALS}
        known = replace(
            facts,
            headers=headers,
            tokens=Known(tokens),
            tokens_at=tokens_at,
            body_bytes=facts.body_bytes + media * FEWEST_BYTES_PER_TOKEN,
        )
        return Sketch(request_id, reduced, known)

    def shared(self) -> Iterator[object]:
        """What later sketches may share."""
        yield from self._texts.values()
        yield from self._tools.values()

    def _system(self, system: str | tuple[Block, ...] | None) -> str | tuple[Block, ...] | None:
        if isinstance(system, str):
            return self._shared(system)
        if system is None:
            return None
        return tuple([Text(self._shared(block.text)) if isinstance(block, Text) else block for block in system])

    def _shared(self, text: str) -> str:
        """An equal text that is kept already, else `text`."""
        if len(text) < SHARED_FROM:
            return text
        key = (len(text), text[:32])
        known = self._texts.get(key)
        if known is not None and known == text:
            self._texts.move_to_end(key)
            return known
        self._texts[key] = text
        if len(self._texts) > SHARED:
            self._texts.popitem(last=False)
        return text

    def _named(self, tools: tuple[Tool, ...] | None) -> tuple[Tool, ...] | None:
        if not tools:
            return tools
        key = tuple([(tool.name, tool.type) for tool in tools])
        known = self._tools.get(key)
        if known is None:
            known = self._tools[key] = tuple([Tool(name, type=kind) for name, kind in key])
            if len(self._tools) > SHARED:
                self._tools.popitem(last=False)
        return known


def _conversation(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The messages before the model first spoke, and the current turn; the very same where nothing can be left out."""
    turn = current_turn(messages)
    start = len(messages) - len(turn)
    opening = _until_assistant(messages)
    kept = [*map(_reduced, messages[:opening]), NOTHING_SAID] if opening < start else []
    if opening >= start:
        turn = messages
    reduced = (*kept, *_turn(turn))
    if len(reduced) == len(messages) and all(map(operator.is_, reduced, messages)):
        return messages
    return _with_plan(reduced, turn)


def _turn(turn: Sequence[Message]) -> list[Message]:
    """The user's words at its beginning, and what came since the model last spoke; an image between them, if any."""
    opening = _until_assistant(turn)
    if opening == len(turn):
        return list(map(_reduced, turn))
    closing = len(turn)
    while turn[closing - 1].role != "assistant":
        closing -= 1
    between = [message for message in turn[opening:closing] if message.role != "assistant" and has_image((message,))]
    middle = [_reduced(between[0]), NOTHING_SAID] if between else []
    return [*map(_reduced, turn[:opening]), NOTHING_SAID, *middle, *map(_reduced, turn[closing:])]


def _until_assistant(messages: Sequence[Message]) -> int:
    return next((at for at, message in enumerate(messages) if message.role == "assistant"), len(messages))


def _reduced(message: Message) -> Message:
    if len(message.blocks) <= MOST_TEXTS and all(map(_stays, message.blocks)):
        return message
    if isinstance(message.content, str):
        return Message(message.role, _shortened(message.content))
    blocks = message.content
    if len(blocks) > MOST_TEXTS:
        # Many blocks are many tools' results; a picture among them counts, their number does not.
        middle = [block for block in blocks[MOST_TEXTS // 2 : -MOST_TEXTS // 2] if _shows(block)]
        blocks = (*blocks[: MOST_TEXTS // 2], *middle[:1], *blocks[-MOST_TEXTS // 2 :])
    return Message(message.role, tuple([_emptied(block) for block in blocks]))


def _stays(block: Block) -> bool:
    return isinstance(block, Text) and len(block.text) <= LONGEST_TEXT


def _emptied(block: Block) -> Block:
    match block:
        case Text(text=text):
            return Text(_shortened(text))
        case ToolResult(content=tuple() as content):
            return ToolResult(block.tool_use_id, tuple([_emptied(inner) for inner in content if _shows(inner)]))
        case ToolResult():
            return ToolResult(block.tool_use_id)
        case Image():
            return Image({"type": as_str(block.source.get("type")) or ""})
        case Document():
            return Document({"type": as_str(block.source.get("type")) or ""})
        case _:
            return Text("")


def _shows(block: Block) -> bool:
    return isinstance(block, Image) or (
        isinstance(block, ToolResult) and isinstance(block.content, tuple) and any(map(_shows, block.content))
    )


def _shortened(text: str) -> str:
    half = LONGEST_TEXT // 2
    # Full stops, for one wider character would double the bytes of the whole.
    return text if len(text) <= LONGEST_TEXT else f"{text[:half]}\n...\n{text[-half:]}"


def _with_plan(sketched: tuple[Message, ...], turn: Sequence[Message]) -> tuple[Message, ...]:
    """The sketch in plan mode where the turn is, though the words that said so are left out, and not where not."""
    active = is_plan_mode(turn)
    if active == is_plan_mode(current_turn(sketched)):
        return sketched
    mark = PLAN_ACTIVE[0] if active else PLAN_EXITED
    said = Text(f"{REMINDER}\n{mark}")
    at = max((at for at, message in enumerate(sketched) if message.role != "assistant"), default=None)
    if at is None:
        return (*sketched, Message("system", (said,)))
    told = replace(sketched[at], content=(*sketched[at].blocks, said))
    return (*sketched[:at], told, *sketched[at + 1 :])


def _with_tag(sketched: Request, request: Request) -> Request:
    """The sketch with the request's subagent tag, where that stood in the middle of a long text."""
    tag, kept = find_tag(request), find_tag(sketched)
    if tag is None or kept is not None:
        return sketched
    said = Text(f"<CCR-SUBAGENT-MODEL>{tag.route}</CCR-SUBAGENT-MODEL>")
    first = next(at for at, message in enumerate(sketched.messages) if message.role == "user")
    tagged = replace(sketched.messages[first], content=(said, *sketched.messages[first].blocks))
    messages = (*sketched.messages[:first], tagged, *sketched.messages[first + 1 :])
    return replace(sketched, messages=messages)
