"""The calibration of every target: what `tokens/calibration.py` has learned, kept."""

from collections.abc import Callable
from typing import Final

from ccrouter.config.types import Target
from ccrouter.model.events import Usage
from ccrouter.model.json import Json, JsonObject, as_object
from ccrouter.tokens import calibration as learning
from ccrouter.tokens.calibration import UNKNOWN, Calibration
from ccrouter.tokens.counter import PromptTokens

MOST_TARGETS: Final = 2_000
"""Clients may name any model of a provider. The one that answered longest ago is forgotten."""


class Calibrations:
    """`changed` is called when there is something worth writing to disk."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._known: dict[Target, Calibration] = {}

    def of(self, target: Target) -> Calibration:
        """What is known of the target."""
        return self._known.get(target, UNKNOWN)

    def learn(self, target: Target, prompt: PromptTokens | None, true: int) -> None:
        """The target has answered a prompt of `true` tokens; `prompt` is our count, None where nobody counted."""
        before = self._known.pop(target, UNKNOWN)
        after = learning.passed(before) if prompt is None else learning.learned(before, prompt, true)
        self._known[target] = after
        if len(self._known) > MOST_TARGETS:
            del self._known[next(iter(self._known))]
        if after.answers != before.answers and (
            before.answers < learning.YOUNG or after.answers % learning.SAMPLE == 0
        ):
            # The file is also written when something else changes, and at the end.
            self._changed()

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
