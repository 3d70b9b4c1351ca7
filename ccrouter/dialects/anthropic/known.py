"""Parts of requests that came before, recognised and given out again as the very same objects.

Claude Code sends the same tools and system prompt with every request, if not always the same bytes behind its messages
(`continued.py`). What was decoded once is not decoded again, and what was worked out about it (`Part.derive`) is still
there. Parts are recognised by a hash of their JSON and its length; equal parts are equal objects, so nobody can tell
the difference.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final, TypeVar

import orjson

from ccrouter.model.json import Json

MOST_BYTES: Final = 2 * 1024 * 1024
"""Of JSON: the tools and system prompts of some twenty sessions."""

LEAST_BYTES: Final = 1_024
"""A smaller part is decoded as quickly as it is recognised, and takes more memory than its JSON."""

Part = TypeVar("Part")


class KnownParts:
    """Remembers tools and system prompts. Belongs to one thread."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._parts: OrderedDict[tuple[str, int, int], Any] = OrderedDict()

    def part(self, kind: str, raw: Json, decode: Callable[[Json], Part]) -> Part:
        """What `decode` makes of `raw`, or made of its equal before. `kind` goes with `decode`.

        Raises whatever `decode` raises; that is not remembered, nor is None.
        """
        try:
            data = orjson.dumps(raw)
        except TypeError:  # an integer of any size, out of a body that had to be mended (`parse_body`)
            return decode(raw)
        if len(data) < LEAST_BYTES:
            return decode(raw)
        key = (kind, hash(data), len(data))
        known: Part | None = self._parts.get(key)
        if known is not None:
            self._parts.move_to_end(key)
            return known
        made = decode(raw)
        if made is None:
            return made
        self._parts[key] = made
        self._bytes += len(data)
        while self._bytes > self._most_bytes:
            self._bytes -= self._parts.popitem(last=False)[0][2]
        return made
