"""Memory that was freed goes back to the system.

glibc keeps what it once got, in pieces between what is still in use, and gives every thread a heap of its own to do so.
Measured in `make chaos`, whose connections break at random, with the same objects alive all the time: with a heap for
each of eight threads and freed memory given back each 15 seconds the daemon grows from 95 to 110 MB in 20,000 requests,
with one heap for all it stays between 93 and 103. Giving back takes 2 to 10 ms, in a thread, and is done only where
requests have come meanwhile.

When nobody asks for anything, what is only kept to be quick goes too: the tokenizer (15 MB) and the last conversations
(10 MB at most), where they have not been used for a minute, most of the idle connections, whole requests whose sketches
are enough, Python's lists of free objects, and names that its cache of attributes holds on to (3.11 makes a new one for
each `case Class(part)`). Of the small ones each may keep a whole page from being given back. That takes 5 to 10 ms, 20
with the tokenizer, once in a lull.
"""

import asyncio
import ctypes
import gc
import sys
from collections.abc import Callable
from enum import Enum
from typing import Final

LOOK_SECONDS: Final = 5.0
LOOKS_A_TRIM: Final = 3
"""While requests come, memory is given back at each third look."""
ARENA_MAX: Final = -8
"""`M_ARENA_MAX` of glibc's malloc.h."""

CLOSING_SECONDS: Final = 0.1
"""Connections that are let go are closed by then."""


def one_heap() -> bool:
    """Have all threads share one heap; call it before there are any. False where the C library knows no such thing.

    They would wait for each other there, but Python's threads do so anyway.
    """
    mallopt = getattr(c_library(), "mallopt", None)
    return mallopt is not None and mallopt(ARENA_MAX, 1) == 1


class Due(Enum):
    """What a look finds to do."""

    NOTHING = 0
    TRIM = 1
    """Give back what is free."""
    SWEEP = 2
    """First free what is only kept to be quick."""


class Looks:
    """What is due, look by look."""

    def __init__(self) -> None:
        self._seen = 0
        self._trimmed = 0
        self._swept = 0
        self._untrimmed = 0

    def due(self, requests: int, under_way: int, let_go: Callable[[], bool]) -> Due:
        """`requests`: how many have come so far, of which so many are `under_way`. `let_go` frees what is not used any
        more, where nothing is under way; whether there was something.
        """
        quiet = requests == self._seen and not under_way
        self._seen = requests
        if quiet:
            freed = let_go()
            if requests == self._swept and not freed:
                return Due.NOTHING
            self._swept = requests
        else:
            self._untrimmed += 1
            if self._untrimmed < LOOKS_A_TRIM or requests == self._trimmed:
                return Due.NOTHING
        self._trimmed = requests
        self._untrimmed = 0
        return Due.SWEEP if quiet else Due.TRIM


async def give_back(
    requests: Callable[[], int],
    under_way: Callable[[], int],
    hear: Callable[[int], None],
    let_go: Callable[[], bool],
    tidy: Callable[[], None],
    *,
    seconds: float = LOOK_SECONDS,
) -> None:
    """Until cancelled. `requests` tells how many have come so far, `under_way` how many of them are not over; `hear` is
    told of those now and then. In a lull `let_go` frees what nobody has used for a while (True: there was
    something), and `tidy` what is not needed then.
    """
    trim = trimmer()
    looks = Looks()
    while True:
        await asyncio.sleep(seconds)
        hear(under_way())
        due = looks.due(requests(), under_way(), let_go)
        if due is Due.SWEEP:
            tidy()
            await asyncio.sleep(CLOSING_SECONDS)
            sweep()
        if due is not Due.NOTHING and trim is not None:
            await asyncio.to_thread(trim)


def sweep() -> None:
    """Free what Python itself keeps for later."""
    clear: Callable[[], object] | None = getattr(sys, "_clear_type_cache", None)
    if clear is not None and sys.version_info < (3, 13):  # deprecated, and from 3.12 on with hardly anything in it
        clear()
    gc.collect()


def trimmer() -> Callable[[], object] | None:
    """The C library's function that gives freed memory back; None where it has none (musl, macOS, Windows)."""
    trim = getattr(c_library(), "malloc_trim", None)
    return None if trim is None else lambda: trim(0)


def c_library() -> ctypes.CDLL | None:
    """This process' C library, where it may be glibc."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        return ctypes.CDLL(None)
    except OSError:
        return None
