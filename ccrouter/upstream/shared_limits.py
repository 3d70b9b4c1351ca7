"""What the workers' limiters for one provider tell each other, so that together they keep its limits.

The rate windows are common. Who is under way and who waits is counted by worker, so that the counts of one that dies go
with it. First come, first served holds across workers: none lets anybody in while another has someone who has waited
longer.
"""

from dataclasses import dataclass, field

from ccrouter.frozen import frozen
from ccrouter.model.json import Json, as_int, as_list, as_str
from ccrouter.sharing.room import ALONE, Key, Room
from ccrouter.upstream.rate_window import Taken, Window

RATES = ("rpm", "tpm")


@frozen
class Line:
    """One worker's requests for the provider: under way, waiting, and since when the first of these waits (inf: none
    does), in seconds of the machine's steady clock."""

    busy: int = 0
    waiting: int = 0
    since: float = float("inf")


@dataclass(slots=True)
class Elsewhere:
    """What the other workers have told of one provider."""

    lines: dict[int, Line] = field(default_factory=dict[int, Line])
    entries: dict[str, tuple[Taken, ...]] = field(default_factory=dict[str, tuple[Taken, ...]])
    """By RATES: what all workers took within the last minute."""

    @property
    def busy(self) -> int:
        """Their requests under way."""
        return sum(line.busy for line in self.lines.values()) if self.lines else 0

    @property
    def waiting(self) -> int:
        """Their requests that wait."""
        return sum(line.waiting for line in self.lines.values()) if self.lines else 0

    @property
    def since(self) -> float:
        """Since when their first waits."""
        return min([line.since for line in self.lines.values()], default=float("inf"))


class SharedLimits:
    """All providers' of one gateway."""

    def __init__(self, room: Room = ALONE) -> None:
        self.room = room
        self._providers: dict[str, Elsewhere] = {}
        self._told_line: dict[str, Line] = {}
        room.follow("line", self._told_of_line)
        room.follow("rate", self._told_of_rate)

    def of(self, provider: str) -> Elsewhere:
        """What is known of the provider from elsewhere; changes as others tell of it."""
        return self._providers.setdefault(provider, Elsewhere())

    def tell_line(self, provider: str, line: Line) -> None:
        """This is how things are here now."""
        if self.room.shared and self._told_line.get(provider, Line()) != line:
            self._told_line[provider] = line
            told: list[Json] = [line.busy, line.waiting, line.since if line.waiting else None]
            self.room.put("line", (provider, self.room.process), told if line.busy or line.waiting else None, own=True)

    def tell_rate(self, provider: str, rate: str, window: Window) -> None:
        """This is what all have taken, this worker included."""
        if self.room.shared:
            self.of(provider).entries[rate] = window.entries
            self.room.put("rate", (provider, rate), packed(window.entries))

    def _told_of_line(self, key: Key, value: Json) -> None:
        lines, worker = self.of(as_str(key[0]) or "").lines, as_int(key[1]) or 0
        told = as_list(value)
        if told is None:
            lines.pop(worker, None)
            return
        busy, waiting, since = [*told, None, None, None][:3]
        first = since if isinstance(since, float) else float("inf")
        lines[worker] = Line(as_int(busy) or 0, as_int(waiting) or 0, first)

    def _told_of_rate(self, key: Key, value: Json) -> None:
        self.of(as_str(key[0]) or "").entries[as_str(key[1]) or ""] = unpacked(value)


def packed(entries: tuple[Taken, ...]) -> Json:
    """A window's entries as few bytes: the first one's time in milliseconds, then each one's distance to the one before
    and its amount."""
    flat: list[Json] = []
    before = 0
    for when, much in entries:
        milliseconds = round(when * 1000)
        flat += [milliseconds - before, much]
        before = milliseconds
    return flat


def unpacked(value: Json) -> tuple[Taken, ...]:
    """The entries that `packed` made it of, to the millisecond."""
    numbers = [number for item in as_list(value) or () if (number := as_int(item)) is not None]
    entries: list[Taken] = []
    at = 0
    for distance, much in zip(numbers[::2], numbers[1::2], strict=False):
        at += distance
        entries.append((at / 1000, much))
    return tuple(entries)
