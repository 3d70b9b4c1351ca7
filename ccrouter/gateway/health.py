"""What the daemon knows of its upstreams: resting keys, learned limits, how quick and busy targets are, who waits.

The decisions are pure functions elsewhere (`upstream/cooldown.py`, `pipeline/learned.py`, `upstream/strategies.py`);
here is their one mutable holder. Resting keys, learned limits and what token counts are off by outlive the daemon.

Where the daemon has several workers, each has a holder, and they know the same: what one changes it tells the others
through its room, and whoever looks takes in what they have told.
"""

import asyncio
import random
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from ccrouter.config.types import Target
from ccrouter.errors import ErrorDetail
from ccrouter.gateway.calibrations import Calibrations
from ccrouter.gateway.limiters import Limiters
from ccrouter.gateway.measurements import Measurements, target_of
from ccrouter.model.json import Json, JsonObject, as_object, as_str
from ccrouter.pipeline import learned as learning
from ccrouter.pipeline.learned import Learned
from ccrouter.pipeline.verifier import MendCounts
from ccrouter.sharing.room import ALONE, Key, Room
from ccrouter.upstream import cooldown
from ccrouter.upstream.cooldown import NOTHING_RESTS, KeyStates, Place, Rest, fingerprint
from ccrouter.upstream.cooldown_json import from_json, rest_from_json, rest_to_json, to_json
from ccrouter.upstream.state_file import read_state, write_state
from ccrouter.upstream.strategies import Circumstances

SAVE_SECONDS: Final = 2.0
"""A change is on disk so long after it happened: one write for many."""


