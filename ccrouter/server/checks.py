"""Real requests to providers for `/health?deep` and `/test-connection`, bounded in time, number and money.

They cost something: so few run at once, the same is not asked twice at the same time, and what came of it is told again
for a few seconds, whoever asks.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Final, Generic, TypeVar

from aiohttp import web

from ccrouter.config.types import ProviderConfig, Target
from ccrouter.frozen import frozen
from ccrouter.gateway.types import Service
from ccrouter.probing.reach import Reach, reach
from ccrouter.probing.trial import Trial, try_target
from ccrouter.upstream.client import UpstreamClient

KEPT_SECONDS: Final = 15.0
"""A loop that asks all the time costs four tiny requests a minute and provider."""
AT_ONCE: Final = 8
TRIAL_SECONDS: Final = 30.0

Result = TypeVar("Result")


@frozen
class Found(Generic[Result]):
    """A result and how many seconds old it is."""

    result: Result
    age: float


class Remembered(Generic[Result]):
    """Runs a check once for all who ask while it runs, and keeps its result for KEPT_SECONDS by `clock`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tasks: dict[Hashable, asyncio.Task[tuple[Result, float]]] = {}

    async def get(self, key: Hashable, make: Callable[[], Awaitable[Result]]) -> Found[Result]:
        """The kept result, or a new one. Who goes away while it is made takes it from nobody else."""
        task = self._tasks.get(key)
        if task is None or self._is_old(task):
            task = self._tasks[key] = asyncio.get_running_loop().create_task(self._run(make))
        result, at = await asyncio.shield(task)
        return Found(result, self._clock() - at)

    def forget(self) -> None:
        """Drop what is kept, and end what runs: another configuration serves, or the daemon ends."""
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()

    async def _run(self, make: Callable[[], Awaitable[Result]]) -> tuple[Result, float]:
        result = await make()
        return result, self._clock()

    def _is_old(self, task: "asyncio.Task[tuple[Result, float]]") -> bool:
        if not task.done():
            return False
        if task.cancelled() or task.exception() is not None:
            return True
        return self._clock() - task.result()[1] >= KEPT_SECONDS


class Checks:
    """The checks of one daemon."""

    def __init__(self) -> None:
        self._service: Service | None = None
        self._places = asyncio.Semaphore(AT_ONCE)
        self._reaches = Remembered[Reach]()
        self._trials = Remembered[Trial]()

    async def reach(self, service: Service, provider: ProviderConfig) -> Found[Reach]:
        """Is it there? See `probing/reach.py`."""
        self._serve(service)

        async def make() -> Reach:
            async with self._places:
                client = UpstreamClient()
                try:
                    return await reach(client, provider, proxy=service.proxies.get(provider.name))
                finally:
                    await client.close()

        return await self._reaches.get(provider.name, make)

    async def trial(self, service: Service, target: Target) -> Found[Trial]:
        """Does it answer? See `probing/trial.py`."""
        self._serve(service)

        async def make() -> Trial:
            async with self._places:
                return await try_target(service, target, seconds=TRIAL_SECONDS)

        return await self._trials.get(target, make)

    def _serve(self, service: Service) -> None:
        """What another configuration has shown says nothing of this one."""
        if service is not self._service:
            self.close()
            self._service = service

    def close(self) -> None:
        """End what runs."""
        self._reaches.forget()
        self._trials.forget()


CHECKS: web.AppKey[Checks] = web.AppKey("checks", Checks)
