"""Where a run was made."""

import os
import platform
from pathlib import Path

LOAD_AT_START = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
"""How busy the machine was with other things before the benchmark began: processes that ran or wanted to."""


def machine() -> str:
    """One line on the processor, its cores, memory, system and Python, and on how busy it was."""
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    parts = [_processor(), f"{os.cpu_count()} cores", _memory(), system, f"Python {platform.python_version()}"]
    parts.append("" if LOAD_AT_START is None else f"load {LOAD_AT_START:.1f} before")
    return ", ".join(part for part in parts if part)


def _processor() -> str:
    return named_in(Path("/proc/cpuinfo"), "model name")


def _memory() -> str:
    kilobytes = named_in(Path("/proc/meminfo"), "MemTotal").removesuffix(" kB")
    return f"{int(kilobytes) / 1e6:.0f} GB" if kilobytes else ""


def named_in(path: Path, name: str) -> str:
    """The value of the first `name : value` line of a file in /proc; empty where there is none."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""
