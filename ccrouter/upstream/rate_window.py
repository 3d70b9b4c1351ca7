"""How much went out within the last minute, and how long the next must wait. Pure: the clock is given.

A window that slides, not a bucket that fills: providers count by fixed minutes, by sliding ones or with buckets, and a
full bucket lets nearly twice its limit out in its first minute (10 a minute: 10 at once, one every 6 s, 19 in all).
What passes the window passes each of them.
"""

from dataclasses import replace
from typing import Final, TypeAlias

from ccrouter.frozen import frozen

MINUTE: Final = 60.0
Taken: TypeAlias = tuple[float, int]
"""When, in seconds of any steady clock, and how much."""


@frozen
class Window:
    """The last minute of something that is limited to `limit` a minute."""

    limit: int
    entries: tuple[Taken, ...] = ()
    """Oldest first. What was taken within the same second is one entry, which counts until the last of it is a minute
    old: a window has at most 61 entries, whatever its limit."""


def wait_for(window: Window, amount: int, now: float) -> float:
    """Seconds until `amount` may be taken; 0 when it may be now.

    What is larger than the limit itself goes when nothing else went for a minute: waiting longer would not help.
    """
    live = _live(window, now)
    excess = sum([much for _, much in live]) + min(amount, window.limit) - window.limit
    for when, much in live:
        if excess <= 0:
            break
        excess -= much
        if excess <= 0:
            return max(when + MINUTE - now, 0.0)
    return 0.0


def taken(window: Window, amount: int, now: float) -> Window:
    """The window once `amount` was taken, whether or not it might have been."""
    if amount <= 0:
        return window
    live = _live(window, now)
    if live and int(live[-1][0]) == int(now):
        return replace(window, entries=(*live[:-1], (now, live[-1][1] + amount)))
    return replace(window, entries=(*live, (now, amount)))


def given_back(window: Window, amount: int) -> Window:
    """The window once `amount` of what was taken last turned out not to be used."""
    entries = list(window.entries)
    while entries and amount > 0:
        when, much = entries.pop()
        if much > amount:
            entries.append((when, much - amount))
        amount -= much
    return replace(window, entries=tuple(entries))


def _live(window: Window, now: float) -> tuple[Taken, ...]:
    entries = window.entries
    gone = 0
    while gone < len(entries) and now - entries[gone][0] >= MINUTE:
        gone += 1
    return entries[gone:] if gone else entries
