"""Pings for a client whose stream is silent.

Claude Code warns after 20 s of silence and gives up after 300 s; every byte counts (field-notes, fact 3). Pings commit
the status line, so the first one waits: until then a failure can still be answered with its true status.
"""

import asyncio
from collections.abc import Awaitable, Callable

FIRST_PING_SECONDS = 15.0
PING_SECONDS = 10.0


class Heartbeat:
    """Calls `ping` whenever nothing was written for a while. One timer a request, no task until it fires."""

    __slots__ = ("_every", "_loop", "_ping", "_task", "_timer", "last_write", "now")

    def __init__(
        self,
        ping: Callable[[], Awaitable[None]],
        *,
        first: float | None = None,
        every: float | None = None,
    ) -> None:
        self._ping: Callable[[], Awaitable[None]] | None = ping
        self._every = PING_SECONDS if every is None else every
        self._loop = asyncio.get_running_loop()
        self.now = self._loop.time
        self.last_write = self.now()
        """The moment from which on the silence counts, by the loop's time; set by who writes."""
        self._task: asyncio.Future[None] | None = None
        self._timer = self._loop.call_later(FIRST_PING_SECONDS if first is None else first, self._tick)

    def stop(self) -> None:
        """No more pings. One that is on its way is let go: cutting it off could cut the status line."""
        self._timer.cancel()
        # What pings usually owns its heartbeat; a circle would keep the request with its megabytes for long.
        self._ping = None

    def _tick(self) -> None:
        now = self._loop.time()
        silent = now - self.last_write
        if silent + 0.001 >= self._every:
            self.last_write = now
            silent = 0.0
            self._task = asyncio.ensure_future(self._send())
        self._timer = self._loop.call_later(self._every - silent, self._tick)

    async def _send(self) -> None:
        if self._ping is None:
            return
        try:
            await self._ping()
        except (ConnectionError, RuntimeError):
            self._timer.cancel()  # the client is gone: its handler is being cancelled
