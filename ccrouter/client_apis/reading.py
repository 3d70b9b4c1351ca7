"""Reading a client's JSON with errors that name the field, in OpenAI's words and notation (`messages[0].role`)."""

from typing import Final

from ccrouter.errors import RequestError
from ccrouter.model.json import Json, JsonObject, as_int, as_list, as_object
from ccrouter.model.notes import Note

KINDS: Final[dict[type, str]] = {
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    str: "a string",
    list: "an array",
    dict: "an object",
    type(None): "null",
}


def wrong_type(where: str, wanted: str, value: Json) -> RequestError:
    """The 400 for a value of another type than `wanted` ("a string")."""
    return RequestError(f"Invalid type for '{where}': expected {wanted}, but got {KINDS[type(value)]} instead.")


def missing(where: str) -> RequestError:
    """The 400 for a field that must be there."""
    return RequestError(f"Missing required parameter: '{where}'.")


def object_at(value: Json, where: str) -> JsonObject:
    """`value`, which must be an object."""
    found = as_object(value)
    if found is None:
        raise wrong_type(where, "an object", value)
    return found


class Fields:
    """The fields of one object. Null counts as not sent. What nobody takes is told by `left`."""

    def __init__(self, body: JsonObject, where: str = "") -> None:
        """`where`: the path of the object, empty for the body itself."""
        self.body = body
        self._where = where
        self._taken: set[str] = set()

    def path(self, name: str) -> str:
        """How an error names the field."""
        return f"{self._where}.{name}" if self._where else name

    def take(self, name: str) -> Json:
        """The value of any type; None where it was not sent."""
        self._taken.add(name)
        return self.body.get(name)

    def text(self, name: str) -> str | None:
        """A string."""
        value = self.take(name)
        if value is not None and not isinstance(value, str):
            raise wrong_type(self.path(name), "a string", value)
        return value

    def required_text(self, name: str) -> str:
        """A string that must be there."""
        value = self.text(name)
        if value is None:
            raise missing(self.path(name))
        return value

    def number(self, name: str) -> float | None:
        """A number."""
        value = self.take(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise wrong_type(self.path(name), "a number", value)
        return value

    def integer(self, name: str) -> int | None:
        """A whole number."""
        value = self.take(name)
        found = as_int(value)
        if value is not None and found is None:
            raise wrong_type(self.path(name), "an integer", value)
        return found

    def flag(self, name: str) -> bool | None:
        """True or false."""
        value = self.take(name)
        if value is not None and not isinstance(value, bool):
            raise wrong_type(self.path(name), "a boolean", value)
        return value

    def object(self, name: str) -> JsonObject | None:
        """An object."""
        value = self.take(name)
        return None if value is None else object_at(value, self.path(name))

    def array(self, name: str) -> list[Json] | None:
        """An array."""
        value = self.take(name)
        found = as_list(value)
        if value is not None and found is None:
            raise wrong_type(self.path(name), "an array", value)
        return found

    def left(self, why: str) -> list[Note]:
        """A note for each field that was sent with a value and not taken."""
        return [
            Note(name, f"/{name}", why)
            for name, value in self.body.items()
            if value is not None and name not in self._taken
        ]
