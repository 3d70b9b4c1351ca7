"""Bodies that say again what an earlier one said: what they have in common is neither parsed nor decoded again.

A conversation of 200,000 tokens is 800 KB of JSON, and all but its last messages stood, byte for byte, in the body
before. So did what stands behind the messages, the system prompt and the tools (70 KB), which new sessions often share
with old ones. Both are cut out before parsing, each at a place where what is left is JSON of its own, and what was
decoded of them is put in their place. Where anything is not as Claude Code writes it, the whole body is parsed as ever.
"""

import secrets
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import orjson

from ccrouter.dialects.anthropic.body import parse_body
from ccrouter.dialects.anthropic.known import KnownParts
from ccrouter.dialects.anthropic.request import NOTHING_KNOWN, READERS, RECOGNISED, Known
from ccrouter.frozen import frozen
from ccrouter.model.json import JsonObject, as_list, as_object
from ccrouter.model.request import Message, Request

LEAST_BYTES: Final = 64 * 1024
"""A smaller body is parsed in no time."""
MOST_BYTES: Final = 4 * 1024 * 1024
"""Of all bodies that are remembered; the journal holds the same bytes anyway."""
MOST_BODIES: Final = 16
UNUSED_SECONDS: Final = 60.0
"""Who has paused for so long does not notice that a long conversation is decoded anew (15 ms for 800 KB)."""
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
    steady: int
    """Where the large fields end that stand behind the last message and its bracket; there, where none is known."""
    fields: Mapping[str, Any]
    """What they say: attributes of `Request`."""

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
    def behind(self) -> int:
        """Where the messages' bracket ends."""
        return self.ends[-1] + 1

    def same_fields(self, raw: bytes) -> int:
        """Where in `raw` the large fields stand, to the byte, if as far from its end as here; -1: they do not."""
        at = len(raw) - len(self.raw) + self.behind
        found = self.fields and at > 0 and raw.startswith(memoryview(self.raw)[self.behind : self.steady], at)
        return at if found else -1


class Read(NamedTuple):
    """A body as far as it had to be parsed, and what is known of the rest."""

    value: JsonObject
    mended: bool = False
    """It is no longer what the bytes said: they must not go out as they came."""
    known: Known = NOTHING_KNOWN
    past: _Past | None = None
    """Where the messages are from that are known."""
    at: int = 0
    """Where the fields begin that are known."""
    steady: int = 0
    """Where they end."""


class ContinuedBodies:
    """Remembers the last bodies. Belongs to one thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pasts: deque[_Past] = deque()
        self._nothing = Known(KnownParts())
        self._used = 0.0

    def let_go(self) -> bool:
        """Forget all of it where none has come for UNUSED_SECONDS. True: there was something."""
        if not self._pasts or self._clock() - self._used < UNUSED_SECONDS:
            return False
        self._pasts = deque()
        self._nothing = Known(KnownParts())
        return True

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
        at, ended = -1, None
        for other in self._pasts:
            if (at := other.same_fields(raw)) >= 0:
                ended = other
                break
        if past is None and ended is None:
            return None
        end = len(raw) if ended is None else at
        steady = end if ended is None else at + ended.steady - ended.behind
        front = raw[:end] if past is None else raw[: past.start] + CUT_BYTES + raw[past.ends[count - 1] : end]
        value = parsed(front if ended is None else front + b"}")
        rest = {} if ended is None or raw[steady:] == b"}" else parsed(_opened(raw[steady:]))
        if not value or rest is None:
            return None
        begun, fields = (), NOTHING_KNOWN.fields
        if past is not None:
            messages = as_list(value.get("messages"))
            if not messages or messages.pop(0) != CUT:
                return None
            begun = past.messages[:count]
        if ended is not None:
            fields = ended.fields
            if not (
                fields.keys().isdisjoint(value) and fields.keys().isdisjoint(rest) and rest.keys().isdisjoint(value)
            ):
                return None  # of two of the same name the last counts
            value.update(rest)
        return Read(value, known=Known(self._nothing.parts, begun, fields), past=past, at=end, steady=steady)

    def remember(self, raw: bytes, read: Read, request: Request) -> None:
        """`raw` was read, and `request` is what it says."""
        # What was mended may not even be writable as JSON.
        if len(raw) < LEAST_BYTES or read.mended or (found := raw.find(MESSAGES)) == -1:
            return
        self._used = self._clock()
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
        behind = ends[-1] + 1
        steady, fields = behind, NOTHING_KNOWN.fields
        if not read.known.fields:
            steady, fields = _large_fields(raw, behind, read.value, request)
        elif read.at == behind:
            steady, fields = read.steady, read.known.fields
        self._pasts.appendleft(_Past(raw, start, request.messages[: len(ends)], tuple(ends), steady, fields))
        while len(self._pasts) > MOST_BODIES or sum([len(past.raw) for past in self._pasts]) > MOST_BYTES:
            self._pasts.pop()


def parsed(raw: bytes) -> JsonObject | None:
    """The members of the JSON object in `raw`; None where it is none, or has none: then the whole body is parsed, which
    gives an error its true place.
    """
    try:
        return as_object(orjson.loads(raw)) or None
    except ValueError:
        return None


def _opened(members: bytes) -> bytes:
    """The end of an object, `,"name":…}`, as an object of its own."""
    return b"{" + members[1:] if members.startswith(b",") else b""


def _large_fields(raw: bytes, behind: int, value: JsonObject, request: Request) -> tuple[int, Mapping[str, Any]]:
    """Where the fields from `behind` to the last large one end, and what they say.

    None of them where one is not an attribute of `Request`, or they are written in another way: only of what is written
    so is known that it holds no name twice.
    """
    names = list(value)
    names = names[names.index("messages") + 1 :]
    while names and names[-1] not in RECOGNISED:
        names.pop()
    data = orjson.dumps({name: value[name] for name in names})[1:-1]
    steady = behind + 1 + len(data)
    if (
        not names
        or not all(name in READERS and value[name] is not None for name in names)
        or not raw.startswith(b",", behind)
        or not raw.startswith(data, behind + 1)
    ):
        return behind, NOTHING_KNOWN.fields
    return steady, {name: getattr(request, name) for name in names}
