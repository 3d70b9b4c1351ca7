"""Bodies that say again what an earlier one said: what they have in common is neither parsed nor decoded again.

A conversation of 200,000 tokens is 800 KB of JSON, and all but its last messages stood, byte for byte, in the body
before. So did all that stands behind the messages: the system prompt, the tools (70 KB) and the rest. Both are cut out
before parsing, each at a place where what is left is JSON of its own, and what was decoded of them is put in their
place. Where anything is not as Claude Code writes it, the whole body is parsed as ever.
"""

import secrets
from collections import deque
from typing import Final, NamedTuple

import orjson

from ccrouter.dialects.anthropic.body import parse_body
from ccrouter.dialects.anthropic.known import KnownParts
from ccrouter.dialects.anthropic.request import NOTHING_KNOWN, Ending, Known
from ccrouter.frozen import frozen
from ccrouter.model.json import JsonObject, as_list, as_object
from ccrouter.model.request import Message, Request

LEAST_BYTES: Final = 64 * 1024
"""A smaller body is parsed in no time."""
MOST_BYTES: Final = 4 * 1024 * 1024
"""Of all bodies that are remembered; the journal holds the same bytes anyway."""
MOST_BODIES: Final = 16
MESSAGES: Final = b',"messages":['
NEAR_THE_END: Final = 4
"""The last messages change from request to request (the client moves its cache marks); the others stay."""
CUT: Final = secrets.token_hex()
"""Stands for the messages that were cut out. Nobody else knows it: where it is the first message, the list is theirs,
and not a second one of the same name, which would have taken its place."""
CUT_BYTES: Final = orjson.dumps(CUT)


@frozen
class _Past:
    """A body that was read, as far as the places in it are known."""

    raw: bytes
    start: int
    """Where the first message begins, behind `"messages":[`."""
    messages: tuple[Message, ...]
    ends: tuple[int, ...]
    """Where each of them ends."""
    ending: Ending | None
    """What stands behind the last of them and its bracket; None where that is not known."""

    def common(self, raw: bytes) -> int:
        """How many messages `raw` begins with as this one does, to the byte."""
        view = memoryview(self.raw)
        if not raw.startswith(view[: self.ends[0]]):
            return 0
        count = len(self.ends)
        for number in range(count, max(1, count - NEAR_THE_END), -1):
            if raw.startswith(view[: self.ends[number - 1]]):
                return number
        low, high = 1, max(1, count - NEAR_THE_END)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if raw.startswith(view[: self.ends[middle - 1]]) else (low, middle - 1)
        return low

    @property
    def length_behind(self) -> int:
        """Bytes behind the messages' bracket, where what stands there is known."""
        return len(self.raw) - self.ends[-1] - 1

    def ends_as(self, raw: bytes) -> bool:
        """Whether `raw` ends as this one does behind its messages, to the byte."""
        return self.ending is not None and raw.endswith(memoryview(self.raw)[self.ends[-1] + 1 :])


class Read(NamedTuple):
    """A body as far as it had to be parsed, and what is known of the rest."""

    value: JsonObject
    mended: bool = False
    """It is no longer what the bytes said: they must not go out as they came."""
    known: Known = NOTHING_KNOWN
    past: _Past | None = None
    """Where the messages are from that are known."""
    end: int = 0
    """Where the fields begin that are known."""


class ContinuedBodies:
    """Remembers the last bodies. Belongs to one thread."""

    def __init__(self) -> None:
        self._pasts: deque[_Past] = deque()
        self._nothing = Known(KnownParts())

    def read(self, raw: bytes) -> Read:
        """The body in `raw`. Raises RequestError: see `parse_body`."""
        if len(raw) >= LEAST_BYTES and (read := self._cut(raw)) is not None:
            return read
        value, mended = parse_body(raw)
        return Read(value, mended, self._nothing)

    def _cut(self, raw: bytes) -> Read | None:
        """The body without what is known of it; None where nothing is, or where it must be parsed whole."""
        count, past = 0, None
        for other in self._pasts:
            if (common := other.common(raw)) > count:
                count, past = common, other
        ended = next((other for other in self._pasts if other.ends_as(raw)), None)
        if past is None and ended is None:
            return None
        end = len(raw) if ended is None else len(raw) - ended.length_behind
        rest = raw[:end] if past is None else raw[: past.start] + CUT_BYTES + raw[past.ends[count - 1] : end]
        try:
            value = as_object(orjson.loads(rest if ended is None else rest + b"}"))
        except ValueError:
            return None  # whole, it gives the error its true place
        if not value:
            return None
        begun, ending = (), None
        if past is not None:
            messages = as_list(value.get("messages"))
            if not messages or messages.pop(0) != CUT:
                return None
            begun = past.messages[:count]
        if ended is not None and (ending := ended.ending) is not None and not ending.names.isdisjoint(value):
            return None  # of two of the same name the last counts
        return Read(value, known=Known(self._nothing.parts, begun, ending), past=past, end=end)

    def remember(self, raw: bytes, read: Read, request: Request) -> None:
        """`raw` was read, and `request` is what it says."""
        # What was mended may not even be writable as JSON.
        if len(raw) < LEAST_BYTES or read.mended or (found := raw.find(MESSAGES)) == -1:
            return
        ends: list[int] = []
        start = at = found + len(MESSAGES)
        if read.past is not None:
            ends += read.past.ends[: len(read.known.begun)]
            at = ends[-1]
            if len(ends) + NEAR_THE_END >= len(read.past.ends):  # this one says what it said
                self._pasts = deque([past for past in self._pasts if past is not read.past])
        for item in as_list(read.value.get("messages")) or ():
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
        if read.known.ending is None:
            ending = _ending(raw, ends[-1], read.value, request)
        else:
            ending = read.known.ending if read.end == ends[-1] + 1 else None
        self._pasts.appendleft(_Past(raw, start, request.messages[: len(ends)], tuple(ends), ending))
        while len(self._pasts) > MOST_BODIES or sum([len(past.raw) for past in self._pasts]) > MOST_BYTES:
            self._pasts.pop()


def _ending(raw: bytes, end: int, value: JsonObject, request: Request) -> Ending | None:
    """What stands behind the messages, whose last ends at `end`; None where that is written in another way, for only
    what is written so is known to hold no name twice."""
    names = list(value)
    behind = names[names.index("messages") + 1 :]
    data = orjson.dumps({name: value[name] for name in behind})
    if not behind or len(raw) != end + 1 + len(data) or not raw.startswith(b"],", end) or not raw.endswith(data[1:]):
        return None
    extras = {name: request.extras[name] for name in behind if name in request.extras}
    return Ending({name: getattr(request, name) for name in behind if name not in extras}, extras)
