"""Keys are never shown whole."""

import pytest

from ccrouter.upstream.masking import masked, with_masked

LONG, SHORT = "sk-or-v1-0123456789abcdef", "sk-short"


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        (LONG, "sk-…cdef"),
        ("0123456789abcdef", "012…cdef"),
        ("0123456789abcde", "****"),
        (SHORT, "****"),
        ("x", "****"),
        ("", "****"),
    ],
)
def test_masks(key: str, shown: str) -> None:
    assert masked(key) == shown


def test_keys_in_a_providers_words() -> None:
    words = f"Incorrect API key: {LONG}. Is it {SHORT}? {LONG}!"
    assert with_masked(words, (LONG, SHORT, None)) == "Incorrect API key: sk-…cdef. Is it ****? sk-…cdef!"
    assert with_masked(words, (SHORT,)) == f"Incorrect API key: {LONG}. Is it ****? {LONG}!"


def test_placeholders_are_words() -> None:
    assert with_masked("none of the keys", ("k", "none", "")) == "none of the keys"
