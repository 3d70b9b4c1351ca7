"""Limiters of several workers keep one limit together, and let in who came first, wherever that was."""

import asyncio
import os
import sys
from collections.abc import Iterator

import pytest

if sys.platform == "win32":
    pytest.skip("several workers need Linux or macOS", allow_module_level=True)

from ccrouter.errors import UpstreamError
from ccrouter.sharing.board import Board, new_board_file
from ccrouter.sharing.room import Room
from ccrouter.upstream import shared_limits
from ccrouter.upstream.limiter import Limiter
from ccrouter.upstream.rate_window import MINUTE
from ccrouter.upstream.shared_limits import SharedLimits, packed, unpacked


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Workers:
    """Two workers' limiters of one provider, as if in the processes 41 and 42."""

    def __init__(self, memory: int, **limits: int) -> None:
        self.clock = Clock()
        self.boards = [Board(memory), Board(memory)]
        rooms = [Room(board, "main", process) for board, process in zip(self.boards, (41, 42), strict=True)]
        self._limiters = [Limiter("p", clock=self.clock, shared=SharedLimits(room), **limits) for room in rooms]

    def __getitem__(self, number: int) -> Limiter:
        self.boards[number].look()
        return self._limiters[number]


@pytest.fixture
def memory() -> Iterator[int]:
    descriptor = new_board_file()
    yield descriptor
    os.close(descriptor)


async def settled() -> None:
    """Let everything that can go on do so."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_the_limit_is_one_for_both(memory: int) -> None:
    workers = Workers(memory, max_concurrent=2)
    await workers[0].enter(0)
    await workers[1].enter(0)
    third = asyncio.ensure_future(workers[1].enter(0))
    await settled()
    assert not third.done()
    assert workers[0].busy == 2
    workers[0].leave()
    await asyncio.wait_for(third, 5)


async def test_who_waits_longest_goes_first_also_in_another_worker(memory: int) -> None:
    workers = Workers(memory, max_concurrent=1)
    await workers[0].enter(0)
    workers.clock.now += 1
    elsewhere = asyncio.ensure_future(workers[1].enter(0))
    await settled()
    workers.clock.now += 1
    here = asyncio.ensure_future(workers[0].enter(0))
    await settled()
    workers[0].leave()
    await settled()
    assert not here.done(), "whoever leaves lets its own in, though another has waited longer"
    await asyncio.wait_for(elsewhere, 5)
    assert not here.done()
    workers[1].leave()
    await asyncio.wait_for(here, 5)


async def test_nobody_overtakes_who_waits_elsewhere(memory: int) -> None:
    workers = Workers(memory, rpm=1)
    await workers[0].enter(0)
    waits = asyncio.ensure_future(workers[0].enter(0))
    await settled()
    workers.clock.now += MINUTE
    late = asyncio.ensure_future(workers[1].enter(0))
    await settled()
    assert not late.done()
    await asyncio.wait_for(waits, 5)
    late.cancel()


async def test_the_line_is_as_long_for_both_together(memory: int) -> None:
    workers = Workers(memory, max_concurrent=1, queue=1)
    await workers[0].enter(0)
    waits = asyncio.ensure_future(workers[0].enter(0))
    await settled()
    with pytest.raises(UpstreamError, match=r"1 requests are under way and 1 wait"):
        await workers[1].enter(0)
    waits.cancel()
    await settled()
    further = asyncio.ensure_future(workers[1].enter(0))
    await settled()
    assert not further.done()
    further.cancel()


async def test_requests_a_minute_are_counted_together(memory: int) -> None:
    workers = Workers(memory, rpm=2, queue=0)
    await workers[0].enter(0)
    workers[0].leave()
    await workers[1].enter(0)
    workers[1].leave()
    for number in (0, 1):
        with pytest.raises(UpstreamError, match="rpm 2") as refused:
            await workers[number].enter(0)
        assert refused.value.detail.retry_after == MINUTE
    workers.clock.now += MINUTE
    await workers[1].enter(0)


async def test_tokens_that_were_not_used_are_given_back_for_both(memory: int) -> None:
    workers = Workers(memory, tpm=100, queue=0)
    await workers[0].enter(100)
    with pytest.raises(UpstreamError, match="tpm 100"):
        await workers[1].enter(50)
    workers[0].correct(-60)
    await workers[1].enter(50)


async def test_what_a_dead_worker_held_is_free(memory: int) -> None:
    workers = Workers(memory, max_concurrent=1)
    await workers[0].enter(0)
    waits = asyncio.ensure_future(workers[1].enter(0))
    await settled()
    Board(memory).forget(41)
    await asyncio.wait_for(waits, 5)


async def test_a_dead_workers_line_keeps_nobody_waiting(memory: int) -> None:
    workers = Workers(memory, max_concurrent=1)
    Room(Board(memory), "main", 40).put("line", ("p", 40), [0, 1, 900.0], own=True)
    waits = asyncio.ensure_future(workers[1].enter(0))
    await settled()
    assert not waits.done(), "somebody has waited longer in another worker"
    Board(memory).forget(40)
    await asyncio.wait_for(waits, 5)


async def test_limits_that_are_taken_away_leave_no_count_behind(memory: int) -> None:
    workers = Workers(memory, max_concurrent=1)
    await workers[0].enter(0)
    workers[0].change()
    workers[0].leave()
    workers[0].change(max_concurrent=1)
    await asyncio.wait_for(workers[1].enter(0), 5)


def test_a_window_is_the_same_to_the_millisecond_and_small() -> None:
    entries = tuple([(123_456.789 + second * 0.999, 123_456 + second) for second in range(61)])
    read = unpacked(packed(entries))
    assert [much for _, much in read] == [much for _, much in entries]
    assert all(abs(one - other) < 0.0011 for (one, _), (other, _) in zip(read, entries, strict=True))
    assert unpacked(packed(())) == ()
    board = Board(new_board_file())
    assert board.put(("main", "rate"), ("a" * 100, "tpm"), packed(entries)), "a full window must fit on the board"


def test_alone_nothing_is_kept_for_others() -> None:
    shared = shared_limits.SharedLimits()
    assert (shared.of("p").busy, shared.of("p").waiting, shared.of("p").since) == (0, 0, float("inf"))
