"""A real aiohttp server on a free port of 127.0.0.1, in an event loop and thread of its own, for synchronous tests."""

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from types import TracebackType
from typing import Self

from aiohttp import web

START_SECONDS = 20
MEGABYTE = 1024 * 1024


class ThreadedServer:
    """Serves `handler` for every method and path from `start()` to `stop()`; also a context manager.

    The port is free when `port` is 0. `stop()` aborts what is still being answered after half a second."""

    def __init__(self, handler: Callable[[web.Request], "asyncio.Future[web.StreamResponse] | object"]) -> None:
        self._handler = handler
        self._loop = asyncio.new_event_loop()
        self._thread: threading.Thread | None = None
        self._stopping = asyncio.Event()
        self.port = 0

    @property
    def url(self) -> str:
        """`http://127.0.0.1:<port>`, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="scripted upstream", daemon=True)
        self._thread.start()
        if not ready.wait(START_SECONDS):
            raise TimeoutError("the scripted upstream did not start")
        return self

    def stop(self) -> None:
        if self._thread is None:
            self._loop.close()
            return
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(START_SECONDS)
        self._thread = None
        self._loop.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve(ready))

    async def _serve(self, ready: threading.Event) -> None:
        application = web.Application(client_max_size=64 * MEGABYTE)
        application.router.add_route("*", "/{path:.*}", self._handler)  # pyright: ignore[reportArgumentType]
        runner = web.AppRunner(application, shutdown_timeout=0.5, access_log=None, handler_cancellation=True)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port)
        await site.start()
        self.port = runner.addresses[0][1]
        ready.set()
        await self._stopping.wait()
        await runner.cleanup()


class LoopbackServer(ABC):
    """Base of what is served on loopback while it is entered; its subclasses may be dataclasses."""

    def __post_init__(self) -> None:
        self._server = ThreadedServer(self._handle)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()

    @property
    def url(self) -> str:
        """`http://127.0.0.1:<port>`, without a slash at the end."""
        return self._server.url

    def at(self, port: int) -> Self:
        """Itself, to be served on this port: the one that a published config names."""
        self._server.port = port
        return self

    @abstractmethod
    async def _handle(self, request: web.Request) -> web.StreamResponse:
        """The answer to one request, whatever its method and path."""
