"""Google's errors: its words, its waits, whose fault."""

from typing import Any

import orjson
import pytest

from ccrouter.dialects.gemini import GEMINI
from ccrouter.errors import UpstreamError


def error(status: int, code: str, message: str, *details: Any, wrapped: bool = False) -> UpstreamError:
    body: Any = {"error": {"code": status, "message": message, "status": code, "details": list(details)}}
    return GEMINI.error(status, {}, orjson.dumps([body] if wrapped else body))


RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "38s"}


def quota(id_: str) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": id_}]}


@pytest.mark.parametrize("wrapped", [False, True])
def test_words_and_wait_of_a_rate_limit(wrapped: bool) -> None:
    minute = quota("GenerateRequestsPerMinutePerProjectPerModel-FreeTier")
    found = error(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", RETRY, minute, wrapped=wrapped)
    assert found.detail.message == "You exceeded your current quota."
    assert (found.detail.type, found.detail.status) == ("rate_limit_error", 429)
    assert (found.detail.retry_after, found.detail.code) == (38.0, "RESOURCE_EXHAUSTED")
    assert found.retryable


def test_an_exhausted_day_is_named_and_its_delay_not_believed() -> None:
    found = error(429, "RESOURCE_EXHAUSTED", "Quota exceeded.", RETRY, quota("GenerateRequestsPerDayPerProject"))
    assert found.detail.message == "Quota exceeded. (daily quota: GenerateRequestsPerDayPerProject)"
    assert (found.detail.retry_after, found.detail.code) == (None, "daily_quota")
    assert found.retryable


def test_a_wrong_key_is_a_400_there_and_a_401_here() -> None:
    """Another key may do; and Claude Code must not take it for its request's fault."""
    reason = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
    found = error(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", reason)
    assert (found.detail.status, found.detail.type) == (401, "authentication_error")
    assert found.retryable


@pytest.mark.parametrize(
    ("status", "code", "kind", "retryable"),
    [
        (400, "INVALID_ARGUMENT", "invalid_request_error", False),
        (400, "FAILED_PRECONDITION", "invalid_request_error", False),
        (403, "PERMISSION_DENIED", "permission_error", True),
        (404, "NOT_FOUND", "not_found_error", True),
        (409, "ABORTED", "invalid_request_error", True),
        (499, "CANCELLED", "invalid_request_error", True),
        (500, "INTERNAL", "api_error", True),
        (503, "UNAVAILABLE", "overloaded_error", True),
        (504, "DEADLINE_EXCEEDED", "timeout_error", True),
    ],
)
def test_statuses(status: int, code: str, kind: str, retryable: bool) -> None:
    message = "The input token count (2000000) exceeds the maximum number of tokens allowed (1048576)."
    found = error(status, code, message)
    assert found.detail.message == message  # the provider's own words: Claude Code recovers by them
    assert (found.detail.type, found.detail.code, found.retryable) == (kind, code, retryable)


@pytest.mark.parametrize(
    "body", [b"", b"<html><title>502 Bad Gateway</title></html>", b"oops", b"[]", b'{"error":"x"}']
)
def test_bodies_of_other_shapes(body: bytes) -> None:
    found = GEMINI.error(502, {"retry-after": "3"}, body)
    assert found.detail.status == 502
    assert found.detail.message
    assert found.detail.retry_after == 3.0
