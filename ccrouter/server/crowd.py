"""Where Python takes memory from while a crowd of requests is under way.

Python's allocator for small objects gets memory from the system by the megabyte (an arena), and gives one back when
nothing in it is used any more. A thousand open streams take forty of them, and none is free afterwards: each holds a
few things that happened to be made meanwhile and stay (an idle connection, a record of the journal, a number). Measured
a while after such a crowd: 66 arenas for 25 MB of objects. glibc's `malloc` gives back single pages of 4 KB
(`c_heap.py`), but a small request takes a tenth longer with it. So it serves only while there is a crowd.

Nothing is exchanged but what new objects are made with. Objects of more than 512 bytes are `malloc`'s at any time,
hence Python's own `realloc` and `free` look whose a block is and stay in charge: what was made before a crowd may go in
it, and the other way round. Only `sys.getallocatedblocks()` counts wrong from then on.
"""

import ctypes
import os
import sys
from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

from ccrouter.server.c_heap import trimmer

MANY: Final = 100
"""Requests under way are a crowd from so many on."""
FEW: Final = 50
"""With so many it is over."""

DOMAINS: Final = (1, 2)
"""PYMEM_DOMAIN_MEM and PYMEM_DOMAIN_OBJ of the C API; domain 0 is C's malloc."""


class Allocator(ctypes.Structure):
    """The C API's `PyMemAllocatorEx`."""

    _fields_ = (
        ("ctx", ctypes.c_void_p),
        ("malloc", ctypes.c_void_p),
        ("calloc", ctypes.c_void_p),
        ("realloc", ctypes.c_void_p),
        ("free", ctypes.c_void_p),
    )


class Allocators(NamedTuple):
    """By domain: what there is without a crowd, and with one."""

    usual: tuple[Allocator, ...]
    crowded: tuple[Allocator, ...]


class Crowd:
    """Whether there is one."""

    def __init__(self) -> None:
        self.lasts = False

    def see(self, under_way: int) -> None:
        """So many requests are under way now. While a crowd lasts it must hear of it at each new request: what comes
        after it is served as usual again.
        """
        begins = not self.lasts and under_way >= MANY
        if (begins or (self.lasts and under_way <= FEW)) and (found := allocators()) is not None:
            self.lasts = begins
            use(found.crowded if begins else found.usual)


crowd: Final = Crowd()
"""Everybody's: a process has one allocator."""


@cache
def allocators() -> Allocators | None:
    """None where Python's is not the one that this was made for, or C's gives nothing back."""
    if not suits() or trimmer() is None:
        return None
    raw, usual = allocator_of(0), tuple([allocator_of(domain) for domain in DOMAINS])
    if any(one.ctx for one in (raw, *usual)):
        return None  # somebody watches them: tracemalloc, or a debug build
    return Allocators(usual, tuple([Allocator(None, raw.malloc, raw.calloc, one.realloc, one.free) for one in usual]))


def suits() -> bool:
    """Whether small objects come from pymalloc: CPython's own choice unless it is built or started otherwise."""
    return (
        sys.implementation.name == "cpython"
        and sys.version_info < (3, 14)  # the last one that this was tried with is 3.13
        and "t" not in sys.abiflags  # without the GIL it is mimalloc
        and "PYTHONMALLOC" not in os.environ
    )


def allocator_of(domain: int) -> Allocator:
    """The one in use."""
    found = Allocator()
    ctypes.pythonapi.PyMem_GetAllocator(domain, ctypes.byref(found))
    return found


def use(chosen: Sequence[Allocator]) -> None:
    """Have `chosen` make what is made from now on."""
    for domain, allocator in zip(DOMAINS, chosen, strict=True):
        ctypes.pythonapi.PyMem_SetAllocator(domain, ctypes.byref(allocator))
