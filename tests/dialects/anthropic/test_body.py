"""Bodies from bytes."""

import pytest

from ccrouter.dialects.anthropic.body import parse_body
from ccrouter.errors import RequestError


def test_lone_surrogates_become_replacement_characters() -> None:
    raw = rb'{"a": "x\ud83d", "b": ["\ude00y"], "c\ud83d": {"d": "\ud83d\ude00"}}'
    value, mended = parse_body(raw)
    assert value == {"a": "x�", "b": ["�y"], "c�": {"d": "😀"}}
    assert mended


@pytest.mark.parametrize("raw", ['{"a": "😀 \\u00e4"}', '{"a": "\\ud83d\\ude00"}'])
def test_other_bodies_are_what_their_bytes_say(raw: str) -> None:
    assert not parse_body(raw.encode()).mended


@pytest.mark.parametrize("raw", [b"", b"{", b"[1]", b'"x"', b"null", b"\xff\xfe", rb'{"a": "\ud83d"', b"<html>"])
def test_what_is_no_object_is_refused(raw: bytes) -> None:
    with pytest.raises(RequestError, match="JSON"):
        parse_body(raw)
