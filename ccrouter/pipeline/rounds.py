"""One message for the client out of several answers of the model, where the router runs a tool of its own in between.

This is what all such tools have in common: one `Start` and one end, keys given out in the order of the blocks, tokens
of all rounds, and the blocks as the model made them for the next round's history. No I/O: events of each round in,
events of the one message out. `search_rounds.py` runs web searches so, `look_rounds.py` looks at images.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import orjson

from ccrouter.model.blocks import Block, Opaque, Text, Thinking, ToolUse
from ccrouter.model.events import (
    BlockKey,
    BlockStart,
    BlockStop,
    Event,
    Failed,
    Finish,
    OpaqueBlock,
    OpaqueDelta,
    Signature,
    Start,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolInputDelta,
    ToolUseBlock,
    Usage,
    UsageUpdate,
    merge_usage,
)
from ccrouter.model.json import Json, as_object
from ccrouter.model.request import Request, ToolChoice

GOES_ON: Final = frozenset({"tool_use", "end_turn", "pause_turn"})
"""Stop reasons after which the model may be asked for more: not those of an answer that was cut or refused."""


class Blocks:
    """The blocks of one round as the model made them, for the history of the next."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._parts: list[str] = []
        self._signature: str | None = None

    def see(self, event: Event, head: BlockStart | None) -> None:
        """Take the next event; `head` is the open block's start."""
        match event:
            case BlockStart():
                self._parts, self._signature = [], None
            case TextDelta(_, text) | ThinkingDelta(_, text) | ToolInputDelta(_, text):
                self._parts.append(text)
            case Signature(_, signature):
                self._signature = signature
            case BlockStop() if head is not None:
                self._close(head)
            case _:
                pass

    def _close(self, head: BlockStart) -> None:
        text = "".join(self._parts)
        match head.block:
            case TextBlock():
                if text:
                    self.blocks.append(Text(text))
            case ThinkingBlock(extras):
                self.blocks.append(Thinking(text, self._signature, extras))
            case ToolUseBlock(identity, name, extras):
                self.blocks.append(ToolUse(identity, name, parsed(text), extras))
            case OpaqueBlock(raw):
                self.blocks.append(Opaque(raw))


def parsed(text: str) -> Json:
    """A call's input from its JSON text; `{}` for what is none, since upstreams insist on an object in the history."""
    try:
        found = as_object(orjson.loads(text)) if text else {}
    except orjson.JSONDecodeError:
        found = None
    return {} if found is None else found


class Rounds(ABC):
    """Feed `take` the events of a round. Once it ended, either the message is `over`, or calls of the router's own tool
    wait for their answers; with those, `request` is what to send for the next round.
    """

    def __init__(self, request: Request) -> None:
        self.request = request
        self.over = False
        self._next_key: BlockKey = 0
        self._key: BlockKey = 0
        self._started = False
        self._earlier = Usage()
        self._usage = Usage()

    def take(self, events: Sequence[Event]) -> list[Event]:
        """What the client gets for these events of the current round."""
        out: list[Event] = []
        for event in events:
            self._one(event, out)
        return out

    def _one(self, event: Event, out: list[Event]) -> None:
        match event:
            case Start():
                self._start(event, out)
            case UsageUpdate(usage):
                self._usage = merge_usage(self._usage, usage)
                out.append(UsageUpdate(self._total()))
            case Finish():
                self._end(event, out)
            case Failed():
                self.over = True
                out.append(event)
            case _:
                self._content(event, out)

    def _start(self, event: Start, out: list[Event]) -> None:
        self._usage = merge_usage(self._usage, event.usage)
        if not self._started:
            self._started = True
            out.append(event)
        elif event.usage != Usage():
            out.append(UsageUpdate(self._total()))

    @abstractmethod
    def _content(self, event: Event, out: list[Event]) -> None:
        """An event of a block."""

    @abstractmethod
    def _end(self, finish: Finish, out: list[Event]) -> None:
        """The round ended well."""

    def _total(self) -> Usage:
        """What the client is told of the tokens so far: the prompt of the last round, for it takes that for the size of
        its conversation and compacts by it; the answers of all."""
        return replace(merge_usage(self._earlier, self._usage), output=added(self._earlier, self._usage).output)

    def _next_usage(self) -> None:
        """The round's tokens are known; those of another are to come."""
        self._earlier = self._total()
        self._usage = Usage()

    def _with_own_key(self, event: Event) -> Event:
        """`event` under the key that its block has in the message: keys are given out in the order of the blocks."""
        match event:
            case BlockStart(_, block):
                self._key = self._take_key()
                return BlockStart(self._key, block)
            case TextDelta() | ThinkingDelta() | Signature() | ToolInputDelta() | OpaqueDelta() | BlockStop():
                return replace(event, key=self._key)
            case _:
                return event

    def _take_key(self) -> BlockKey:
        self._next_key += 1
        return self._next_key - 1


def later_choice(choice: ToolChoice | None, *, enough: bool) -> ToolChoice | None:
    """`tool_choice` of the next round. A choice that made the model call a tool must not make it do so for ever.

    `enough`: it may have no more of the router's tool.
    """
    if enough:
        return ToolChoice("none")
    return None if choice is None else ToolChoice("none" if choice.type == "none" else "auto", extras=choice.extras)


def added(one: Usage, other: Usage) -> Usage:
    """The tokens of two rounds together; what neither told stays unknown. Costs are summed up by `usage/costs.py`."""
    return Usage(
        input=_sum(one.input, other.input),
        output=_sum(one.output, other.output),
        cache_read=_sum(one.cache_read, other.cache_read),
        cache_write=_sum(one.cache_write, other.cache_write),
        extras={**one.extras, **other.extras},
    )


def _sum(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else one + other
