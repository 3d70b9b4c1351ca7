"""The calibration of every target: what `tokens/calibration.py` has learned, kept."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from ccrouter.config.types import Target
from ccrouter.model.events import Usage
from ccrouter.model.json import Json, JsonObject, as_object, as_str
from ccrouter.sharing.room import ALONE, Key, Room
from ccrouter.tokens import calibration as learning
from ccrouter.tokens.calibration import UNKNOWN, Calibration
from ccrouter.tokens.counter import PromptTokens

MOST_TARGETS: Final = 2_000
"""Clients may name any model of a provider. The one that answered longest ago is forgotten."""


class Calibrations:
    """`changed` is called when there is something worth writing to disk, or telling the other workers."""

    def __init__(self, changed: Callable[[], None], room: Room = ALONE) -> None:
        self._changed = changed
        self._room = room
        self._known: dict[Target, Calibration] = {}
        room.follow("tokens", self._told)

    def of(self, target: Target) -> Calibration:
        """What is known of the target."""
        return self._known.get(target, UNKNOWN)

    def learn(self, target: Target, prompt: PromptTokens | None, true: int) -> None:
        """The target has answered a prompt of `true` tokens; `prompt` is our count, None where nobody counted."""
        before = self._known.pop(target, UNKNOWN)
        after = learning.passed(before) if prompt is None else learning.learned(before, prompt, true)
        self._known[target] = after
        if len(self._known) > MOST_TARGETS:
            forgotten = next(iter(self._known))
            del self._known[forgotten]
            self._room.put("tokens", (forgotten.provider, forgotten.model), None)
        if after.answers != before.answers and (
            before.answers < learning.YOUNG or after.answers % learning.SAMPLE == 0
        ):
            # The file is also written when something else changes, and at the end.
            self._room.put("tokens", (target.provider, target.model), learning.to_json(after))
            self._changed()

    def share(self) -> None:
        """Let the other workers have all of it."""
        for target, known in self._known.items():
            self._room.put("tokens", (target.provider, target.model), learning.to_json(known))

    def _told(self, key: Key, value: Json) -> None:
        """Another worker has learned; who has learned from more answers knows better."""
        target, theirs = Target(as_str(key[0]) or "", as_str(key[1]) or ""), learning.from_json(value)
        ours = self._known.get(target, UNKNOWN)
        if theirs.answers > ours.answers:
            self._known[target] = replace(theirs, seen=max(ours.seen, theirs.seen))

    def to_json(self) -> JsonObject:
        """As it is kept on disk."""
        return {str(target): learning.to_json(known) for target, known in self._known.items() if known.answers}

    def load(self, value: Json) -> None:
        """Take over what `to_json` wrote; anything else is forgotten."""
        for name, fields in (as_object(value) or {}).items():
            provider, _, model = name.partition(",")
            known = learning.from_json(fields)
            if known is not UNKNOWN:
                self._known[Target(provider, model)] = known


def told_prompt(usage: Usage, estimate: int) -> int | None:
    """The size of the whole prompt as the upstream told it; None where `usage` is our own `estimate`."""
    if usage.cache_read is None and usage.cache_write is None and usage.input in {None, estimate}:
        return None
    return (usage.input or 0) + (usage.cache_read or 0) + (usage.cache_write or 0)
