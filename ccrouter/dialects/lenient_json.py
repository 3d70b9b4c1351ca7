"""JSON as it is really sent: read leniently, written compactly."""

import json

import orjson

from ccrouter.model.json import Json, JsonObject


def object_list(value: Json) -> list[JsonObject]:
    """The objects in a JSON array; empty for anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def compact_json(value: Json) -> str:
    """`value` as JSON text, as short as can be. Lone surrogates become U+FFFD; numbers of any size are kept."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(_without_surrogates(value), ensure_ascii=False, separators=(",", ":"))


def parse_leniently(data: bytes) -> Json:
    """JSON that orjson refuses but others write: NaN, halves of surrogate pairs, broken UTF-8. None when it is none.

    A JavaScript server that cuts its text between the halves of an emoji writes lone `\\ud83d` escapes; they become
    U+FFFD.
    """
    try:
        value: Json = json.loads(data.decode("utf-8", "replace"), parse_constant=lambda _: None, parse_int=_number)
    except (ValueError, RecursionError):
        return None
    return _without_surrogates(value)


def _number(digits: str) -> int | float:
    """As orjson reads it: what does not fit into 64 bits becomes a float, so that orjson can write it again."""
    return int(digits) if len(digits) < 19 else float(digits)


def _without_surrogates(value: Json) -> Json:
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {str(_without_surrogates(name)): _without_surrogates(item) for name, item in value.items()}
    return value
