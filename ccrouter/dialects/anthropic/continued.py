"""Bodies that go on where an earlier one ended: the part they have in common is not parsed again.

A conversation of 200,000 tokens is 800 KB of JSON, and all but its last messages stood, byte for byte, in the body
before. What is the same up to the end of a message is cut out before parsing; the messages from then take its place.
Where anything is not as Claude Code writes it, the whole body is parsed as ever.
"""

from collections import deque
from typing import Final, NamedTuple

import orjson

from ccrouter.dialects.anthropic.body import Body, parse_body
from ccrouter.frozen import frozen
from ccrouter.model.json import as_list, as_object
from ccrouter.model.request import Message

LEAST_BYTES: Final = 64 * 1024
"""A smaller body is parsed in no time."""
MOST_BYTES: Final = 4 * 1024 * 1024
"""Of all bodies that are remembered; the journal holds the same bytes anyway."""
MOST_BODIES: Final = 8
MESSAGES: Final = b'"messages":'
NEAR_THE_END: Final = 4
"""The last messages change from request to request (the client moves its cache marks); the others stay."""


@frozen
class _Past:
    """A body that was read, as far as its messages' places in it are known."""

    raw: bytes
    start: int
    """Where the first message begins, behind `"messages":[`."""
    messages: tuple[Message, ...]
    ends: tuple[int, ...]
    """Where each of them ends."""

    def common(self, raw: bytes) -> int:
        """How many messages `raw` begins with as this one does, to the byte."""
        view = memoryview(self.raw)
        if not raw.startswith(view[: self.start]):
            return 0
        count = len(self.ends)
        for number in range(count, max(0, count - NEAR_THE_END), -1):
            if raw.startswith(view[: self.ends[number - 1]]):
                return number
        low, high = 0, max(0, count - NEAR_THE_END)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if raw.startswith(view[: self.ends[middle - 1]]) else (low, middle - 1)
        return low


class Read(NamedTuple):
    """A body, and the messages in front of those that its `messages` still hold."""

    body: Body
    begun: tuple[Message, ...] = ()
    past: _Past | None = None
    """Where they are from."""


class ContinuedBodies:
    """Remembers the last bodies. Belongs to one thread."""

    def __init__(self) -> None:
        self._pasts: deque[_Past] = deque()

    def read(self, raw: bytes) -> Read:
        """The body in `raw`. Raises RequestError: see `parse_body`."""
        if len(raw) >= LEAST_BYTES:
            for past in self._pasts:
                count = past.common(raw)
                if count and (body := _continued(raw, past, count)) is not None:
                    return Read(body, past.messages[:count], past)
        return Read(parse_body(raw))

    def remember(self, raw: bytes, read: Read, messages: tuple[Message, ...]) -> None:
        """`raw` was read and its messages decoded."""
        if len(raw) < LEAST_BYTES or read.body.mended:  # what was mended may not even be writable as JSON
            return
        ends: list[int] = []
        start = at = raw.find(MESSAGES) + len(MESSAGES) + 1
        if read.past is not None:
            ends += read.past.ends[: len(read.begun)]
            at = ends[-1]
            self._pasts = deque([past for past in self._pasts if past is not read.past])  # this one says what it said
        elif not _opens(raw[:start]):
            return
        for item in as_list(read.body.value.get("messages")) or ():
            if ends:
                at += 1
            data = orjson.dumps(item)
            if not raw.startswith(data, at):
                break  # written in another way: from here on nobody knows the places
            at += len(data)
            if raw[at : at + 1] not in b",]":
                break
            ends.append(at)
        if not ends:
            return
        self._pasts.appendleft(_Past(raw, start, messages[: len(ends)], tuple(ends)))
        while len(self._pasts) > MOST_BODIES or sum([len(past.raw) for past in self._pasts]) > MOST_BYTES:
            self._pasts.pop()


def _opens(head: bytes) -> bool:
    """Whether a body that begins with `head` has its messages next."""
    try:
        opened = as_object(orjson.loads(head + b"]}"))
    except ValueError:
        return False
    return opened is not None and opened.get("messages") == []


def _continued(raw: bytes, past: _Past, count: int) -> Body | None:
    """The body without its first `count` messages; None where it must be parsed whole."""
    end = past.ends[count - 1]
    if raw.find(MESSAGES, end) != -1:
        return None  # a second list would take the first one's place
    rest = end + 1 if raw[end : end + 1] == b"," else end
    try:
        value = as_object(orjson.loads(raw[: past.start] + raw[rest:]))
    except ValueError:
        return None  # whole, it gives the error its true place
    return None if value is None else Body(value, mended=False)
