"""Named values in memory that several processes share. Each process sees every other's changes the next time it looks.

The memory holds the last value of each key, and a ring of which places changed in what order. To look means to compare
one number; only where it has moved on are the changed places read. Beside it every worker has a pulse, a number that it
counts up as long as it works. One lock guards all of it; the kernel gives it back
when its holder dies, and a value that was being written then counts as absent. docs/decisions/0020-workers.md says why
this and not SQLite.

Linux and macOS only. One thread of each process.
"""

import fcntl
import mmap
import os
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeAlias

import orjson

from ccrouter.model.json import Json
from ccrouter.sharing.room import Key, Lock, Told

Topic: TypeAlias = tuple[str, str]
"""The part of the program it belongs to (the main configuration, a preset), and the kind of value."""

PLACES: Final = 8192
PLACE_BYTES: Final = 1024
RING: Final = 16384
"""Who has missed more changes than this looks at every place."""

PULSES: Final = 500
"""More than there are ever workers."""

_PAGE: Final = 4096
_PULSES: Final = 64
_VERSIONS: Final = _PAGE
_OWNERS: Final = _VERSIONS + 8 * PLACES
_LENGTHS: Final = _OWNERS + 4 * PLACES
_RING: Final = _LENGTHS + 4 * PLACES
_DATA: Final = _RING + 4 * RING
SIZE: Final = _DATA + PLACES * PLACE_BYTES
"""Bytes of address space; only what is used is memory."""


def new_board_file() -> int:
    """A descriptor of fresh memory for a board. It has no name: when the last process has gone, so has it."""
    if sys.platform == "linux":
        descriptor = os.memfd_create("ccrouter-workers")
    else:
        with tempfile.TemporaryFile(buffering=0) as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, SIZE)
    return descriptor


def topic_of(name: bytes) -> Topic:
    """The topic of a key as it is stored."""
    part, kind, *_ = orjson.loads(name)
    return part, kind