class Health:
    """`path` None keeps everything in memory. `clock` gives seconds since the epoch."""

    def __init__(self, path: Path | None = None, clock: Callable[[], float] = time.time, room: Room = ALONE) -> None:
        self.clock = clock
        self._room = room
        self.limiters = Limiters(room)
        self.mended = MendCounts()
        """What had to be mended in replies, by kind."""
        self.calibrations = Calibrations(self._save_soon, room)
        """How far our token counts are off, by target."""
        self.dice = random.Random()  # noqa: S311 - jitter and draws, no secrets
        self._path = path
        self._states = NOTHING_RESTS
        self._learned: dict[Target, Learned] = {}
        self._measurements = Measurements(room)
        self._saving: asyncio.TimerHandle | None = None
        self._freed = asyncio.Event()
        self._others_began = False
        for kind, told in (
            ("begun", self._told_of_beginning),
            ("rest", self._told_of_rest),
            ("probe", self._told_of_probe),
            ("learned", self._told_of_learned),
        ):
            room.follow(kind, told)
        if path is not None:
            self._begin_with(path)

    def states(self) -> KeyStates:
        """Which keys rest."""
        self._room.look()
        return self._states

    def clear(self, provider: str | None = None) -> int:
        """Let the keys of `provider`, or all, be tried again; how many rests that ended."""
        with self._room.exclusive():
            before = len(self._states.rests)
            self._change(lambda states: cooldown.cleared(states, provider), freed=True)
            return before - len(self._states.rests)

    def keys(self, target: Target, keys: tuple[str, ...], affinity: str | None) -> tuple[str, ...]:
        """The keys that may be tried now, the session's own first: prompt caches are kept by key."""
        if self._room.shared:
            self._room.look()
        if not self._states.rests and len(keys) == 1:
            return keys
        first = zlib.crc32(affinity.encode()) % len(keys) if affinity and keys else 0
        if not self._states.rests:
            return tuple(dict.fromkeys((*keys[first:], *keys[:first])))
        by_print = {fingerprint(key): key for key in keys}
        order = cooldown.order(
            self._states,
            target.provider,
            tuple(by_print),
            target.model,
            now=self.clock(),
            first=min(first, len(by_print) - 1),
        )
        return tuple([by_print[found] for found in order])

    def ready_at(self, target: Target, keys: tuple[str, ...]) -> float | None:
        """When the first of the keys may be tried again; None when one may be now."""
        self._room.look()
        prints = tuple([fingerprint(key) for key in keys])
        return cooldown.ready_at(self._states, target.provider, prints, target.model, self.clock())

    def rest_of(self, target: Target, keys: tuple[str, ...]) -> Rest | None:
        """Why the key that comes back first rests, or None when none does."""
        prints = {fingerprint(key) for key in keys}
        rests = [
            rest
            for place, rest in self._states.rests.items()
            if place.provider == target.provider and place.key in prints and place.model in {None, target.model}
        ]
        return min(rests, key=lambda rest: rest.until, default=None)

    def begin(self, target: Target, key: str | None) -> bool:
        """An attempt is on its way; True when it is the probe of a key that rested."""
        self._measurements.began(target)
        if self._room.shared:
            self._room.look()
        if key is None or not self._states.rests:
            return False
        name, now = fingerprint(key), self.clock()
        return self._change(
            lambda states: cooldown.probing(states, target.provider, name, target.model, now), worth_saving=False
        )

    def probe_over(self, target: Target, key: str | None) -> None:
        """A probe has ended; where nobody learned anything by it, the next may go."""
        if key is not None:
            name = fingerprint(key)
            self._change(lambda states: cooldown.probe_over(states, target.provider, name, target.model), freed=True)

    def end(self, target: Target, first_token: float | None) -> None:
        """An attempt is over; seconds to its first token where it came to one."""
        self._measurements.ended(target, first_token, self.clock())

    def succeeded(self, target: Target, key: str | None, begun: float) -> None:
        """The key served an attempt that began at `begun`, by the clock."""
        if self._room.shared:
            self._room.look()
        if key is not None and self._states.rests:
            name = fingerprint(key)
            self._change(
                lambda states: cooldown.succeeded(states, target.provider, name, target.model, begun=begun), freed=True
            )

    async def rested(self, seconds: float) -> None:
        """Return when `seconds` are over, or sooner when a rest has ended."""
        try:
            async with asyncio.timeout(seconds):
                await self._freed.wait()
        except TimeoutError:
            return

    def failed(self, target: Target, key: str | None, detail: ErrorDetail, cap: float) -> None:
        """The key did not serve. Whether it rests for that is `upstream/cooldown.py`'s to say."""
        if key is not None:
            name, now = fingerprint(key), self.clock()
            self._change(
                lambda states: cooldown.failed(
                    states, target.provider, name, target.model, detail=detail, now=now, cap=cap
                )
            )

    def learned(self, target: Target) -> Learned:
        """What refusals have taught about the target."""
        if self._room.shared:
            self._room.look()
        return self._learned.get(target, learning.NOTHING)

    def learn(self, target: Target, facts: Learned) -> None:
        """Keep what a refusal taught."""
        with self._room.exclusive():
            # Another worker may have learned something else since `facts` began.
            known = self._learned[target] = learning.joined(self._learned.get(target, learning.NOTHING), facts)
            self._room.put("learned", (target.provider, target.model), learning.to_json(known))
        self._save_soon()

    def circumstances(self, group: str, weights: Mapping[Target, float], *, keep_turn: bool = False) -> Circumstances:
        """What a group's strategy may look at; each call is the group's next turn, unless `keep_turn` only looks."""
        turn = self._measurements.turn(group, keep=keep_turn)
        return Circumstances(self.clock(), turn, self.dice, weights, self._measurements.of(weights))

    def save(self) -> None:
        """Write what outlives the daemon, now."""
        if self._saving is not None:
            self._saving.cancel()
            self._saving = None
        if self._path is not None:
            with self._room.locked("state"):
                self._change(lambda states: cooldown.pruned(states, self.clock()), worth_saving=False)
                write_state(self._path, self._state())

    def _change(
        self, change: Callable[[KeyStates], KeyStates], *, freed: bool = False, worth_saving: bool = True
    ) -> bool:
        """Change the keys' states, for all workers; False where nothing did change."""
        with self._room.exclusive():
            before, self._states = self._states, change(self._states)
            if self._states is before:
                return False
            if self._room.shared:
                self._tell_rests(before.rests, self._states.rests)
        if worth_saving:
            self._save_soon()
        if freed:
            self._free()
        return True

    def _free(self) -> None:
        """Who waits for a rest to end may look again."""
        self._freed.set()
        self._freed = asyncio.Event()

    def _tell_rests(self, before: Mapping[Place, Rest], after: Mapping[Place, Rest]) -> None:
        """Tell what has changed. A probe is its worker's own: when that dies, the next one may go."""
        for place in {**before, **after}:
            old, new = before.get(place), after.get(place)
            if old is new:
                continue
            key = (place.provider, place.key, place.model)
            self._room.put("rest", key, None if new is None else rest_to_json(replace(new, reason=told_reason(new))))
            self._room.put("probe", key, None if new is None else new.probe, own=True)

    def _told_of_beginning(self, key: Key, value: Json) -> None:
        self._others_began = value is True

    def _told_of_rest(self, key: Key, value: Json) -> None:
        place, rest = place_of(key), rest_from_json(value)
        before = self._states.rests.get(place)
        if rest is not None:
            self._states = KeyStates({**self._states.rests, place: replace(rest, probe=before and before.probe)})
        elif before is not None:
            self._states = KeyStates({known: rest for known, rest in self._states.rests.items() if known != place})
            self._free()

    def _told_of_probe(self, key: Key, value: Json) -> None:
        place, probe = place_of(key), value if isinstance(value, float) else None
        before = self._states.rests.get(place)
        if before is not None:
            self._states = KeyStates({**self._states.rests, place: replace(before, probe=probe)})
            if probe is None:
                self._free()

    def _told_of_learned(self, key: Key, value: Json) -> None:
        self._learned[target_of(key)] = learning.from_json(value)

    def _save_soon(self) -> None:
        if self._path is None or self._saving is not None:
            return
        self._saving = asyncio.get_running_loop().call_later(SAVE_SECONDS, self.save)

    def _state(self) -> JsonObject:
        learned: dict[str, Json] = {str(target): learning.to_json(facts) for target, facts in self._learned.items()}
        return {"keys": to_json(self._states), "learned": learned, "tokens": self.calibrations.to_json()}

    def _begin_with(self, path: Path) -> None:
        """Take over what an earlier daemon left. Of several workers the first does, and tells the others; a worker that
        is started later knows from them what is newer than the file."""
        with self._room.exclusive():
            if self._others_began:
                return
            self._load(read_state(path))
            if self._room.shared:
                self._room.put("begun", (), True)
                self._tell_rests({}, self._states.rests)
                self.calibrations.share()
                for target, facts in self._learned.items():
                    self._room.put("learned", (target.provider, target.model), learning.to_json(facts))

    def _load(self, state: JsonObject) -> None:
        self._states = from_json(state.get("keys"))
        self.calibrations.load(state.get("tokens"))
        for name, facts in (as_object(state.get("learned")) or {}).items():
            provider, _, model = name.partition(",")
            self._learned[Target(provider, model)] = learning.from_json(facts)


TOLD_REASON: Final = 100
"""Characters of a rest's reason that other workers hear: all of it might not fit on the board."""


def told_reason(rest: Rest) -> str:
    """The reason as other workers hear it."""
    return rest.reason[:TOLD_REASON]


def place_of(key: Key) -> Place:
    """The place that a rest's key on the board names."""
    return Place(as_str(key[0]) or "", as_str(key[1]) or "", as_str(key[2]))
