"""Numbers as the status line writes them: as CCR does (statusline.ts of its 2.0)."""

from __future__ import annotations

from math import floor


def fixed(number: float, digits: int) -> str:
    """JavaScript's toFixed, which rounds halves up."""
    scale = 10**digits
    return f"{floor(number * scale + 0.5) / scale:.{digits}f}"


def tokens(count: float, digits: int = 1) -> str:
    """`999`, `1000`, `12.3k`."""
    return f"{fixed(count / 1000, digits)}k" if count > 1000 else f"{count:.0f}"


def dollars(amount: float) -> str:
    """`0.50¢` below a cent, else `$0.15`."""
    return f"{fixed(amount * 100, 2)}¢" if amount < 0.01 else f"${fixed(amount, 2)}"


def duration(milliseconds: float) -> str:
    """`850ms`, `3.2s`, `1m5s`."""
    if milliseconds < 1000:
        return f"{milliseconds:.0f}ms"
    if milliseconds < 59_950:
        return f"{fixed(milliseconds / 1000, 1)}s"
    minutes, seconds = divmod(floor(milliseconds / 1000 + 0.5), 60)
    return f"{minutes}m{seconds}s"
