"""The JSON types that wire bodies and extras are made of."""

from collections.abc import Mapping
from typing import TypeAlias

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
JsonObject: TypeAlias = dict[str, Json]


class _NoExtras(dict[str, Json]):
    """An empty dict that may be a dataclass default, which must be hashable."""

    __slots__ = ()

    def __hash__(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride] - dict declares it as None
        return 0


NO_EXTRAS: Mapping[str, Json] = _NoExtras()
"""Shared by every block without unknown fields. Extras are never written to after they were made."""


def as_object(value: object) -> JsonObject | None:
    """`value` when it is a JSON object, else None."""
    return value if isinstance(value, dict) else None  # pyright: ignore[reportUnknownVariableType] - as JSON has it


def as_list(value: object) -> list[Json] | None:
    """`value` when it is a JSON array, else None."""
    return value if isinstance(value, list) else None  # pyright: ignore[reportUnknownVariableType] - as JSON has it


def as_str(value: object) -> str | None:
    """`value` when it is a string, else None."""
    return value if isinstance(value, str) else None


def as_int(value: object) -> int | None:
    """`value` as an int when it is a whole number (JSON's 3.0 counts), else None; true and false are not numbers."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return None