class Board:
    """This process' view of the memory behind `descriptor`. `folder`, which all share, is for `locked`."""

    def __init__(self, descriptor: int, folder: Path | None = None) -> None:
        self._descriptor = descriptor
        self._folder = folder
        self._memory = mmap.mmap(descriptor, SIZE)
        view = memoryview(self._memory)
        self._sequence = view[:8].cast("Q")
        self._pulses = view[_PULSES : _PULSES + 8 * PULSES].cast("Q")
        self._versions = view[_VERSIONS:_OWNERS].cast("Q")
        self._owners = view[_OWNERS:_LENGTHS].cast("I")
        self._lengths = view[_LENGTHS:_RING].cast("I")
        self._ring = view[_RING:_DATA].cast("I")
        self._seen = 0
        self._depth = 0
        self._places: dict[bytes, int] = {}
        self._keys: dict[int, bytes] = {}
        self._followers: dict[Topic, Told] = {}

    def follow(self, topic: Topic, follower: Told) -> None:
        """Have `follower` told of every value of the topic that there is, and from now on of others' changes.

        It is given the key, without its topic, and the new value; None: it is gone.
        """
        with self.exclusive():
            self._followers[topic] = follower  # now: what has just been taken in would be told twice
            for name, place in self._places.items():
                if topic_of(name) == topic:
                    self._tell(name, self._value(place))

    def unfollow_part(self, part: str) -> None:
        """Tell nobody of this part any more."""
        self._followers = {topic: follower for topic, follower in self._followers.items() if topic[0] != part}

    def look(self) -> None:
        """Take in what others have changed. Costs next to nothing where nothing has."""
        if self._sequence[0] != self._seen and not self._depth:
            with self.exclusive():
                pass

    @contextmanager
    def exclusive(self) -> Generator[None]:
        """Everything is taken in, and nobody else changes anything until the block ends. Short, without `await`."""
        if self._depth:
            yield
            return
        fcntl.lockf(self._descriptor, fcntl.LOCK_EX, 1)
        self._depth = 1
        try:
            self._take_in()
            yield
        finally:
            self._depth = 0
            fcntl.lockf(self._descriptor, fcntl.LOCK_UN, 1)

    @contextmanager
    def locked(self, lock: Lock) -> Generator[None]:
        """Nobody else does this just now, in any process or thread: for files that all processes write.

        Not a record lock as the board's own: the kernel takes two of those, held by two threads of one process each,
        for a deadlock of the processes where there is none. Where the lock cannot be had (the folder is gone) the block
        goes on without.
        """
        descriptor = self._lock_file(lock)
        try:
            if descriptor is not None:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            if descriptor is not None:
                os.close(descriptor)

    def _lock_file(self, lock: Lock) -> int | None:
        if self._folder is None:
            return None
        try:
            return os.open(self._folder / f"{lock}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return None

    def put(self, topic: Topic, key: Key, value: Json, *, owner: int = 0) -> bool:
        """Set the value; None takes the key away. It goes with its `owner`, a process id: see `forget`.

        False where there is no room for it: it is too large, or the board is full, or part of the key is no text that
        can be written (a header's bytes that are not UTF-8). The key is then absent.
        """
        try:
            name = orjson.dumps((*topic, *key))
        except TypeError:
            return False
        with self.exclusive():
            place = self._places.get(name)
            if value is None:
                if place is not None:
                    self._write(place, b"", b"", 0)
                return True
            content = orjson.dumps(value)
            if len(name) + len(content) > PLACE_BYTES:
                if place is not None:
                    self._write(place, b"", b"", 0)
                return False
            if place is None:
                place = self._free_place()
            if place is None:
                return False
            self._write(place, name, content, owner)
            return True

    def beat(self, place: int) -> None:
        """Count the pulse at this place up; it is this process' own, so nothing is locked."""
        self._pulses[place] += 1

    def pulse(self, place: int) -> int:
        """How often whoever has this place has beaten, and all that had it before."""
        return self._pulses[place]

    def forget(self, owner: int) -> None:
        """Take away every value of a process that has gone."""
        with self.exclusive():
            for place, name in list(self._keys.items()):
                if self._owners[place] == owner:
                    self._write(place, b"", b"", 0)
                    self._tell(name, None)

    def _free_place(self) -> int | None:
        if len(self._keys) >= PLACES:
            return None
        # The places before the count of used ones are mostly used: what was freed among them is found soon enough.
        start = len(self._keys)
        for step in range(PLACES):
            place = (start + step) % PLACES
            if place not in self._keys:
                return place
        return None

    def _write(self, place: int, name: bytes, content: bytes, owner: int) -> None:
        """While exclusive. The number of the version comes last: who dies before it leaves an empty place."""
        self._versions[place] = 0
        start = _DATA + place * PLACE_BYTES
        self._memory[start : start + len(name) + len(content)] = name + content
        self._owners[place] = owner
        self._lengths[place] = len(name) << 16 | len(content)
        self._seen += 1
        self._versions[place] = self._seen
        self._ring[self._seen % RING] = place
        self._sequence[0] = self._seen
        self._remember(place, name)

    def _remember(self, place: int, name: bytes) -> bytes | None:
        """Note what is in the place now; what was there, where that is another key."""
        before = self._keys.get(place)
        if before == name:
            return None
        if before is not None and self._places.get(before) == place:
            del self._places[before]
        if name:
            self._keys[place], self._places[name] = name, place
        else:
            self._keys.pop(place, None)
        return before

    def _take_in(self) -> None:
        """While exclusive: read what has changed."""
        now = self._sequence[0]
        if now == self._seen:
            return
        if now - self._seen > RING:
            changed = [place for place in range(PLACES) if self._versions[place] > self._seen]
        else:
            changed = list(dict.fromkeys(self._ring[at % RING] for at in range(self._seen + 1, now + 1)))
        self._seen = now
        for place in changed:
            start, lengths = _DATA + place * PLACE_BYTES, self._lengths[place]
            name = self._memory[start : start + (lengths >> 16)] if self._versions[place] else b""
            gone = self._remember(place, name)
            if gone is not None and gone not in self._places:
                self._tell(gone, None)
            if name:
                self._tell(name, self._value(place))

    def _value(self, place: int) -> Json:
        lengths = self._lengths[place]
        start = _DATA + place * PLACE_BYTES + (lengths >> 16)
        return orjson.loads(self._memory[start : start + (lengths & 0xFFFF)])

    def _tell(self, name: bytes, value: Json) -> None:
        part, kind, *key = orjson.loads(name)
        follower = self._followers.get((part, kind))
        if follower is not None:
            follower(tuple(key), value)
