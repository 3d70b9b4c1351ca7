"""JSON pointers (RFC 6901) into plain values, and what a change makes of a value."""

from ccrouter.config.edit.refusal import refusal
from ccrouter.model.json import Json


def parts_of(pointer: str) -> list[str]:
    """The names that `pointer` is made of; none for the whole document."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def index_of(part: str, length: int) -> int | None:
    """`part` as the index of one of `length` items, else None."""
    return int(part) if part.isdecimal() and part.isascii() and int(part) < length else None


def wrapped(parts: list[str], value: Json) -> Json:
    """`value` inside the objects that `parts` name: what stands where nothing stood before."""
    for part in reversed(parts):
        value = {part: value}
    return value


def with_value(document: Json, pointer: str, value: Json) -> Json:
    """A copy of `document` with `value` at `pointer`; objects that are missing on the way come into being."""
    return _set(document, parts_of(pointer), value, pointer)


def _set(node: Json, parts: list[str], value: Json, pointer: str) -> Json:
    if not parts:
        return value
    name, *rest = parts
    if node is None:
        return wrapped(parts, value)
    if isinstance(node, dict):
        return {**node, name: _set(node[name], rest, value, pointer) if name in node else wrapped(rest, value)}
    if isinstance(node, list) and (index := index_of(name, len(node))) is not None:
        return [*node[:index], _set(node[index], rest, value, pointer), *node[index + 1 :]]
    raise nowhere(pointer)


def with_item(document: Json, pointer: str, item: Json) -> Json:
    """A copy of `document` with `item` at the end of the list at `pointer`; a list that is missing comes into being."""
    found = value_at(document, pointer)
    if found is not None and not isinstance(found, list):
        raise nowhere(pointer)
    return with_value(document, pointer, [*(found or []), item])


def without(document: Json, pointer: str) -> Json:
    """A copy of `document` without what is at `pointer`."""
    above, _, last = pointer.rpartition("/")
    parent = value_at(document, above)
    name = parts_of(f"/{last}")[0]
    if isinstance(parent, dict) and name in parent:
        return with_value(document, above, {key: value for key, value in parent.items() if key != name})
    if isinstance(parent, list) and (index := index_of(name, len(parent))) is not None:
        return with_value(document, above, [*parent[:index], *parent[index + 1 :]])
    raise nowhere(pointer)


def value_at(document: Json, pointer: str) -> Json:
    """The value at `pointer`; None where nothing is."""
    for part in parts_of(pointer):
        if isinstance(document, dict):
            document = document.get(part)
        elif isinstance(document, list) and (index := index_of(part, len(document))) is not None:
            document = document[index]
        else:
            return None
    return document


def nowhere(pointer: str) -> Exception:
    """What to raise for a change at a place that cannot be."""
    return refusal(
        "this place of the configuration cannot be changed: it is not of the kind it should be", pointer=pointer
    )
