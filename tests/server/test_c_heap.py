"""What glibc's heap is told."""

import ctypes
import subprocess
import sys
import threading

import pytest

from ccrouter.server import c_heap


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc has the function")
def test_the_function_is_there_and_works() -> None:
    trim = c_heap.trimmer()
    assert trim is not None
    trim()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc has heaps for threads")
def test_threads_share_a_heap() -> None:
    code = """
import ctypes, re, sys, threading
from ccrouter.server.c_heap import one_heap
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


@pytest.mark.skipif(c_heap.trimmer() is None, reason="only glibc keeps pieces for each thread")
def test_freed_pieces_that_a_thread_keeps_are_freed_for_all() -> None:
    library = ctypes.CDLL(None)
    library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, (ctypes.c_size_t,)
    library.free.restype, library.free.argtypes = None, (ctypes.c_void_p,)
    found: list[bool] = []

    def work() -> None:  # in a thread of its own: nothing else in it asks for pieces of this size
        kept = {library.malloc(1000) for _ in range(5)}
        for piece in kept:
            library.free(piece)
        again = library.malloc(1000)
        found.append(again in kept)
        library.free(again)
        give = c_heap.free_cached()
        found.append(library.malloc(1000) in kept)
        other = threading.Thread(target=give)
        other.start()
        other.join()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [True, False]
