"""Many deltas at once: what a reply mostly consists of, without an object for each token."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ccrouter.model.events import BlockKey, Event, TextDelta, ThinkingDelta, ToolInputDelta

Delta: TypeAlias = TextDelta | ThinkingDelta | ToolInputDelta
"""More of a block."""


@dataclass(slots=True)
class DeltaRun:
    """Deltas of one kind for one block. Says the same as its `events()`.

    Never changed, but not frozen either: one is made for each read of every stream, and this is the quickest way.
    """

    kind: type[Delta]
    key: BlockKey
    texts: Sequence[str]
    """Of each delta. At least one, none of them empty."""

    def events(self) -> list[Event]:
        """One event for each text."""
        kind, key = self.kind, self.key
        return [kind(key, text) for text in self.texts]
