"""The user's own router, kept at arm's length: it has its own threads, a time bound, and may fail as it likes."""

import asyncio
import logging
import threading
import weakref
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias, cast

from ccrouter.config.problems import Problem
from ccrouter.config.types import Config
from ccrouter.errors import RequestError
from ccrouter.plugins import failed_at
from ccrouter.router import CustomAnswer, RouteRequest
from ccrouter.router.selectors import resolve_route

logger = logging.getLogger("ccrouter.server")

Route: TypeAlias = Callable[[RouteRequest, Config], object]
"""`def route(request, config)` or `async def route(request, config)`; what it returns is checked when it comes."""

ROUTE_SECONDS = 5.0
"""How long a request waits for the custom router; then the built-in rules decide."""
MAX_RUNNING = 16
"""Calls at once. Those that never return keep their place; when all are taken, the router is passed over."""

MAX_TOLD = 5
"""Ways of failing that are told of; words that differ each time must not fill the log."""


class CustomRouter:
    """One loaded file. A plain function runs in a thread of its own each time; coroutines share one loop in a thread,
    so that whatever the file does, the daemon's own loop goes on."""

    def __init__(self, path: Path, route: Route, *, seconds: float = ROUTE_SECONDS) -> None:
        self.path = path
        self._route = route
        self._seconds = seconds
        self._running = 0
        self.problems: tuple[Problem, ...] = ()
        """How it has failed so far: each way once in the log and in `ccr status`, until the file changes."""
        self._loop: asyncio.AbstractEventLoop | None = None

    async def ask(self, request: RouteRequest, config: Config) -> CustomAnswer:
        """What it says of the request, and what is wrong with it where it failed. Never raises for what it does."""
        if self._running >= MAX_RUNNING:
            return self._failure(f"{self._running} calls of it have not returned yet")
        here = asyncio.get_running_loop()
        shown = replace(request, count=lambda: _on_loop(request.count, here))
        answer: Future[object] = Future()
        self._running += 1
        answer.add_done_callback(lambda _: here.is_closed() or here.call_soon_threadsafe(self._returned))
        threading.Thread(target=self._run, args=(shown, config, answer), name="custom-router", daemon=True).start()
        arrived = asyncio.wrap_future(answer)
        arrived.add_done_callback(lambda late: late.exception())  # looked at, also when nobody waits any more
        if not (await asyncio.wait({arrived}, timeout=self._seconds))[0]:
            return self._failure(f"it did not answer within {self._seconds:g} seconds")
        try:
            said = arrived.result()
        except Exception as error:  # noqa: BLE001 - user code may raise anything; it becomes a problem
            return self._failure(*failed_at(self.path, error))
        return self._understood(said, config)

    def _returned(self) -> None:
        self._running -= 1

    def _run(self, request: RouteRequest, config: Config, answer: "Future[object]") -> None:
        """In the call's thread."""
        try:
            said = self._route(request, config)
            if isinstance(said, Awaitable):
                said = self._result_of(cast("Awaitable[object]", said))
        except BaseException as error:  # noqa: BLE001 - the waiting request is told
            answer.set_exception(error if isinstance(error, Exception) else RuntimeError(repr(error)))
        else:
            answer.set_result(said)

    def _result_of(self, said: Awaitable[object]) -> object:
        running = asyncio.run_coroutine_threadsafe(_awaited(said), self._own_loop())
        try:
            return running.result(self._seconds + 1)  # by then the request has gone on without it
        finally:
            running.cancel()

    def _own_loop(self) -> asyncio.AbstractEventLoop:
        """The loop that coroutines run on; one for all calls, so that the file may keep a session open."""
        with _LOOPS:
            if self._loop is None:
                self._loop = loop = asyncio.new_event_loop()
                threading.Thread(target=_run_loop, args=(loop,), name="custom-router-loop", daemon=True).start()
                weakref.finalize(self, _stop, loop)
            return self._loop

    def _understood(self, said: object, config: Config) -> CustomAnswer:
        if said is None or said is False or said == "":  # CCR: whatever is falsy
            return CustomAnswer(None, f"the custom router {self.path.name} leaves it to the rules")
        if not isinstance(said, str):
            return self._failure(f"it returned {_kind(said)}, not a text such as 'provider,model' or None")
        try:
            target = resolve_route(said, config)
        except RequestError as error:
            return self._failure(f"it returned '{said[:200]}'. {error.message}")
        return CustomAnswer(target, f"the custom router {self.path.name} chose {target}")

    def _failure(self, why: str, line: int | None = None) -> CustomAnswer:
        problem = Problem(
            "warning",
            f"the custom router failed on a request: {why}",
            "The built-in rules decided instead",
            "/CUSTOM_ROUTER_PATH",
            self.path,
            line,
        )
        if problem not in self.problems and len(self.problems) < MAX_TOLD:
            logger.warning("%s", problem)
            self.problems = (*self.problems, problem)
        return CustomAnswer(None, f"the custom router {self.path.name} failed ({why})", failed=True)


_LOOPS = threading.Lock()


async def _awaited(said: Awaitable[object]) -> object:
    return await said


def _run_loop(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()


def _stop(loop: asyncio.AbstractEventLoop) -> None:
    loop.call_soon_threadsafe(loop.stop)


def _on_loop(count: Callable[[], int], loop: asyncio.AbstractEventLoop) -> int:
    """Count on the daemon's loop, where the cache lives, for a thread that waits."""
    counted: Future[int] = Future()

    def counting() -> None:
        try:
            counted.set_result(count())
        except Exception as error:  # noqa: BLE001 - for the one who asked
            counted.set_exception(error)

    loop.call_soon_threadsafe(counting)
    return counted.result(ROUTE_SECONDS)


def _kind(said: object) -> str:
    name = type(said).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
