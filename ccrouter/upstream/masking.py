"""Keys in what people read: enough to tell one's own apart, nothing to use."""

from collections.abc import Iterable
from typing import Final

SHORTEST_SHOWN: Final = 16
"""Of a shorter key the seven characters that are shown of others would be too much."""
SHORTEST_SECRET: Final = 8
"""What is shorter is a local server's placeholder ("ollama", "none", "k"), and may be any word of a sentence."""


def masked(key: str) -> str:
    """A key as it may be shown: its first three and last four characters, of a short one nothing."""
    return "****" if len(key) < SHORTEST_SHOWN else f"{key[:3]}…{key[-4:]}"


def with_masked(text: str, keys: Iterable[str | None]) -> str:
    """`text` with each of `keys` masked: some providers repeat the key that they refuse."""
    for key in keys:
        if key is not None and len(key) >= SHORTEST_SECRET:
            text = text.replace(key, masked(key))
    return text
