"""Silence in an answer ends it; the client's slowness does not."""

import asyncio
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import aiohttp
import pytest

from ccrouter.upstream.silence import SilenceWatch


class Clock:
    """A loop's time and timers, moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0
        self.timers: list[tuple[float, Any]] = []
        self.set = 0

    def time(self) -> float:
        return self.now

    def call_later(self, seconds: float, call: Any) -> Any:
        self.set += 1
        timer = (self.now + seconds, call)
        self.timers.append(timer)
        return SimpleNamespace(cancel=lambda: self.timers.remove(timer))

    def call_soon(self, call: Any, *arguments: Any) -> Any:
        return asyncio.get_running_loop().call_soon(call, *arguments)

    async def move(self, seconds: float) -> None:
        """Let time pass, and everything run that is due."""
        self.now += seconds
        due = [timer for timer in self.timers if timer[0] <= self.now]
        self.timers = [timer for timer in self.timers if timer[0] > self.now]
        for _, call in due:
            call()
        for _ in range(4):
            await asyncio.sleep(0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@dataclass
class Watched:
    """An answer whose bytes the test feeds, its connection's protocol, and the watch over it."""

    watch: SilenceWatch
    content: aiohttp.StreamReader
    protocol: Any

    async def read(self) -> bytes:
        if self.watch.timer is None:
            self.watch.start()
        self.watch.waiting_since = self.watch.now()
        try:
            return await self.content.readany()
        finally:
            self.watch.waiting_since = None

    async def waiting(self) -> "asyncio.Task[bytes]":
        task = asyncio.ensure_future(self.read())
        await asyncio.sleep(0)
        return task


def watched(clock: Any, seconds: float = 10) -> Watched:
    protocol = Mock(connected=True, read_timeout=seconds)
    content = aiohttp.StreamReader(protocol, 1000, loop=asyncio.get_running_loop())
    response: Any = SimpleNamespace(content=content, connection=SimpleNamespace(protocol=protocol))
    return Watched(SilenceWatch(response, seconds, clock), content, protocol)


async def test_silence_since_the_last_bytes_counts(clock: Clock) -> None:
    answer = watched(clock)
    assert answer.protocol.read_timeout is None  # aiohttp watches no more
    for _ in range(3):
        read = await answer.waiting()
        await clock.move(9)
        answer.content.feed_data(b"x")
        assert await read == b"x"
    read = await answer.waiting()
    await clock.move(9.9)
    assert not read.done()
    await clock.move(0.1)
    with pytest.raises(aiohttp.SocketTimeoutError):
        await read


async def test_one_timer_serves_many_reads(clock: Clock) -> None:
    answer = watched(clock)
    for _ in range(1000):
        read = await answer.waiting()
        answer.content.feed_data(b"x")
        assert await read == b"x"
        await clock.move(0.001)
    assert clock.set == 1
    answer.watch.stop()
    assert clock.timers == []


async def test_while_nobody_reads_nothing_is_silent(clock: Clock) -> None:
    answer = watched(clock)
    answer.content.feed_data(b"x")
    assert await answer.read() == b"x"
    await clock.move(25)
    read = await answer.waiting()
    await clock.move(9)
    answer.content.feed_data(b"y")
    assert await read == b"y"


async def test_bytes_that_come_in_the_last_moment_are_read(clock: Clock) -> None:
    answer = watched(clock)
    read = await answer.waiting()
    answer.content.feed_data(b"x")
    await clock.move(10)
    assert await read == b"x"
    answer.content.feed_data(b"y")
    assert await answer.read() == b"y"
