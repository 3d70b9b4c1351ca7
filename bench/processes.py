"""CPU time and memory of a process with all its children, from /proc where there is one, else through psutil."""

import os
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

PROC = Path("/proc")
HAS_PROC = sys.platform == "linux" and (PROC / "self" / "stat").exists()
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
WATCH_SECONDS = 0.5
SOURCE = "/proc (utime + stime of the whole process tree)" if HAS_PROC else "psutil (this system has no /proc)"


def tree(pid: int) -> list[int]:
    """`pid` and every living descendant."""
    if not HAS_PROC:
        import psutil

        return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [pid]
    for parent in found:  # grows while it is walked: breadth first
        found.extend(children.get(parent, ()))
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time that the tree of `pid` has used, with that of children it has already waited for.

    /proc counts in ticks of 10 ms, too coarse for a round of small requests. The process CPU clock is the same count in
    nanoseconds (clock_getcpuclockid(3): the clock of process P is ~P << 3 | 2).
    """
    if not HAS_PROC:
        import psutil

        return sum(sum(psutil.Process(member).cpu_times()[:4]) for member in tree(pid))
    total = 0.0
    for member in tree(pid):
        fields = _stat(member)
        if fields is None:
            continue
        try:
            own = time.clock_gettime(~member << 3 | 2)
        except OSError:
            own = (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND
        total += own + (int(fields[13]) + int(fields[14])) / TICKS_PER_SECOND
    return total


def resident_megabytes(pid: int) -> float:
    """Resident memory of the tree of `pid`, in MB (10^6 bytes)."""
    if not HAS_PROC:
        import psutil

        return sum(psutil.Process(member).memory_info().rss for member in tree(pid)) / 1e6
    pages = 0
    for member in tree(pid):
        try:
            pages += int((PROC / str(member) / "statm").read_text().split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextmanager
def peak_resident_megabytes(pid: int, *, watched: bool) -> Generator[list[float]]:
    """Resident memory of the tree of `pid` at the end, and each half second until then where `watched`."""
    found: list[float] = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(WATCH_SECONDS):
            found.append(resident_megabytes(pid))

    watcher = threading.Thread(target=watch)
    if watched:
        watcher.start()
    try:
        yield found
    finally:
        ended.set()
        if watched:
            watcher.join()
        found.append(resident_megabytes(pid))


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat after the command name (0 is the state, 1 the parent), None when it has ended."""
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text[text.rindex(")") + 2 :].split()
