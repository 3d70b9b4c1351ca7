"""A client's body from bytes to JSON, lone surrogates mended on the way.

Claude Code's history can hold half a surrogate pair (`\\ud83d` cut off by a tool). orjson refuses such JSON, the
standard module accepts it and then cannot encode it to UTF-8 (anthropics/claude-code#1709): they become U+FFFD here,
once, so that nothing behind this point has to think of them.
"""

import json
import re
from typing import cast

import orjson

from ccrouter.errors import RequestError
from ccrouter.model.json import Json, JsonObject, as_object

LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def parse_body(raw: bytes) -> JsonObject:
    """The JSON object in a request body.

    Raises:
        RequestError: 400, the body is not a JSON object.
    """
    try:
        body = cast(Json, orjson.loads(raw))
    except orjson.JSONDecodeError as error:
        body = _parse_with_surrogates(raw, error)
    found = as_object(body)
    if found is None:
        raise RequestError("The request body must be a JSON object.")
    return found


def has_escaped_surrogates(raw: bytes) -> bool:
    """True when the body may hold `\\ud83d`-like escapes (whole pairs count too)."""
    return b"\\ud" in raw or b"\\uD" in raw


def _parse_with_surrogates(raw: bytes, error: orjson.JSONDecodeError) -> Json:
    if has_escaped_surrogates(raw):
        try:
            return _mend(json.loads(raw.decode("utf-8", "replace")))
        except (ValueError, RecursionError):
            pass  # not a matter of surrogates after all: the first error says more
    raise RequestError(f"The request body is not valid JSON: {error}.") from error


def _mend(value: Json) -> Json:
    match value:
        case str():
            return LONE_SURROGATE.sub("�", value)
        case list():
            return [_mend(item) for item in value]
        case dict():
            return {cast(str, _mend(key)): _mend(item) for key, item in value.items()}
        case _:
            return value
