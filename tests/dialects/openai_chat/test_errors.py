"""Error bodies of all the shapes that field-notes 2 tells of: the provider's own words, status, code and wait."""

from typing import Any

import orjson
import pytest

from ccrouter.dialects.openai_chat import OPENAI_CHAT
from ccrouter.errors import MALFORMED_CALL, ErrorDetail

WORDS = "This model's maximum context length is 131072 tokens."
RATE = "Rate limit reached. Please try again in 5.289s"

SHAPES: dict[str, tuple[int, Any, str, str | None]] = {
    "OpenAI": (
        400,
        {"error": {"message": WORDS, "type": "invalid_request_error", "param": None, "code": "x"}},
        WORDS,
        "x",
    ),
    "Cerebras, no wrapper": (
        400,
        {"message": WORDS, "type": "invalid_request_error", "param": "a", "code": "x"},
        WORDS,
        "x",
    ),
    "Mistral": (
        400,
        {"object": "error", "message": WORDS, "type": "invalid", "param": None, "code": "3280"},
        WORDS,
        "3280",
    ),
    "older vLLM": (400, {"object": "error", "message": WORDS, "type": "BadRequestError", "code": 400}, WORDS, "400"),
    "xAI": (
        400,
        {"code": "Client specified an invalid argument", "error": WORDS},
        WORDS,
        "Client specified an invalid argument",
    ),
    "LM Studio": (400, {"error": WORDS}, WORDS, None),
    "SiliconFlow": (503, {"code": 50505, "message": WORDS, "data": None}, WORDS, "50505"),
    "Z.ai": (429, {"error": {"code": "1302", "message": WORDS}}, WORDS, "1302"),
    "MiniMax": (
        400,
        {"type": "error", "error": {"type": "bad_request_error", "message": WORDS, "http_code": "400"}},
        WORDS,
        None,
    ),
    "MiniMax native": (400, {"base_resp": {"status_code": 2013, "status_msg": WORDS}}, WORDS, "2013"),
    "Google in a list": (400, [{"error": {"code": 400, "message": WORDS, "status": "INVALID_ARGUMENT"}}], WORDS, "400"),
    "FastAPI": (
        422,
        {"detail": [{"loc": ["body"], "msg": "field required"}]},
        '[{"loc":["body"],"msg":"field required"}]',
        None,
    ),
    "FastAPI, words": (404, {"detail": "Not Found"}, "Not Found", None),
    "OpenRouter": (402, {"error": {"code": 402, "message": WORDS}, "user_id": "u"}, WORDS, "402"),
    "OpenRouter, raw words": (
        429,
        {
            "error": {
                "code": 429,
                "message": "Provider returned error",
                "metadata": {"raw": WORDS, "provider_name": "G"},
            }
        },
        WORDS,
        "429",
    ),
    "OpenRouter, raw JSON": (
        400,
        {
            "error": {
                "code": 400,
                "message": "Provider returned error",
                "metadata": {"raw": orjson.dumps({"error": {"message": WORDS}}).decode()},
            }
        },
        WORDS,
        "400",
    ),
    "plain text": (429, b"quota exceeded\n", "quota exceeded", None),
    "HTML": (
        502,
        b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body></body></html>",
        "the upstream answered 502 with an HTML page (502 Bad Gateway)",
        None,
    ),
    "empty": (500, b"", "the upstream answered 500 with an empty body", None),
    "empty object": (500, b"{}", "{}", None),
}


@pytest.mark.parametrize(("status", "body", "message", "code"), SHAPES.values(), ids=SHAPES)
def test_shape(status: int, body: Any, message: str, code: str | None) -> None:
    error = OPENAI_CHAT.error(status, {}, body if isinstance(body, bytes) else orjson.dumps(body))
    assert error.detail.message == message
    assert error.detail.status == status
    assert error.detail.code == code


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (400, "invalid_request_error", False),
        (401, "authentication_error", True),
        (402, "billing_error", True),
        (403, "permission_error", True),
        (404, "not_found_error", True),
        (413, "request_too_large", False),
        (422, "invalid_request_error", False),
        (429, "rate_limit_error", True),
        (500, "api_error", True),
        (503, "overloaded_error", True),
    ],
)
def test_type_and_retry(status: int, kind: str, retryable: bool) -> None:
    error = OPENAI_CHAT.error(status, {}, b'{"error": {"message": "x"}}')
    assert error.detail == ErrorDetail(kind, "x", status)
    assert error.retryable is retryable


def test_bad_call_of_the_model_may_be_tried_again() -> None:
    """Groq's tool_use_failed is a 400, but the model's doing."""
    error = OPENAI_CHAT.error(400, {}, b'{"error": {"message": "x", "code": "tool_use_failed"}}')
    assert error.detail == ErrorDetail("invalid_request_error", "x", 400, MALFORMED_CALL)
    assert (error.retryable, error.detail.counts_as) == (True, 502)


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"Retry-After": "7"}, {"error": {"message": RATE}}, 7.0),
        ({"retry-after-ms": "1500", "retry-after": "9"}, {"error": {"message": RATE}}, 1.5),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, {"error": {"message": RATE}}, 5.289),
        ({}, {"error": {"message": RATE}}, 5.289),
        ({}, [{"error": {"code": 429, "message": "x", "details": [{"@type": "t"}, {"retryDelay": "38s"}]}}], 38.0),
        ({}, {"error": {"message": "Rate limit reached"}}, None),
        ({"retry-after": "-3"}, {"error": {"message": "x"}}, None),
        ({"retry-after": "nan"}, {"error": {"message": "x"}}, None),
    ],
)
def test_wait(headers: dict[str, str], body: Any, seconds: float | None) -> None:
    assert OPENAI_CHAT.error(429, headers, orjson.dumps(body)).detail.retry_after == seconds


def test_long_text_is_cut() -> None:
    assert len(OPENAI_CHAT.error(500, {}, b"x" * 100_000).detail.message) < 1100
