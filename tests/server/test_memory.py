"""What is no longer needed goes, and what is freed goes back to the system."""

import asyncio
import gc
import subprocess
import sys

import pytest

from ccrouter.config.types import RouterConfig, Target
from ccrouter.model.request import Message
from ccrouter.server import memory
from tests.server.conftest import Router
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.replies import text


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc has the function")
def test_the_function_is_there_and_works() -> None:
    trim = memory.trimmer()
    assert trim is not None
    trim()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc has heaps for threads")
def test_threads_share_a_heap() -> None:
    code = """
import ctypes, re, sys, threading
from ccrouter.server.memory import one_heap
assert one_heap() is True
together = threading.Barrier(9)
def work():
    together.wait()
    kept.append([ctypes.create_string_buffer(4000) for _ in range(100)])
    together.wait()
kept = []
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
together.wait(); together.wait()
sys.stderr.flush()
ctypes.CDLL(None).malloc_stats()
for thread in threads: thread.join()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("Arena ") == 1, done.stderr


async def test_only_after_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    trims: list[int] = []
    requests = [0]
    again = asyncio.Event()

    async def sleep(seconds: float) -> None:
        assert seconds == 7
        again.clear()
        await again.wait()

    monkeypatch.setattr(memory, "trimmer", lambda: lambda: trims.append(requests[0]))
    monkeypatch.setattr(memory.asyncio, "sleep", sleep)
    task = asyncio.ensure_future(memory.give_back(lambda: requests[0], seconds=7))
    for count in (0, 3, 3, 5):
        requests[0] = count
        await turns()
        again.set()
        await turns()
        await asyncio.get_running_loop().run_in_executor(None, lambda: None)  # behind the trim, in the same pool
        await turns()
    task.cancel()
    assert trims == [3, 5]


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
