"""Pings come in silence only, and the first one late."""

import asyncio

from ccrouter.gateway.heartbeat import Heartbeat


async def test_silence_is_filled_and_activity_puts_it_off() -> None:
    pings: list[float] = []
    loop = asyncio.get_running_loop()

    async def ping() -> None:
        pings.append(loop.time())

    begun = loop.time()
    heart = Heartbeat(ping, first=0.2, every=0.1)
    await asyncio.sleep(0.15)
    assert pings == []
    await asyncio.sleep(0.2)
    assert pings
    assert pings[0] - begun >= 0.19
    count = len(pings)
    for _ in range(8):
        heart.last_write = loop.time()
        await asyncio.sleep(0.03)
    assert len(pings) == count
    heart.stop()
    await asyncio.sleep(0.25)
    assert len(pings) == count


async def test_a_client_that_is_gone_ends_it_quietly() -> None:
    calls = 0

    async def ping() -> None:
        nonlocal calls
        calls += 1
        raise ConnectionResetError

    Heartbeat(ping, first=0.01, every=0.01)
    await asyncio.sleep(0.1)
    assert calls == 1
