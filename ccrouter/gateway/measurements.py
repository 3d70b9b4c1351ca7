"""How quick and how busy targets are, and whose turn it is in each group: what a group's strategy goes by.

With several workers it is all workers' requests that count.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ccrouter.config.types import Target
from ccrouter.model.json import Json, as_int, as_list, as_str
from ccrouter.sharing.room import ALONE, Key, Room
from ccrouter.upstream.strategies import Measured, smoothed


@dataclass(slots=True)
class _Known:
    """As `Measured`, of this worker's own requests; changed with each."""

    open_requests: int = 0
    first_token: float | None = None
    measured_at: float = 0.0


class Measurements:
    """Nothing of it outlives the daemon."""

    def __init__(self, room: Room = ALONE) -> None:
        self._room = room
        self._known: dict[Target, _Known] = {}
        self._turns: dict[str, int] = {}
        self._compared: set[Target] = set()
        """Members of groups: only of these the other workers want to know."""
        self._elsewhere: dict[tuple[Target, int], int] = {}
        """Requests under way in other workers, by target and process."""
        room.follow("turn", self._told_of_turn)
        room.follow("open", self._told_of_open)
        room.follow("first token", self._told_of_first_token)

    def began(self, target: Target) -> None:
        """An attempt is on its way."""
        known = self._known.get(target) or self._of_new(target)
        known.open_requests += 1
        if self._room.shared:
            self._tell_open(target, known)

    def ended(self, target: Target, first_token: float | None, now: float) -> None:
        """An attempt is over; seconds to its first token where it came to one."""
        known = self._known.get(target) or self._of_new(target)
        known.open_requests -= 1
        if first_token is not None:
            known.first_token = smoothed(known.first_token, known.measured_at, first_token, now)
            known.measured_at = now
        if self._room.shared:
            self._tell_open(target, known)
            if first_token is not None and target in self._compared:
                self._room.put("first token", (target.provider, target.model), [known.first_token, known.measured_at])

    def turn(self, group: str, *, keep: bool) -> int:
        """The group's next turn; `keep` only looks."""
        with self._room.exclusive():
            turn = self._turns.get(group, -1) + 1
            if not keep:
                self._turns[group] = turn
                self._room.put("turn", (group,), turn)
        return turn

    def of(self, members: Iterable[Target]) -> Mapping[Target, Measured]:
        """What is known of a group's members."""
        self._compared.update(members)
        self._room.look()
        found: dict[Target, Measured] = {}
        for member in members:
            known = self._known.get(member) or self._of_new(member)
            found[member] = Measured(known.open_requests, known.first_token, known.measured_at)
        for (target, _), count in self._elsewhere.items():
            if (here := found.get(target)) is not None:
                found[target] = replace(here, open_requests=here.open_requests + count)
        return found

    def _of_new(self, target: Target) -> _Known:
        return self._known.setdefault(target, _Known())

    def _tell_open(self, target: Target, known: _Known) -> None:
        if target in self._compared:
            count = known.open_requests
            self._room.put("open", (target.provider, target.model, self._room.process), count or None, own=True)

    def _told_of_turn(self, key: Key, value: Json) -> None:
        self._turns[as_str(key[0]) or ""] = as_int(value) or 0

    def _told_of_open(self, key: Key, value: Json) -> None:
        place = target_of(key), as_int(key[2]) or 0
        if count := as_int(value):
            self._elsewhere[place] = count
        else:
            self._elsewhere.pop(place, None)

    def _told_of_first_token(self, key: Key, value: Json) -> None:
        first, at = [*(as_list(value) or ()), None, None][:2]
        if isinstance(first, float) and isinstance(at, float):
            target = target_of(key)
            known = self._known.get(target) or self._of_new(target)
            known.first_token, known.measured_at = first, at


def target_of(key: Key) -> Target:
    """The target that a key on the board begins with."""
    return Target(as_str(key[0]) or "", as_str(key[1]) or "")
