"""Parts of requests that came before, recognised and given out again as the very same objects.

Claude Code sends the whole conversation with every request. A message that was decoded once is not decoded again, and
what was worked out about it (`Message.derive`) is still there: a request costs what is new in it. Parts are recognised
by a hash of their JSON and its length; equal parts are equal objects, so nobody can tell the difference.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final, TypeVar

import orjson

from ccrouter.model.json import Json

MOST_BYTES: Final = 4 * 1024 * 1024
"""Of JSON, of all conversations together: four or five of 200,000 tokens."""

LEAST_BYTES: Final = 1_024
"""A smaller part is decoded as quickly as it is recognised, and takes more memory than its JSON."""
MOST_PARTS: Final = 2_000

Part = TypeVar("Part")


class KnownParts:
    """Remembers messages, tools and system prompts. Belongs to one thread."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._parts: OrderedDict[tuple[str, int, int], Any] = OrderedDict()

    def part(self, kind: str, raw: Json, decode: Callable[[Json], Part]) -> Part:
        """What `decode` makes of `raw`, or made of its equal before. `kind` goes with `decode`.

        Raises whatever `decode` raises; that is not remembered.
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
        self._parts[key] = made
        self._bytes += len(data)
        while self._bytes > self._most_bytes or len(self._parts) > MOST_PARTS:
            self._bytes -= self._parts.popitem(last=False)[0][2]
        return made
