"""Anthropic's error shape, and what stands in its place."""

import pytest

from ccrouter.dialects.anthropic.errors import decode_error, encode_error


def test_encode() -> None:
    assert encode_error("api_error", "m", "req_1") == {
        "type": "error",
        "error": {"type": "api_error", "message": "m"},
        "request_id": "req_1",
    }


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (
            529,
            b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
            "overloaded_error",
            "Overloaded",
        ),
        (
            400,
            b'{"error":{"message":"prompt is too long: 5 tokens > 4 maximum"}}',
            "invalid_request_error",
            "prompt is too long",
        ),
        (403, b"<!DOCTYPE html><html>ModSecurity</html>", "permission_error", "HTML page"),
        (502, b"", "api_error", "empty body"),
        (500, b"upstream connect error", "api_error", "upstream connect error"),
        (404, b'{"detail":"Not Found"}', "not_found_error", "Not Found"),
        (401, b'{"error":"bad key"}', "authentication_error", "bad key"),
    ],
)
def test_decode(status: int, body: bytes, kind: str, words: str) -> None:
    error = decode_error(status, {"retry-after": "7"}, body)
    assert (error.detail.type, error.detail.status, error.detail.retry_after) == (kind, status, 7.0)
    assert words in error.detail.message
    assert "<" not in error.detail.message


def test_an_exhausted_limit_says_when_it_is_reset() -> None:
    headers = {
        "Date": "Mon, 30 Nov 2026 06:00:00 GMT",
        "anthropic-ratelimit-tokens-remaining": "0",
        "anthropic-ratelimit-tokens-reset": "2026-11-30T06:00:42Z",
    }
    body = b'{"type":"error","error":{"type":"rate_limit_error","message":"m"}}'
    assert decode_error(429, headers, body).detail.retry_after == 42
    assert decode_error(529, headers, body).detail.retry_after is None
