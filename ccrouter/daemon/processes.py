"""Whether a process exists, and how to end one, on each platform."""

import ctypes
import os
import signal
import sys
from pathlib import Path

WINDOWS = sys.platform == "win32"


def process_exists(pid: int) -> bool:
    """True while the process runs. One that has ended and only waits to be reaped does not count.

    This says nothing about *which* program runs under that number.
    """
    if pid <= 0:
        return False
    if WINDOWS:
        return _windows_process_exists(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def end_process(pid: int, *, force: bool = False) -> None:
    """Ask the process to end (SIGTERM), or end it at once (SIGKILL). On Windows both are TerminateProcess.

    A process that is gone already is fine. Raises PermissionError where it is somebody else's.
    """
    if not process_exists(pid):
        return
    kind = signal.SIGTERM if WINDOWS or not force else signal.SIGKILL
    try:
        os.kill(pid, kind)
    except ProcessLookupError:
        return


def _is_zombie(pid: int) -> bool:
    """Linux tells in /proc. A container's process 1 often reaps nothing, so a stopped daemon would look alive."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return False
    return stat.rpartition(b")")[2].split()[:1] == [b"Z"]


def _windows_process_exists(pid: int) -> bool:
    """`os.kill(pid, 0)` would send Ctrl-C there; a handle that can be waited for is the way to ask."""
    synchronize, wait_timeout = 0x0010_0000, 0x102
    kernel32 = getattr(ctypes, "windll").kernel32  # noqa: B009 - the attribute exists on Windows only
    kernel32.OpenProcess.restype = ctypes.c_void_p
    handle = kernel32.OpenProcess(synchronize, False, pid)
    if not handle:
        access_denied = 5
        return bool(kernel32.GetLastError() == access_denied)
    try:
        return bool(kernel32.WaitForSingleObject(ctypes.c_void_p(handle), 0) == wait_timeout)
    finally:
        kernel32.CloseHandle(ctypes.c_void_p(handle))
