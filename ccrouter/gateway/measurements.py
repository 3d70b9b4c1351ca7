"""How quick and how busy targets are, and whose turn it is in each group: what a group's strategy goes by.

With several workers it is all workers' requests that count.
"""

from collections.abc import Iterable, Mapping

from ccrouter.config.types import Target
from ccrouter.model.json import Json, as_int, as_list, as_str
from ccrouter.sharing.room import ALONE, Key, Room
from ccrouter.upstream.strategies import Measured, began, ended


class Measurements:
    """Nothing of it outlives the daemon."""

    def __init__(self, room: Room = ALONE) -> None:
        self._room = room
        self._measured: dict[Target, Measured] = {}
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
        self._measured[target] = began(self._measured.get(target, Measured()))
        self._tell_open(target)

    def ended(self, target: Target, first_token: float | None, now: float) -> None:
        """An attempt is over; seconds to its first token where it came to one."""
        known = self._measured[target] = ended(self._measured.get(target, Measured()), first_token, now)
        self._tell_open(target)
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
        if not self._elsewhere:
            return self._measured
        found = {member: self._measured.get(member, Measured()) for member in members}
        for (target, _), count in self._elsewhere.items():
            if (known := found.get(target)) is not None:
                found[target] = Measured(known.open_requests + count, known.first_token, known.measured_at)
        return found

    def _tell_open(self, target: Target) -> None:
        if self._room.shared and target in self._compared:
            count = self._measured[target].open_requests
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
            known = self._measured.get(target_of(key), Measured())
            self._measured[target_of(key)] = Measured(known.open_requests, first, at)


def target_of(key: Key) -> Target:
    """The target that a key on the board begins with."""
    return Target(as_str(key[0]) or "", as_str(key[1]) or "")
