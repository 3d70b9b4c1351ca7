"""One line, first come first served, that nobody gets stuck or lost in."""

import asyncio
import random
from dataclasses import dataclass, field

import pytest

from ccrouter.errors import UpstreamError
from ccrouter.upstream import rate_window
from ccrouter.upstream.limiter import QUEUE_FULL, Limiter


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Crowd:
    """Requests that stay under way until they are told to go."""

    limiter: Limiter
    inside: list[str] = field(default_factory=list[str])
    tasks: "dict[str, asyncio.Task[None]]" = field(default_factory=dict[str, "asyncio.Task[None]"])
    _ends: dict[str, asyncio.Event] = field(default_factory=dict[str, asyncio.Event])

    async def come(self, name: str, tokens: int = 0) -> None:
        self._ends[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._stay(name, tokens))
        await settle()

    async def go(self, name: str) -> None:
        self._ends[name].set()
        await settle()

    async def _stay(self, name: str, tokens: int) -> None:
        async with self.limiter.slot(tokens):
            self.inside.append(name)
            try:
                await self._ends[name].wait()
            finally:
                self.inside.remove(name)

    async def leave_all(self) -> None:
        for end in self._ends.values():
            end.set()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_without_limits_nobody_waits() -> None:
    crowd = Crowd(limiter := Limiter("p", queue=0))
    for name in "abcdef":
        await crowd.come(name, 10**9)
    assert (limiter.busy, limiter.waiting) == (6, 0)
    await crowd.leave_all()
    assert limiter.busy == 0


async def test_so_many_at_once_and_the_others_in_their_order() -> None:
    crowd = Crowd(limiter := Limiter("p", max_concurrent=2))
    for name in "abcde":
        await crowd.come(name)
    assert (crowd.inside, limiter.busy, limiter.waiting) == (["a", "b"], 2, 3)
    await crowd.go("b")
    assert (crowd.inside, limiter.waiting) == (["a", "c"], 2)
    await crowd.go("a")
    await crowd.go("c")
    assert (crowd.inside, limiter.waiting) == (["d", "e"], 0)
    await crowd.leave_all()
    assert (limiter.busy, limiter.waiting) == (0, 0)


