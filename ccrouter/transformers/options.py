"""Reading a transformer's options, which may have come out of `$VAR` interpolation as strings."""

from collections.abc import Mapping, Sequence
from typing import Any

from ccrouter.model.json import Json, as_int

WHOLE_NUMBER: Mapping[str, Any] = {
    "oneOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": "^[1-9][0-9]*$"}]
}
"""Schema of an option that `whole_number` reads."""

ANY_OPTIONS: Mapping[str, Any] = {"type": "object"}
"""Schema of a transformer whose options go into the wire body, whatever they are."""


def whole_number(options: Mapping[str, Json], name: str) -> int | None:
    """The option as an int; a string of digits counts. None when it is absent or neither."""
    value = options.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return as_int(value)


def only(properties: Mapping[str, Any], *, required: Sequence[str] = ()) -> Mapping[str, Any]:
    """Schema of a transformer that takes these options and no others."""
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}
