"""How a strict upstream's rules say no."""

from ccrouter.model.json import Json, JsonObject, as_object


class RefusedError(Exception):
    """A 400, in the provider's words."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def require(condition: object, message: str) -> None:
    """Refuse with `message` unless `condition` holds.

    Raises:
        RefusedError: it does not.
    """
    if not condition:
        raise RefusedError(message)


def known(value: JsonObject, names: frozenset[str], where: str) -> None:
    """Refuse keys that are not among `names`, as Google's proto parser does."""
    for name in value:
        place = f" at '{where}'" if where else ""
        require(name in names, f'Invalid JSON payload received. Unknown name "{name}"{place}: Cannot find field.')


def object_at(value: Json, where: str) -> JsonObject:
    """`value` as an object; refused when it is none."""
    found = as_object(value)
    require(found is not None, f"Invalid value at '{where}'")
    assert found is not None
    return found
