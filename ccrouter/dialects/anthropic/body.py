"""A client's body from bytes to JSON, lone surrogates mended on the way.

Claude Code's history can hold half a surrogate pair (`\\ud83d` cut off by a tool). orjson refuses such JSON, the
standard module accepts it and then cannot encode it to UTF-8 (anthropics/claude-code#1709): they become U+FFFD here,
once, so that nothing behind this point has to think of them.
"""

import json
import re
from typing import NamedTuple, cast

import orjson

from ccrouter.errors import RequestError
from ccrouter.model.json import Json, JsonObject

LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class Body(NamedTuple):
    """A parsed body. `mended` says that it is no longer what the bytes said: they must not go out as they came."""

    value: JsonObject
    mended: bool


def parse_body(raw: bytes) -> Body:
    """The JSON object in a request body.

    Raises:
        RequestError: 400, the body is not a JSON object.
    """
    mended = False
    try:
        parsed: Json = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        parsed = _parse_with_surrogates(raw, error)
        mended = True
    if not isinstance(parsed, dict):
        raise RequestError("The request body must be a JSON object.")
    return Body(parsed, mended)


def _parse_with_surrogates(raw: bytes, error: orjson.JSONDecodeError) -> Json:
    if b"\\ud" in raw or b"\\uD" in raw:
        try:
            return mend_surrogates(json.loads(raw.decode("utf-8", "replace")))
        except (ValueError, RecursionError):
            pass  # not a matter of surrogates after all: the first error says more
    raise RequestError(f"The request body is not valid JSON: {error}.") from error


def mend_surrogates(value: Json) -> Json:
    """`value` with every lone surrogate in its strings and keys replaced by U+FFFD."""
    match value:
        case str():
            return LONE_SURROGATE.sub("�", value)
        case list():
            return [mend_surrogates(item) for item in value]
        case dict():
            return {cast(str, mend_surrogates(key)): mend_surrogates(item) for key, item in value.items()}
        case _:
            return value
