"""What a preset is: the row type."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from ccrouter.dialects.quirks import Quirks

ModelQuirks: TypeAlias = tuple[str, Mapping[str, Any]]
"""A regular expression, searched for in the model's name (case does not count), and the fields that it changes."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A provider's facts. `hosts` also match their subdomains; with a port (`localhost:11434`) only that port.

    `names` are other names that people give it in their configs. Model rows apply in order, each over the one before.
    """

    name: str
    hosts: tuple[str, ...]
    base_url: str
    protocol: str
    key_variable: str | None
    quirks: Quirks = Quirks()  # noqa: RUF009 - frozen
    model_quirks: tuple[ModelQuirks, ...] = ()
    names: tuple[str, ...] = ()
