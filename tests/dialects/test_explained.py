"""Errors say how they are explained, except where the client matches on the whole sentence."""

import orjson
import pytest

from ccrouter.dialects.explained import explained, explained_error, explained_frame
from ccrouter.errors import ErrorDetail, UpstreamError


def test_the_command_comes_last() -> None:
    assert explained("mock,m: slow down", "req_1") == "mock,m: slow down (ccr explain --id req_1)"
    assert explained("mock,m: slow down", None) == "mock,m: slow down"
    once = explained("slow down", "req_1")
    assert explained(once, "req_1") == once


@pytest.mark.parametrize(
    "message",
    [
        "prompt is too long: 219898 tokens > 200000 maximum",
        "prompt is too long",
        "Input is too long for requested model.",
        "input length and `max_tokens` exceed context limit: 186433 + 20000 > 200000, decrease input length or "
        "`max_tokens` and try again",
        "max_tokens: 64000 > 8192, which is the maximum allowed number of output tokens for this model",
        "messages.1.content.0.image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' "
        "or 'image/webp'",
        "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or "
        "purchase credits.",
    ],
)
def test_what_the_client_recovers_by_stays_whole(message: str) -> None:
    assert explained(message, "req_1") == message
    error = UpstreamError(ErrorDetail("invalid_request_error", message, 400))
    assert explained_error(error, "req_1") is error


def test_nothing_else_of_an_error_changes() -> None:
    error = UpstreamError(ErrorDetail("api_error", "oops", 500, "code", 3.0), retryable=False)
    told = explained_error(error, "req_1")
    assert (told.detail, told.retryable) == (
        ErrorDetail("api_error", "oops (ccr explain --id req_1)", 500, "code", 3.0),
        False,
    )


def test_a_relayed_frame() -> None:
    before = b'event: content_block_delta\ndata: {"type":"content_block_delta","x":"event"}\n\n'
    error = b'{"type":"error","error":{"type":"overloaded_error","message":"busy"},"request_id":"r"}'
    frame = b"event: error\ndata: " + error + b"\n\n"
    told = explained_frame(before + frame, "req_1")
    assert told.startswith(before + b"event: error\ndata: ")
    assert told.endswith(b"\n\n")
    assert orjson.loads(told.split(b"data: ")[-1]) == {
        "type": "error",
        "error": {"type": "overloaded_error", "message": "busy (ccr explain --id req_1)"},
        "request_id": "r",
    }


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b'data: {"type":"error","error":{"message":"no event line"}}\n\n',
        b"event: error\ndata: no json\n\n",
        b'event: error\ndata: {"type":"error","error":"text"}\n\n',
        b'event: error\ndata: {"error":{"message":"prompt is too long: 5 tokens > 4 maximum"}}\n\n',
    ],
)
def test_what_cannot_be_changed_safely_stays(raw: bytes) -> None:
    assert explained_frame(raw, "req_1") == raw
