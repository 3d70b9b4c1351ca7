"""JSON from elsewhere, read without trust: what is not of the wanted kind is as good as absent."""

from __future__ import annotations

LARGEST = 1e15
"""Python's JSON also reads NaN and Infinity; neither is less than this."""


def as_object(value: object) -> dict[str, object]:
    """`value` when it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}  # pyright: ignore[reportUnknownVariableType]


def as_list(value: object) -> list[object] | None:
    """`value` when it is a JSON array, else None."""
    return value if isinstance(value, list) else None  # pyright: ignore[reportUnknownVariableType]


def at(value: object, *path: str) -> object:
    """What stands at `path` in nested objects; None where there is nothing."""
    for name in path:
        value = as_object(value).get(name)
    return value


def text_at(value: object, *path: str) -> str:
    """The string at `path`, else an empty one."""
    found = at(value, *path)
    return found if isinstance(found, str) else ""


def number_at(value: object, *path: str) -> float | None:
    """The number at `path`; None where there is none, and for what is no quantity (true, NaN, infinity)."""
    found = at(value, *path)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return found if abs(found) < LARGEST else None
