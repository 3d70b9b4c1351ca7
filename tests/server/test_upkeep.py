"""Tasks that nobody waits for."""

import asyncio
import logging

import pytest

from ccrouter.server.upkeep import Upkeep


async def test_one_that_fails_says_so_at_once(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise RuntimeError("a reason")

    upkeep = Upkeep()
    upkeep.begin(fail(), "giving memory back")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "giving memory back has failed" in record.getMessage()
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == "a reason"


async def test_all_end_silently(caplog: pytest.LogCaptureFixture) -> None:
    ended: list[int] = []

    async def wait() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(1)

    upkeep = Upkeep()
    upkeep.begin(wait(), "waiting")
    upkeep.begin(asyncio.sleep(0), "nothing")
    await asyncio.sleep(0.01)
    upkeep.end()
    await asyncio.sleep(0.01)
    assert ended == [1]
    assert not caplog.records
