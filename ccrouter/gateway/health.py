"""What the daemon knows of its upstreams: resting keys, learned limits, how quick and busy targets are, who waits.

The decisions are pure functions elsewhere (`upstream/cooldown.py`, `pipeline/learned.py`, `upstream/strategies.py`);
here is their one mutable holder. Resting keys, learned limits and what token counts are off by outlive the daemon.
"""

import asyncio
import random
import time
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from ccrouter.config.types import Target
from ccrouter.errors import ErrorDetail
from ccrouter.gateway.calibrations import Calibrations
from ccrouter.gateway.limiters import Limiters
from ccrouter.model.json import Json, JsonObject, as_object
from ccrouter.pipeline import learned as learning
from ccrouter.pipeline.learned import Learned
from ccrouter.pipeline.verifier import MendCounts
from ccrouter.upstream import cooldown
from ccrouter.upstream.cooldown import NOTHING_RESTS, KeyStates, Rest, fingerprint
from ccrouter.upstream.cooldown_json import from_json, to_json
from ccrouter.upstream.state_file import read_state, write_state
from ccrouter.upstream.strategies import Circumstances, Measured, began, ended

SAVE_SECONDS: Final = 2.0
"""A change is on disk so long after it happened: one write for many."""


class Health:
    """`path` None keeps everything in memory. `clock` gives seconds since the epoch."""

    def __init__(self, path: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.limiters = Limiters()
        self.mended = MendCounts()
        """What had to be mended in replies, by kind."""
        self.calibrations = Calibrations(self._save_soon)
        """How far our token counts are off, by target."""
        self.dice = random.Random()  # noqa: S311 - jitter and draws, no secrets
        self._path = path
        self._states = NOTHING_RESTS
        self._learned: dict[Target, Learned] = {}
        self._measured: dict[Target, Measured] = {}
        self._turns: dict[str, int] = {}
        self._saving: asyncio.TimerHandle | None = None
        self._freed = asyncio.Event()
        if path is not None:
            self._load(read_state(path))

    def states(self) -> KeyStates:
        """Which keys rest."""
        return self._states

    def clear(self, provider: str | None = None) -> None:
        """Let the keys of `provider`, or all, be tried again."""
        self._keys(cooldown.cleared(self._states, provider), freed=True)

    def keys(self, target: Target, keys: tuple[str, ...], affinity: str | None) -> tuple[str, ...]:
        """The keys that may be tried now, the session's own first: prompt caches are kept by key."""
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
        self._measured[target] = began(self._measured.get(target, Measured()))
        if key is None or not self._states.rests:
            return False
        before = self._states
        self._states = cooldown.probing(before, target.provider, fingerprint(key), target.model, self.clock())
        return self._states is not before

    def probe_over(self, target: Target, key: str | None) -> None:
        """A probe has ended; where nobody learned anything by it, the next may go."""
        if key is not None:
            self._keys(cooldown.probe_over(self._states, target.provider, fingerprint(key), target.model), freed=True)

    def end(self, target: Target, first_token: float | None) -> None:
        """An attempt is over; seconds to its first token where it came to one."""
        self._measured[target] = ended(self._measured.get(target, Measured()), first_token, self.clock())

    def succeeded(self, target: Target, key: str | None, begun: float) -> None:
        """The key served an attempt that began at `begun`, by the clock."""
        if key is not None and self._states.rests:
            states = cooldown.succeeded(self._states, target.provider, fingerprint(key), target.model, begun=begun)
            self._keys(states, freed=True)

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
            self._keys(
                cooldown.failed(
                    self._states,
                    target.provider,
                    fingerprint(key),
                    target.model,
                    detail=detail,
                    now=self.clock(),
                    cap=cap,
                )
            )

    def learned(self, target: Target) -> Learned:
        """What refusals have taught about the target."""
        return self._learned.get(target, learning.NOTHING)

    def learn(self, target: Target, facts: Learned) -> None:
        """Keep what a refusal taught."""
        self._learned[target] = facts
        self._save_soon()

    def circumstances(self, group: str, weights: Mapping[Target, float], *, keep_turn: bool = False) -> Circumstances:
        """What a group's strategy may look at; each call is the group's next turn, unless `keep_turn` only looks."""
        turn = self._turns.get(group, -1) + 1
        if not keep_turn:
            self._turns[group] = turn
        return Circumstances(self.clock(), turn, self.dice, weights, self._measured)

    def save(self) -> None:
        """Write what outlives the daemon, now."""
        if self._saving is not None:
            self._saving.cancel()
            self._saving = None
        if self._path is not None:
            self._states = cooldown.pruned(self._states, self.clock())
            write_state(self._path, self._state())

    def _keys(self, states: KeyStates, *, freed: bool = False) -> None:
        if states is self._states:
            return
        self._states = states
        self._save_soon()
        if freed:
            self._freed.set()
            self._freed = asyncio.Event()

    def _save_soon(self) -> None:
        if self._path is None or self._saving is not None:
            return
        self._saving = asyncio.get_running_loop().call_later(SAVE_SECONDS, self.save)

    def _state(self) -> JsonObject:
        learned: dict[str, Json] = {str(target): learning.to_json(facts) for target, facts in self._learned.items()}
        return {"keys": to_json(self._states), "learned": learned, "tokens": self.calibrations.to_json()}

    def _load(self, state: JsonObject) -> None:
        self._states = from_json(state.get("keys"))
        self.calibrations.load(state.get("tokens"))
        for name, facts in (as_object(state.get("learned")) or {}).items():
            provider, _, model = name.partition(",")
            self._learned[Target(provider, model)] = learning.from_json(facts)
