"""What is no longer needed goes, and what is freed goes back to the system."""

import asyncio
import gc
import subprocess
import sys
import threading
import time

import pytest

from ccrouter.config.types import RouterConfig, Target
from ccrouter.model.request import Message
from ccrouter.server import memory
from ccrouter.server.memory import Due
from tests.server.conftest import Router
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.replies import text


def nothing_unused() -> bool:
    return False


def test_while_requests_come_memory_is_given_back_now_and_then() -> None:
    looks = memory.Looks()
    found = [looks.due(requests, 2, nothing_unused) for requests in (3, 5, 7, 9, 11, 13)]
    assert found == [Due.NOTHING, Due.NOTHING, Due.TRIM] * 2


def test_nothing_is_due_where_nothing_has_come() -> None:
    looks = memory.Looks()
    assert [looks.due(0, 0, nothing_unused) for _ in range(5)] == [Due.NOTHING] * 5


def test_a_lull_is_swept_once() -> None:
    looks = memory.Looks()
    found = [looks.due(requests, 0, nothing_unused) for requests in (3, 3, 3, 3, 4, 4, 4)]
    nothing, sweep = Due.NOTHING, Due.SWEEP
    assert found == [nothing, sweep, nothing, nothing, nothing, sweep, nothing]


def test_an_open_stream_is_no_lull() -> None:
    looks = memory.Looks()
    found = [looks.due(1, open_ones, nothing_unused) for open_ones in (1, 1, 1, 1, 1, 0)]
    assert found == [Due.NOTHING, Due.NOTHING, Due.TRIM, Due.NOTHING, Due.NOTHING, Due.SWEEP]


def test_what_is_not_used_any_more_goes_in_a_lull_and_only_then() -> None:
    looks = memory.Looks()
    asked: list[int] = []

    def unused() -> bool:
        asked.append(1)
        return len(asked) == 3

    assert [looks.due(1, 1, unused) for _ in range(3)] == [Due.NOTHING, Due.NOTHING, Due.TRIM]
    assert asked == []
    assert [looks.due(1, 0, unused) for _ in range(4)] == [Due.SWEEP, Due.NOTHING, Due.SWEEP, Due.NOTHING]


async def test_it_looks_sweeps_and_gives_back(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    heard: list[int] = []
    requests = [0]
    again = asyncio.Event()

    def tidy() -> None:
        done.append(f"tidy at {requests[0]}")

    async def sleep(seconds: float) -> None:
        if seconds == memory.CLOSING_SECONDS:
            return
        assert seconds == 7
        again.clear()
        await again.wait()

    async def sweep() -> None:
        done.append(f"sweep at {requests[0]}")

    monkeypatch.setattr(memory, "trimmer", lambda: lambda: done.append(f"trim at {requests[0]}"))
    monkeypatch.setattr(memory, "sweep", sweep)
    monkeypatch.setattr(memory.asyncio, "sleep", sleep)
    task = asyncio.ensure_future(
        memory.give_back(lambda: requests[0], lambda: 0, heard.append, nothing_unused, tidy, seconds=7)
    )
    for count in (0, 3, 3, 3, 4, 5, 6):
        requests[0] = count
        await turns()
        again.set()
        await turns()
    task.cancel()
    assert done == ["tidy at 3", "sweep at 3", "trim at 3", "trim at 6"]
    assert heard == [0] * 7


def test_names_that_pythons_cache_holds_go() -> None:
    """In 3.11 each such match looks up a name that is made for it, and the cache keeps thousands of them."""
    code = """
import sys
from dataclasses import dataclass
from ccrouter.server.memory import clear_caches
@dataclass
class Part:
    value: int
clear_caches()
before = sys.getallocatedblocks()
kept = []
for number in range(5000):
    match Part(number):
        case Part(value):
            kept.append(object())  # else each name would be made in the place of the one before
kept.clear()
clear_caches()
assert sys.getallocatedblocks() - before < 500, sys.getallocatedblocks() - before
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


async def test_work_is_done_in_a_thread_that_ends() -> None:
    seen: list[threading.Thread] = []
    await memory.apart(lambda: seen.append(threading.current_thread()))
    (thread,) = seen
    assert thread is not threading.current_thread()
    assert not thread.is_alive()


async def test_idle_threads_end_and_the_next_work_is_done() -> None:
    memory.end_idle_threads()  # there are none yet
    old = await asyncio.to_thread(threading.current_thread)
    working = asyncio.ensure_future(asyncio.to_thread(time.sleep, 0.2))
    await asyncio.sleep(0)
    memory.end_idle_threads()
    await working
    assert await asyncio.to_thread(threading.current_thread) is not old
    old.join(10)
    assert not old.is_alive()


async def turns() -> None:
    """Let the loop go round a few times."""
    for _ in range(5):
        await asyncio.get_running_loop().run_in_executor(None, lambda: None)


@pytest.mark.parametrize("longest", [1, 100_000_000])
async def test_conversations_that_were_served_do_not_stay(router: Router, longest: int) -> None:
    """Whatever the journal keeps for `ccr explain` and reloads, and whether or not tokens were counted to route."""
    turns = 60
    loop = [message for at in range(turns) for message in (user(f"{at}"), {"role": "assistant", "content": f"{at}"})]
    body = {"model": "claude-x", "max_tokens": 100, "messages": [*loop, user("Go on.")]}
    config = RouterConfig(Target("mock", "m-text"), long_context=Target("mock", "m-bg"), long_context_threshold=longest)
    with OpenAIChatUpstream(lambda body: text("Yes.")) as upstream:
        async with router(upstream.endpoint, router=config) as client:
            before = living_messages()
            for number in range(20):
                reply = await client.post("/v1/messages", json={**body, "system": f"You are number {number}."})
                await reply.read()
                assert (reply.status, reply.headers["x-ccr-target"]) == (
                    200,
                    "mock,m-bg" if longest == 1 else "mock,m-text",
                )
            assert living_messages() - before < 20 * turns / 4


def user(words: str) -> dict[str, str]:
    return {"role": "user", "content": words}


def living_messages() -> int:
    gc.collect()
    return sum(isinstance(thing, Message) for thing in gc.get_objects())
