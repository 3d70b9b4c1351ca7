"""The custom router's answers, failures and hangs. The functions here are what users' files might hold."""

import asyncio
import threading
import time
from pathlib import Path

import pytest

from ccrouter.api import Config, RouteRequest
from ccrouter.gateway import custom_router as module
from ccrouter.gateway.custom_router import CustomRouter, Route
from ccrouter.router import CustomAnswer, hints_of
from tests.router.requests import CONFIG, IMAGE, THINK, main

FILE = Path(__file__)


def view(tokens: int = 10) -> RouteRequest:
    return RouteRequest(main(), {}, hints_of({}), "s-1", None, lambda: tokens)


async def ask(route: Route, *, seconds: float = 5.0) -> tuple[CustomAnswer, CustomRouter]:
    router = CustomRouter(FILE, route, seconds=seconds)
    return await router.ask(view(), CONFIG), router


@pytest.mark.parametrize("said", ["openrouter,z-ai/glm-4.5v", "OpenRouter,Z-AI/glm-4.5v", "openrouter/z-ai/glm-4.5v"])
async def test_a_plain_function(said: str) -> None:
    answer, router = await ask(lambda request, config: said)
    assert answer == CustomAnswer(IMAGE, f"the custom router {FILE.name} chose {IMAGE}")
    assert router.problems == ()


async def test_a_coroutine_and_its_loop_is_the_same_each_time() -> None:
    loops: set[int] = set()

    async def route(request: RouteRequest, config: Config) -> str:
        await asyncio.sleep(0)
        loops.add(id(asyncio.get_running_loop()))
        return "deepseek,deepseek-reasoner"

    router = CustomRouter(FILE, route)
    assert [(await router.ask(view(), CONFIG)).target for _ in range(3)] == [THINK] * 3
    assert len(loops) == 1
    assert id(asyncio.get_running_loop()) not in loops


async def test_it_may_count_and_the_counting_happens_on_the_daemons_loop() -> None:
    threads: list[threading.Thread] = []

    def count() -> int:
        threads.append(threading.current_thread())
        return 90_000

    def route(request: RouteRequest, config: Config) -> str | None:
        return "deepseek,deepseek-reasoner" if request.tokens > 60_000 else None

    answer = await CustomRouter(FILE, route).ask(RouteRequest(main(), {}, hints_of({}), None, None, count), CONFIG)
    assert answer.target == THINK
    assert threads == [threading.current_thread()]


@pytest.mark.parametrize("said", [None, "", False])
async def test_nothing_is_said(said: object) -> None:
    answer, router = await ask(lambda request, config: said)
    assert answer.target is None
    assert not answer.failed
    assert "leaves it to the rules" in answer.why
    assert router.problems == ()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (7, "it returned an int, not a text"),
        (["deepseek,deepseek-chat"], "it returned a list, not a text"),
        ("nobody,x", "Provider 'nobody' is not configured. Configured are:"),
        ("nonsense", "Provider 'nonsense' is not configured"),
    ],
)
async def test_nonsense_is_told_and_passed_over(said: object, told: str) -> None:
    answer, router = await ask(lambda request, config: said)
    assert answer.target is None
    assert answer.failed
    (problem,) = router.problems
    assert told in str(problem)
    assert "The built-in rules decided instead" in str(problem)


async def test_an_exception_is_told_with_its_line_and_once() -> None:
    def route(request: RouteRequest, config: Config) -> str:
        raise KeyError("model")

    router = CustomRouter(FILE, route)
    for _ in range(3):
        assert (await router.ask(view(), CONFIG)).failed
    (problem,) = router.problems
    assert "KeyError: 'model'" in str(problem)
    assert problem.line == route.__code__.co_firstlineno + 1


async def test_exits_do_not_end_the_daemon() -> None:
    def route(request: RouteRequest, config: Config) -> str:
        raise SystemExit(1)

    answer, _ = await ask(route)
    assert answer.failed


async def test_words_that_differ_each_time_do_not_pile_up() -> None:
    numbers = iter(range(100))
    router = CustomRouter(FILE, lambda request, config: f"nobody{next(numbers)},x")
    for _ in range(20):
        await router.ask(view(), CONFIG)
    assert len(router.problems) == module.MAX_TOLD


async def test_one_that_blocks_neither_holds_the_request_nor_the_loop() -> None:
    release = threading.Event()

    def route(request: RouteRequest, config: Config) -> None:
        release.wait(30)

    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.create_task(tick())
    begun = time.monotonic()
    answer, router = await ask(route, seconds=0.2)
    took = time.monotonic() - begun
    ticking.cancel()
    release.set()
    assert answer.failed
    assert "it did not answer within 0.2 seconds" in answer.why
    assert took < 2
    assert ticks >= 3
    assert router.problems


async def test_a_coroutine_that_waits_for_ever_is_cancelled() -> None:
    cancelled = threading.Event()

    async def route(request: RouteRequest, config: Config) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    answer, _ = await ask(route, seconds=0.05)
    assert answer.failed
    assert await asyncio.to_thread(cancelled.wait, 5)


async def test_calls_that_never_return_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_RUNNING", 2)
    release = threading.Event()
    calls = 0

    def route(request: RouteRequest, config: Config) -> str:
        nonlocal calls
        calls += 1
        release.wait(30)
        return "deepseek,deepseek-reasoner"

    router = CustomRouter(FILE, route, seconds=0.05)
    answers = [await router.ask(view(), CONFIG) for _ in range(3)]
    assert calls == 2
    assert "2 calls of it have not returned yet" in answers[2].why
    release.set()
    targets = [answers[2].target]
    while targets[-1] is None and len(targets) < 200:  # the threads end in their own time
        targets.append((await router.ask(view(), CONFIG)).target)
        await asyncio.sleep(0.01)
    assert targets[-1] == THINK
