"""Reading what a provider says of itself and of a key."""

import pytest

from ccrouter.dialects.gemini import GEMINI
from ccrouter.dialects.openai_chat import OPENAI_CHAT
from ccrouter.probing.reach import clock_ahead, key_state, models_in
from ccrouter.upstream.client import Fetched

NOON = 1796040000.0


@pytest.mark.parametrize(
    ("date", "ahead"),
    [
        ("Mon, 30 Nov 2026 12:00:00 GMT", 0.0),
        ("Mon, 30 Nov 2026 11:50:00 GMT", 600.0),
        ("Mon, 30 Nov 2026 12:01:00 GMT", -60.0),
        ("yesterday", None),
        (None, None),
    ],
)
def test_the_clock(date: str | None, ahead: float | None) -> None:
    assert clock_ahead(date, NOON) == ahead


def test_what_a_list_says_of_the_key() -> None:
    assert key_state(OPENAI_CHAT, Fetched(200, {}, b"{}"))[0] == "accepted"
    assert key_state(OPENAI_CHAT, Fetched(403, {}, b'{"error":{"message":"no"}}')) == ("refused", "no")
    assert key_state(OPENAI_CHAT, Fetched(404, {}, b"not found"))[0] == "unproven"
    words = b'{"error":{"code":400,"message":"API key not valid. Please pass one.","status":"INVALID_ARGUMENT"}}'
    assert key_state(GEMINI, Fetched(400, {}, words))[0] == "refused"
    assert key_state(GEMINI, Fetched(400, {}, b'{"error":{"code":400,"message":"bad page"}}'))[0] == "unproven"


def test_what_is_no_list() -> None:
    assert models_in(Fetched(200, {}, b"<html>")) is None
    assert models_in(Fetched(404, {}, b'{"data":[]}')) is None
    assert models_in(Fetched(200, {}, b'{"data":[{"id":"a"}]}')) == ("a",)
