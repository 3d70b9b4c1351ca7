"""Building, cutting and comparing replies in tests of transformers."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ccrouter.model.envelope import Envelope, seal
from ccrouter.model.events import (
    BlockStart,
    BlockStop,
    Event,
    Finish,
    Signature,
    Start,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolInputDelta,
    ToolUseBlock,
)
from ccrouter.model.grammar import violations
from ccrouter.transformers.base import Context, EventFilter, Transformer

PROVIDER = "provider"
SIGNATURE = seal(Envelope(PROVIDER, "text"))


def text(key: int, content: str) -> list[Event]:
    return [BlockStart(key, TextBlock()), TextDelta(key, content), BlockStop(key)]


def thinking(key: int, content: str, signature: str = SIGNATURE) -> list[Event]:
    return [
        BlockStart(key, ThinkingBlock()),
        ThinkingDelta(key, content),
        Signature(key, signature),
        BlockStop(key),
    ]


def call(key: int, name: str, json: str, id_: str = "") -> list[Event]:
    deltas: list[Event] = [ToolInputDelta(key, json)] if json else []
    return [BlockStart(key, ToolUseBlock(id_ or f"call_{key}", name)), *deltas, BlockStop(key)]


def reply(*blocks: Sequence[Event], stop: str = "end_turn", end: Event | None = None) -> list[Event]:
    return [Start("msg_1", "model"), *(event for block in blocks for event in block), end or Finish(stop)]


def cut(events: Iterable[Event], size: int) -> list[Event]:
    """The same reply with every delta in pieces of `size` characters."""
    out: list[Event] = []
    for event in events:
        if isinstance(event, TextDelta | ThinkingDelta):
            out += [replace(event, text=event.text[start : start + size]) for start in range(0, len(event.text), size)]
        elif isinstance(event, ToolInputDelta):
            out += [replace(event, json=event.json[start : start + size]) for start in range(0, len(event.json), size)]
        else:
            out.append(event)
    return out


def merged(events: Iterable[Event]) -> list[Event]:
    """The same reply with neighbouring deltas of a block joined."""
    out: list[Event] = []
    for event in events:
        last = out[-1] if out else None
        match last, event:
            case (TextDelta() | ThinkingDelta(), TextDelta() | ThinkingDelta()) if type(last) is type(event):
                out[-1] = replace(last, text=last.text + event.text)
            case (ToolInputDelta(), ToolInputDelta()) if last.key == event.key:
                out[-1] = replace(last, json=last.json + event.json)
            case _:
                out.append(event)
    return out


def filtered(event_filter: EventFilter, events: Sequence[Event], batch: int) -> list[Event]:
    out: list[Event] = []
    for start in range(0, len(events), batch):
        out += event_filter(list(events[start : start + batch]))
    return out


def every_way(transformer: Transformer, events: Sequence[Event], context: Context) -> list[Event]:
    """What the transformer makes of the reply, the same however it is cut and batched, and always a sentence."""
    results: list[list[Event]] = []
    for size in (1, 2, 3, 7, 1_000_000):
        pieces = cut(events, size)
        for batch in (1, 4, len(pieces)):
            event_filter = transformer.events(context)
            assert event_filter is not None
            out = filtered(event_filter, pieces, batch)
            assert violations(out) == [], (size, batch, out)
            results.append(merged(out))
            assert results[-1] == results[0], (size, batch)
    return results[0]
