"""Which program listens on a port, where the system tells: /proc on Linux, lsof elsewhere."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

LISTENING: Final = "0A"
"""TCP_LISTEN in /proc/net/tcp (the kernel's include/net/tcp_states.h)."""


def port_holder(port: int) -> str | None:
    """`nginx (pid 123)`; None where that cannot be found out (another user's, mostly)."""
    found = _by_proc(port) if sys.platform == "linux" else None
    return found or _by_lsof(port)


def _by_proc(port: int) -> str | None:
    sockets = {f"socket:[{inode}]" for inode in _inodes(port)}
    if not sockets:
        return None
    for process in Path("/proc").glob("[0-9]*"):
        try:
            links = [str(link.readlink()) for link in (process / "fd").iterdir()]
            if not sockets.isdisjoint(links):
                return f"{(process / 'comm').read_text().strip()} (pid {process.name})"
        except OSError:  # it has ended, or is another user's
            continue
    return None


def _inodes(port: int) -> set[str]:
    inodes: set[str] = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if len(fields) > 9 and fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(fields[9])
    return inodes


def _by_lsof(port: int) -> str | None:
    lsof = shutil.which("lsof")
    if lsof is None:
        return None
    try:
        told = subprocess.run(  # noqa: S603 - a fixed command
            [lsof, "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-Fpc"],
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    fields = {line[0]: line[1:] for line in told.splitlines() if line}
    return f"{fields.get('c', '?')} (pid {fields['p']})" if "p" in fields else None
