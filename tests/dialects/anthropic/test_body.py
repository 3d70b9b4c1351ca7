"""Bodies from bytes."""

import pytest

from ccrouter.dialects.anthropic.body import has_escaped_surrogates, parse_body
from ccrouter.errors import RequestError


def test_lone_surrogates_become_replacement_characters() -> None:
    raw = rb'{"a": "x\ud83d", "b": ["\ude00y"], "c\ud83d": {"d": "\ud83d\ude00"}}'
    assert parse_body(raw) == {"a": "x�", "b": ["�y"], "c�": {"d": "😀"}}
    assert has_escaped_surrogates(raw)


def test_ordinary_bodies_are_not_suspected() -> None:
    assert not has_escaped_surrogates('{"a": "😀 \\u00e4"}'.encode())


@pytest.mark.parametrize("raw", [b"", b"{", b"[1]", b'"x"', b"null", b"\xff\xfe", rb'{"a": "\ud83d"', b"<html>"])
def test_what_is_no_object_is_refused(raw: bytes) -> None:
    with pytest.raises(RequestError, match="JSON"):
        parse_body(raw)
