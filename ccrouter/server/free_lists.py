"""What libraries keep of freed objects for the next time, exchanged for objects that lie together.

uvloop's handles, aiohttp's heads of messages and asyncio's iterators over futures are not given back when they are
freed: 250 of each wait to be used again, and no library lets them go. Filled while very many requests were under way,
these lists hold on to a thousand pages of memory, each for one object of 50 to 150 bytes: 4 MB.

A list gives out what it got last. So twice as many objects are made as it can hold, and let go the other way round: the
new ones, which Python made side by side, fill it, and the old ones are freed for good.
"""

import asyncio
import logging
from typing import Any, Final

import aiohttp
from aiohttp import HttpVersion11
from aiohttp.http_parser import RawRequestMessage, RawResponseMessage
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

logger = logging.getLogger(__name__)

LONGEST: Final = 255
"""Of these lists: 250 in uvloop and aiohttp, 255 in CPython."""
LATER_SECONDS: Final = 60.0
NO_HEADERS: Final = CIMultiDictProxy(CIMultiDict[str]())
NO_URL: Final = URL()


async def renew() -> None:
    """Exchange what the lists hold. Takes 2 ms of the event loop's time."""
    loop = asyncio.get_running_loop()
    twice = range(2 * LONGEST)
    handles = [loop.call_soon(nothing) for _ in twice]
    timers = [loop.call_later(LATER_SECONDS, nothing) for _ in twice]
    for timer in timers:
        timer.cancel()
    await asyncio.sleep(0)  # the handles run, and nothing but `handles` holds them any more
    await asyncio.sleep(0)
    _let_go(handles)
    _let_go(timers)
    _let_go([iter(loop.create_future()) for _ in twice])
    try:
        _let_go([request_head() for _ in twice])
        _let_go([response_head() for _ in twice])
    except TypeError:  # not public, and otherwise in another version: its lists stay as they are
        logger.debug("free lists of aiohttp %s: unknown", aiohttp.__version__)


def _let_go(made: list[Any]) -> None:
    """The last one first."""
    while made:
        made.pop()


def request_head() -> RawRequestMessage:
    """The head of a request, as aiohttp's server reads it."""
    return RawRequestMessage("", "", HttpVersion11, NO_HEADERS, (), False, None, False, False, NO_URL)


def response_head() -> RawResponseMessage:
    """The head of an answer, as its client reads it."""
    return RawResponseMessage(HttpVersion11, 200, "", NO_HEADERS, (), False, None, False, False)


def nothing() -> None:
    """What the handles would do."""
