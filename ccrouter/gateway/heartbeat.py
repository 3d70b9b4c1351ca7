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

    def __init__(
        self,
        ping: Callable[[], Awaitable[None]],
        *,
        first: float = FIRST_PING_SECONDS,
        every: float = PING_SECONDS,
    ) -> None:
        self._ping = ping
        self._every = every
        self._loop = asyncio.get_running_loop()
        self._last = self._loop.time()
        self._task: asyncio.Future[None] | None = None
        self._timer = self._loop.call_later(first, self._tick)

    def wrote(self) -> None:
        """Something was written: the silence begins anew."""
        self._last = self._loop.time()

    def stop(self) -> None:
        """No more pings."""
        self._timer.cancel()
        if self._task is not None:
            self._task.cancel()

    def _tick(self) -> None:
        now = self._loop.time()
        silent = now - self._last
        if silent + 0.001 >= self._every:
            self._last = now
            silent = 0.0
            self._task = asyncio.ensure_future(self._send())
        self._timer = self._loop.call_later(self._every - silent, self._tick)

    async def _send(self) -> None:
        try:
            await self._ping()
        except (ConnectionError, RuntimeError):
            self._timer.cancel()  # the client is gone: its handler is being cancelled
