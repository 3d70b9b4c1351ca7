"""Replies that are torn and continued, for the tests of the joiner, and what the client gets of them."""

from collections.abc import Sequence

from ccrouter.errors import UpstreamError, upstream_failure
from ccrouter.model.events import (
    BlockHead,
    BlockStart,
    BlockStop,
    Event,
    Failed,
    Finish,
    Signature,
    Start,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolInputDelta,
    Usage,
    UsageUpdate,
)
from ccrouter.model.grammar import violations
from ccrouter.model.notes import Notes
from ccrouter.pipeline.joining import Joiner
from ccrouter.pipeline.seam import Seam

TORN = Failed(upstream_failure("cut"))
CUTS = (None, 7, 1)
"""Sizes of the pieces that a text comes in; None: in one."""


def in_pieces(said: str, size: int | None) -> list[str]:
    return [said[at : at + (size or len(said))] for at in range(0, len(said), size or len(said) or 1)]


def block(key: int, head: BlockHead, *parts: str, signature: str | None = None) -> list[Event]:
    events: list[Event] = [BlockStart(key, head)]
    for part in parts:
        match head:
            case TextBlock():
                events.append(TextDelta(key, part))
            case ThinkingBlock():
                events.append(ThinkingDelta(key, part))
            case _:
                events.append(ToolInputDelta(key, part))
    return [*events, *([Signature(key, signature)] if signature else []), BlockStop(key)]


def text(key: int, said: str, size: int | None = None) -> list[Event]:
    return block(key, TextBlock(), *in_pieces(said, size)) if said else []


def torn(said: str, size: int | None = None) -> list[Event]:
    return [Start("a", "m"), *text(0, said, size)[:-1], TORN]


def whole(*blocks: Sequence[Event], stop: str = "end_turn", usage: Usage | None = None) -> list[Event]:
    told: list[Event] = [UsageUpdate(usage)] if usage is not None else []
    return [Start("b", "n"), *[event for part in blocks for event in part], *told, Finish(stop)]


def one_by_one(joiner: Joiner, events: Sequence[Event]) -> list[Event]:
    return [given for event in events for given in joiner.take([event])]


def joined(first: Sequence[Event], seam: Seam, second: Sequence[Event]) -> tuple[list[Event], Joiner]:
    """All that the client gets: a sentence, unless the second reply failed too and nobody has given up yet."""
    joiner = Joiner(Notes())
    out = one_by_one(joiner, first)
    assert joiner.failure is not None
    assert joiner.can_go_on
    joiner.go_on(seam)
    out += one_by_one(joiner, second)
    failure: UpstreamError | None = joiner.failure
    if failure:
        out += joiner.give_up(failure)
    assert violations(out) == [], out
    return out, joiner


def said(events: Sequence[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))
