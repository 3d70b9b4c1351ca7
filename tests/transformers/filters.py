"""Trying event filters on a reply cut and batched in every way."""

from collections.abc import Callable, Sequence

from ccrouter.model.events import Event
from ccrouter.model.grammar import violations
from ccrouter.transformers.base import EventFilter
from tests.transformers.replies import cut, filtered, merged


def every_cut(make: Callable[[], EventFilter], events: Sequence[Event]) -> list[Event]:
    """What a fresh filter makes of the reply, the same however it is cut and batched, and always a sentence."""
    results: list[list[Event]] = []
    for size in (1, 2, 3, 7, 1_000_000):
        pieces = cut(events, size)
        for batch in (1, 4, len(pieces)):
            out = filtered(make(), pieces, batch)
            assert violations(out) == [], (size, batch, out)
            results.append(merged(out))
            assert results[-1] == results[0], (size, batch)
    return results[0]
