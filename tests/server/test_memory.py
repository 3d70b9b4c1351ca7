"""Freed memory goes back to the system."""

import asyncio
import subprocess
import sys

import pytest

from ccrouter.server import memory


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
