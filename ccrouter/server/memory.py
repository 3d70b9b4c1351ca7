"""Memory that was freed goes back to the system.

`c_heap.py` tells how. Giving back takes 2 to 10 ms, in a thread, and is done only where requests have come meanwhile.

When nobody asks for anything, what is only kept to be quick goes too: the tokenizer (15 MB) and the last conversations
(10 MB at most), where they have not been used for a minute, most of the idle connections, whole requests whose sketches
are enough, idle threads, what Python, its libraries (`free_lists.py`) and `malloc` itself keep of freed things, and
names that Python's cache of attributes holds (3.11 makes a new one for each `case Class(part)`). Of the small ones each
may keep a whole page from being given back. That takes 10 to 15 ms, 25 with the tokenizer, once in a lull.
"""

import asyncio
import gc
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from typing import Final

from ccrouter.server.c_heap import free_cached, trimmer
from ccrouter.server.free_lists import renew

LOOK_SECONDS: Final = 5.0
LOOKS_A_TRIM: Final = 3
"""While requests come, memory is given back at each third look."""
CLOSING_SECONDS: Final = 0.1
"""Connections that are let go are closed by then."""


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
            await sweep()
        if due is not Due.NOTHING and trim is not None:
            await apart(trim)


async def sweep() -> None:
    """Free what Python, its libraries and `malloc` keep for later."""
    end_idle_threads()
    await renew()
    clear_caches()
    if trimmer() is not None:
        await apart(free_cached())


def clear_caches() -> None:
    """Those that Python itself has."""
    clear: Callable[[], object] | None = getattr(sys, "_clear_type_cache", None)
    if clear is not None and sys.version_info < (3, 13):  # deprecated, and from 3.12 on with hardly anything in it
        clear()
    gc.collect()


def end_idle_threads() -> None:
    """Give the event loop new threads for what would block it, once there is something. The old ones finish what they
    have; with each its stack goes, and the freed pieces that `malloc` keeps for it.
    """
    loop = asyncio.get_running_loop()
    old: ThreadPoolExecutor | None = getattr(loop, "_default_executor", None)  # of asyncio's loops and uvloop's
    if old is not None:
        loop.set_default_executor(ThreadPoolExecutor(thread_name_prefix="asyncio"))
        old.shutdown(wait=False)


async def apart(work: Callable[[], object]) -> None:
    """Do the work in a thread of its own, which has ended afterwards."""
    with ThreadPoolExecutor(1) as thread:
        await asyncio.get_running_loop().run_in_executor(thread, work)