async def test_a_request_that_fails_gives_its_place_free() -> None:
    limiter = Limiter("p", max_concurrent=1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            async with limiter.slot():
                raise ZeroDivisionError
    assert limiter.busy == 0


async def test_who_goes_away_leaves_the_line() -> None:
    crowd = Crowd(limiter := Limiter("p", max_concurrent=1))
    for name in "abcd":
        await crowd.come(name)
    crowd.tasks["b"].cancel()
    crowd.tasks["d"].cancel()
    await settle()
    assert limiter.waiting == 1
    await crowd.go("a")
    assert crowd.inside == ["c"]
    await crowd.leave_all()
    assert (limiter.busy, limiter.waiting) == (0, 0)


async def test_who_goes_away_while_under_way_gives_its_place_free() -> None:
    crowd = Crowd(limiter := Limiter("p", max_concurrent=1))
    await crowd.come("a")
    await crowd.come("b")
    crowd.tasks["a"].cancel()
    await settle()
    assert (crowd.inside, limiter.busy) == (["b"], 1)
    await crowd.leave_all()


@pytest.mark.parametrize("first", ["turn", "cancel"])
async def test_a_turn_that_comes_while_its_owner_goes_is_the_next_ones(first: str) -> None:
    clock = Clock()
    crowd = Crowd(limiter := Limiter("p", max_concurrent=1, rpm=2, clock=clock))
    for name in "abc":
        await crowd.come(name)
    # Without a step of the loop between them: b has its turn, but has not woken up.
    crowd.tasks["a" if first == "turn" else "b"].cancel()
    if first == "turn":
        await asyncio.sleep(0)
        assert limiter.waiting == 1
    crowd.tasks["b" if first == "turn" else "a"].cancel()
    await settle()
    assert crowd.inside == ["c"]  # of the two a minute b used none
    assert (limiter.busy, limiter.waiting) == (1, 0)
    await crowd.leave_all()


async def test_who_waits_elsewhere_lets_others_in_and_comes_back_as_a_new_request() -> None:
    limiter = Limiter("p", max_concurrent=1, tpm=1000)
    async with limiter.slot(100) as slot:
        async with slot.left():
            assert limiter.busy == 0
            async with limiter.slot(50):
                assert limiter.busy == 1
        assert limiter.busy == 1
        slot.used(230)
    assert limiter.busy == 0
    # 280 of the 1000 tokens are gone: the estimate of both times was made good by what it really was.
    async with limiter.slot(720):
        pass


async def test_who_is_lost_elsewhere_has_no_place_to_give_back() -> None:
    limiter = Limiter("p", max_concurrent=1)
    with pytest.raises(ValueError, match="lost"):
        async with limiter.slot() as slot, slot.left():
            raise ValueError("lost")
    assert limiter.busy == 0
    async with limiter.slot():
        assert limiter.busy == 1


async def test_so_many_a_minute() -> None:
    clock = Clock()
    crowd = Crowd(limiter := Limiter("p", rpm=2, clock=clock))
    for name in "abcde":
        await crowd.come(name)
        await crowd.go(name)
        clock.now += 10
    assert (limiter.busy, limiter.waiting) == (0, 3)
    clock.now = 1000 + 60  # a is a minute old
    limiter.change(rpm=2)  # a timer would do it
    await settle()
    assert limiter.waiting == 2
    clock.now = 1000 + 70  # b, too
    limiter.change(rpm=2)
    await settle()
    assert limiter.waiting == 1
    crowd.tasks["e"].cancel()
    await crowd.leave_all()


async def test_tokens_a_minute_and_what_they_really_were() -> None:
    clock = Clock()
    limiter = Limiter("p", tpm=100, queue=0, clock=clock)
    async with limiter.slot(60) as slot:
        with pytest.raises(UpstreamError, match="tpm 100"):
            await limiter.slot(50).__aenter__()
        slot.used(50)
        async with limiter.slot(50) as other:
            other.used(90)
            other.used(40)
    async with limiter.slot(10):
        pass
    with pytest.raises(UpstreamError) as told:
        await limiter.slot(1).__aenter__()
    assert told.value.detail.retry_after == 60


async def test_small_ones_do_not_overtake_a_large_one() -> None:
    crowd = Crowd(limiter := Limiter("p", tpm=100, clock=Clock()))
    await crowd.come("a", 60)
    await crowd.come("large", 80)
    await crowd.come("small", 1)
    assert (crowd.inside, limiter.waiting) == (["a"], 2)
    crowd.tasks["large"].cancel()
    await settle()
    assert crowd.inside == ["a", "small"]
    await crowd.leave_all()


async def test_the_line_is_bounded_and_says_which_limit_is_in_the_way() -> None:
    crowd = Crowd(limiter := Limiter("zai", max_concurrent=1, queue=2))
    for name in "abcd":
        await crowd.come(name)
    error = crowd.tasks["d"].exception()
    assert isinstance(error, UpstreamError)
    detail = error.detail
    assert (detail.status, detail.type, detail.code, detail.retry_after) == (529, "overloaded_error", QUEUE_FULL, None)
    assert error.retryable
    assert detail.message == (
        "The provider 'zai' is at its limit max_concurrent 1: 1 requests are under way and 2 wait (queue 2). "
        "Try again later, raise the limits of 'zai' in the config, or give the route a fallback."
    )
    assert (limiter.busy, limiter.waiting) == (1, 2)
    await crowd.leave_all()


async def test_a_full_line_says_when_the_minute_is_over() -> None:
    clock = Clock()
    limiter = Limiter("p", max_concurrent=9, rpm=1, tpm=1000, queue=0, clock=clock)
    async with limiter.slot(1000):
        clock.now += 17.5
        with pytest.raises(
            UpstreamError, match=r"limit (rpm 1|tpm 1000): 1 requests .* none may wait \(queue 0\)"
        ) as told:
            await limiter.slot().__aenter__()
    assert told.value.detail.retry_after == 43


async def test_the_timer_lets_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_window, "MINUTE", 0.05)
    limiter = Limiter("p", rpm=2)
    loop = asyncio.get_running_loop()
    begun, times = loop.time(), list[float]()

    async def one() -> None:
        async with limiter.slot():
            times.append(loop.time() - begun)

    await asyncio.wait_for(asyncio.gather(*[one() for _ in range(6)]), 5)
    assert [round(at / 0.05 - 0.3) for at in times[:2]] == [0, 0]
    assert times[2] >= 0.049
    assert times[4] >= 0.098


async def test_other_limits_from_now_on() -> None:
    crowd = Crowd(limiter := Limiter("p", max_concurrent=1))
    for name in "abc":
        await crowd.come(name)
    limiter.change(max_concurrent=2)
    await settle()
    assert crowd.inside == ["a", "b"]
    limiter.change(max_concurrent=1)
    await crowd.go("a")
    assert (crowd.inside, limiter.waiting) == (["b"], 1)
    limiter.change()
    await settle()
    assert crowd.inside == ["b", "c"]
    await crowd.leave_all()


async def test_who_came_before_there_was_a_limit_counts() -> None:
    crowd = Crowd(limiter := Limiter("p"))
    for name in "ab":
        await crowd.come(name)
    limiter.change(max_concurrent=2)
    await crowd.come("c")
    assert (crowd.inside, limiter.busy, limiter.waiting) == (["a", "b"], 2, 1)
    await crowd.go("a")
    assert (crowd.inside, limiter.busy) == (["b", "c"], 2)
    limiter.change()
    await crowd.leave_all()
    assert limiter.busy == 0


@pytest.mark.parametrize("seed", range(5))
async def test_nothing_is_lost_in_a_crowd(seed: int) -> None:
    dice = random.Random(seed)
    limiter = Limiter("p", max_concurrent=3, queue=10)
    most, served, refused = 0, 0, 0

    async def one() -> None:
        nonlocal most, served, refused
        try:
            async with limiter.slot(dice.randrange(100)):
                most = max(most, limiter.busy)
                for _ in range(dice.randrange(4)):
                    await asyncio.sleep(0)
                served += 1
        except UpstreamError:
            refused += 1

    tasks = list[asyncio.Task[None]]()
    for _ in range(500):
        tasks.append(asyncio.create_task(one()))
        if dice.random() < 0.3:
            dice.choice(tasks).cancel()
        for _ in range(dice.randrange(3)):
            await asyncio.sleep(0)
    await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
    assert (limiter.busy, limiter.waiting) == (0, 0), f"seed {seed}"
    assert most == 3
    assert served > 100
    assert served + refused + sum(task.cancelled() for task in tasks) == 500
