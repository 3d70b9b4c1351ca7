"""Error bodies, URLs as people write them, and headers."""

import orjson
import pytest

from ccrouter.dialects.openai_responses import OPENAI_RESPONSES
from ccrouter.errors import REASONING_REJECTED, SUMMARY_REJECTED

AZURE = "https://r.openai.azure.com"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (
            "The encrypted content for item rs_1 could not be verified. Reason: Encrypted content item_id did not match"
            " the target item id.",
            REASONING_REJECTED,
        ),
        ("Item with id 'rs_1' not found. Items are not persisted when `store` is set to false.", REASONING_REJECTED),
        ("Item 'rs_1' of type 'reasoning' was provided without its required following item.", REASONING_REJECTED),
        ("Encrypted content is not supported with this model.", REASONING_REJECTED),
        ("Your organization must be verified to generate reasoning summaries. Please go to", SUMMARY_REJECTED),
        ("Item with id 'msg_1' not found.", "c"),
        ("No tool output found for function call call_1.", "c"),
    ],
)
def test_refusals_that_less_may_help(message: str, code: str) -> None:
    body = orjson.dumps({"error": {"message": message, "type": "invalid_request_error", "param": "input", "code": "c"}})
    error = OPENAI_RESPONSES.error(400, {}, body)
    assert (error.detail.code, error.detail.message, error.detail.status) == (code, message, 400)
    assert error.retryable is False


def test_a_server_error_is_never_about_reasoning() -> None:
    body = b'{"error": {"message": "Encrypted content could not be verified"}}'
    assert OPENAI_RESPONSES.error(500, {}, body).detail.code is None


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://api.openai.com/v1", "https://api.openai.com/v1/responses"),
        ("https://api.openai.com/v1/", "https://api.openai.com/v1/responses"),
        ("https://api.openai.com", "https://api.openai.com/v1/responses"),
        ("https://api.openai.com/v1/chat/completions", "https://api.openai.com/v1/responses"),
        ("https://api.openai.com/v1/responses", "https://api.openai.com/v1/responses"),
        ("https://api.deepseek.com/responses", "https://api.deepseek.com/responses"),
        ("https://openrouter.ai/api/v1/chat/completions?a=b", "https://openrouter.ai/api/v1/responses?a=b"),
        (f"{AZURE}/openai/v1/", f"{AZURE}/openai/v1/responses"),
        (AZURE, f"{AZURE}/openai/v1/responses"),
        (f"{AZURE}/openai/v1/chat/completions", f"{AZURE}/openai/v1/responses"),
        (f"{AZURE}?api-version=preview", f"{AZURE}/openai/v1/responses?api-version=preview"),
        (f"{AZURE}?api-version=2025-04-01-preview", f"{AZURE}/openai/responses?api-version=2025-04-01-preview"),
        (
            f"{AZURE}/openai/deployments/d/chat/completions?api-version=2025-04-01-preview",
            f"{AZURE}/openai/responses?api-version=2025-04-01-preview",
        ),
        (f"{AZURE}/openai/deployments/d/chat/completions", f"{AZURE}/openai/v1/responses"),
    ],
)
def test_url(base: str, url: str) -> None:
    assert OPENAI_RESPONSES.url(base, model="m", stream=True) == url


def test_headers() -> None:
    json = {"content-type": "application/json"}
    assert OPENAI_RESPONSES.headers("k", url="https://api.openai.com/v1/responses") == {
        **json,
        "authorization": "Bearer k",
    }
    assert OPENAI_RESPONSES.headers("k", url=f"{AZURE}/openai/v1/responses") == {**json, "api-key": "k"}
    assert OPENAI_RESPONSES.headers(None, url="http://127.0.0.1:1234/v1/responses") == json
