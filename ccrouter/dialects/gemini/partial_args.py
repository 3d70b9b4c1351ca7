"""Function arguments that come in pieces: `partialArgs: [{jsonPath, stringValue | numberValue | …, willContinue}]`.

Vertex streams arguments so when asked to, and some models do it unasked.
"""

import re
from itertools import pairwise
from typing import Final

from ccrouter.dialects.lenient_json import object_list
from ccrouter.model.json import Json, JsonObject, as_list, as_object, as_str

MOST_ENTRIES: Final = 10_000
"""Of one array. An index beyond it is something gone wrong (or hostile)."""

_STEP = re.compile(
    r"""\.(?P<name>[^.\[\]]+) | \[(?P<index>\d+)\]
    | \['(?P<single>(?:[^'\\]|\\.)*)'\] | \["(?P<double>(?:[^"\\]|\\.)*)"\]""",
    re.VERBOSE,
)


class PartialArguments:
    """The arguments of one call. `broken` is True when a piece could not be put anywhere."""

    def __init__(self) -> None:
        self.value: JsonObject = {}
        self.broken = False
        self._continuing: str | None = None

    def take(self, pieces: Json) -> None:
        """Put in the pieces of one `functionCall`."""
        for piece in object_list(pieces):
            path = as_str(piece.get("jsonPath")) or ""
            steps = steps_of(path)
            if not steps or not self._put(steps, piece, more=path == self._continuing):
                self.broken = True
            self._continuing = path if piece.get("willContinue") is True else None

    def _put(self, steps: list[str | int], piece: JsonObject, *, more: bool) -> bool:
        holder: Json = self.value
        for step, following in pairwise(steps):
            fresh: Json = [] if isinstance(following, int) else {}
            reached = _get(holder, step)
            if reached is None:
                if not _set(holder, step, fresh):
                    return False
                reached = fresh
            holder = reached
        value = _value(piece)
        before = _get(holder, steps[-1])
        if more and isinstance(before, str) and isinstance(value, str):
            value = before + value
        return _set(holder, steps[-1], value)


def steps_of(path: str) -> list[str | int]:
    """The names and indexes of a path such as `$.operations[0].action`; empty when it is none."""
    if not path.startswith("$"):
        return []
    steps: list[str | int] = []
    position = 1
    while position < len(path):
        found = _STEP.match(path, position)
        if found is None:
            return []
        if found["index"] is not None:
            steps.append(int(found["index"][:9]))
        else:
            quoted = found["single"] if found["single"] is not None else found["double"]
            steps.append(found["name"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted))
        position = found.end()
    return steps


def _value(piece: JsonObject) -> Json:
    for name in ("stringValue", "numberValue", "boolValue"):
        if piece.get(name) is not None:
            return piece[name]
    return None


def _get(holder: Json, step: str | int) -> Json:
    fields, entries = as_object(holder), as_list(holder)
    if fields is not None and isinstance(step, str):
        return fields.get(step)
    if entries is not None and isinstance(step, int) and step < len(entries):
        return entries[step]
    return None


def _set(holder: Json, step: str | int, value: Json) -> bool:
    fields, entries = as_object(holder), as_list(holder)
    if fields is not None and isinstance(step, str):
        fields[step] = value
        return True
    if entries is None or not isinstance(step, int) or step >= MOST_ENTRIES:
        return False
    entries.extend([None] * (step + 1 - len(entries)))
    entries[step] = value
    return True
