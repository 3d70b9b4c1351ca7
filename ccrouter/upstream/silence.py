"""How long an upstream may be silent in its answer.

aiohttp's own `sock_read` takes back a timer and sets another for each piece that comes (1.2 µs a piece).
Here the moment is written down, and one timer looks at it.
"""

import asyncio
from typing import Final

from ccrouter.upstream.late_authorities import aiohttp

EARLY: Final = 0.001
"""A timer may fire so many seconds before its time."""


class SilenceWatch:
    """Ends the wait for an answer's next bytes, as aiohttp does: with a SocketTimeoutError for whoever reads.

    Whoever reads writes down when the wait begins and ends. Only that counts: where the client reads slowly, nobody
    reads from the upstream, and its silence is not its own.
    """

    __slots__ = ("_loop", "_seconds", "content", "now", "timer", "waiting_since")

    def __init__(self, response: aiohttp.ClientResponse, seconds: float, loop: asyncio.AbstractEventLoop) -> None:
        """Take the watch over from aiohttp, with the next bytes that come."""
        connection = response.connection
        if connection is not None and connection.protocol is not None:
            connection.protocol.read_timeout = None
        self.content = response.content
        self.now = loop.time
        self.waiting_since: float | None = None
        """The moment, by `now`, since which the upstream is waited for; None where it is not."""
        self.timer: asyncio.TimerHandle | None = None
        """Looks at that, once it was started."""
        self._loop = loop
        self._seconds = seconds

    def start(self) -> None:
        """From now on look at how long the upstream is waited for. What has come already needs no watch."""
        self.timer = self._loop.call_later(self._seconds, self._look)

    def stop(self) -> None:
        """Nobody reads any more."""
        if self.timer is not None:
            self.timer.cancel()

    def _look(self) -> None:
        waited = 0.0 if self.waiting_since is None else self.now() - self.waiting_since
        if waited + EARLY >= self._seconds:
            # Whoever waits may have been woken a moment ago and only not have run yet.
            self._loop.call_soon(self._end, self.waiting_since)
        else:
            self.timer = self._loop.call_later(self._seconds - waited, self._look)

    def _end(self, waiting_since: float | None) -> None:
        if self.waiting_since == waiting_since:
            self.content.set_exception(aiohttp.SocketTimeoutError("Timeout on reading data from socket"))
        else:
            self.timer = self._loop.call_later(self._seconds, self._look)
