"""Silence in an answer ends it; the client's slowness does not."""

import asyncio
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
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("ccrouter.upstream.silence.asyncio", SimpleNamespace(get_running_loop=lambda: made))
    return made


def watched(seconds: float = 10) -> tuple[SilenceWatch, aiohttp.StreamReader, Any]:
    """A watch over an answer whose bytes the test feeds, and its connection's protocol."""
    protocol = Mock(connected=True, read_timeout=seconds)
    content = aiohttp.StreamReader(protocol, 1000, loop=asyncio.get_running_loop())
    response: Any = SimpleNamespace(content=content, connection=SimpleNamespace(protocol=protocol))
    return SilenceWatch(response, seconds), content, protocol


async def waiting(watch: SilenceWatch) -> "asyncio.Task[bytes]":
    task = asyncio.ensure_future(watch.read())
    await asyncio.sleep(0)
    return task


async def test_silence_since_the_last_bytes_counts(clock: Clock) -> None:
    watch, content, protocol = watched()
    assert protocol.read_timeout is None  # aiohttp watches no more
    for _ in range(3):
        read = await waiting(watch)
        await clock.move(9)
        content.feed_data(b"x")
        assert await read == b"x"
    read = await waiting(watch)
    await clock.move(9.9)
    assert not read.done()
    await clock.move(0.1)
    with pytest.raises(aiohttp.SocketTimeoutError):
        await read


async def test_one_timer_serves_many_reads(clock: Clock) -> None:
    watch, content, _ = watched()
    for _ in range(1000):
        read = await waiting(watch)
        content.feed_data(b"x")
        assert await read == b"x"
        await clock.move(0.001)
    assert clock.set == 1
    watch.stop()
    assert clock.timers == []


async def test_while_nobody_reads_nothing_is_silent(clock: Clock) -> None:
    watch, content, _ = watched()
    content.feed_data(b"x")
    assert await watch.read() == b"x"
    await clock.move(25)
    read = await waiting(watch)
    await clock.move(9)
    content.feed_data(b"y")
    assert await read == b"y"


async def test_bytes_that_come_in_the_last_moment_are_read(clock: Clock) -> None:
    watch, content, _ = watched()
    read = await waiting(watch)
    content.feed_data(b"x")
    await clock.move(10)
    assert await read == b"x"
    content.feed_data(b"y")
    assert await watch.read() == b"y"


async def test_what_is_all_there_is_not_watched(clock: Clock) -> None:
    watch, content, _ = watched()
    content.feed_data(b"whole")
    content.feed_eof()
    assert await watch.read() == b"whole"
    assert await watch.read() == b""
    assert clock.set == 0
