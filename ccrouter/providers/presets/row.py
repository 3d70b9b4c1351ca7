"""What a preset is: the row type."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from ccrouter.config.known import PresetFacts
from ccrouter.dialects.quirks import Quirks

ModelQuirks: TypeAlias = tuple[str, Mapping[str, Any]]
"""A regular expression, searched for in the model's name (case does not count), and the fields that it changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset(PresetFacts):
    """A provider's facts. What comes later counts more: `quirks`, the rows that hold for a model on every host
    (`presets/models.py`) except in the fields that are `pinned`, the preset's own model rows in their order.
    """

    quirks: Quirks = Quirks()  # noqa: RUF009 - frozen
    model_quirks: tuple[ModelQuirks, ...] = ()
    free: bool = False
    """Runs models on a machine of the user's own: nobody sends a bill for tokens."""
    pinned: frozenset[str] = frozenset()
    """Fields that belong to this host whatever the model: it refuses reasoning, or takes it for all models."""
