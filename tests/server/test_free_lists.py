"""Freed objects that libraries keep are exchanged."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from ccrouter.server import free_lists

MAKERS = ("handle", "timer", "iterator", "request", "response")
KEPT = 250


@pytest.mark.parametrize("kind", MAKERS)
def test_none_of_the_old_ones_comes_back(kind: str) -> None:

    uvloop = pytest.importorskip("uvloop")

    async def main() -> tuple[set[int], set[int], set[int]]:
        loop = asyncio.get_running_loop()
        makers: dict[str, Callable[[], Any]] = {
            "handle": lambda: loop.call_soon(free_lists.nothing),
            "timer": lambda: loop.call_later(free_lists.LATER_SECONDS, free_lists.nothing),
            "iterator": lambda: iter(loop.create_future()),
            "request": free_lists.request_head,
            "response": free_lists.response_head,
        }

        async def places() -> set[int]:
            made = [makers[kind]() for _ in range(KEPT)]
            if kind == "timer":
                for timer in made:
                    timer.cancel()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            return set(map(id, made))

        first, again = await places(), await places()
        await free_lists.renew()
        return first, again, await places()

    first, again, renewed = uvloop.run(main())
    assert len(first & again) > KEPT / 2, "it is not kept at all"
    assert len(renewed & again) < KEPT / 10


async def test_an_unknown_version_of_aiohttp(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def otherwise() -> None:
        made.append(1)
        raise TypeError

    monkeypatch.setattr(free_lists, "request_head", otherwise)
    await free_lists.renew()
    assert made == [1]
