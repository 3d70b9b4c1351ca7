"""OpenAI's error shape: what its SDKs make exceptions of, by status and, in a stream, by the key `error`."""

from typing import Final

from ccrouter.errors import ErrorDetail
from ccrouter.model.json import JsonObject

OVERLOADED: Final = 529
"""Anthropic's own status; OpenAI says 503."""

KINDS: Final[dict[str, tuple[str, str | None]]] = {
    "invalid_request_error": ("invalid_request_error", None),
    "authentication_error": ("invalid_request_error", "invalid_api_key"),
    "billing_error": ("insufficient_quota", "insufficient_quota"),
    "permission_error": ("invalid_request_error", "permission_denied"),
    "not_found_error": ("invalid_request_error", "model_not_found"),
    "request_too_large": ("invalid_request_error", "request_too_large"),
    "rate_limit_error": ("rate_limit_error", "rate_limit_exceeded"),
    "api_error": ("server_error", None),
    "timeout_error": ("server_error", "timeout"),
    "overloaded_error": ("server_error", "server_is_overloaded"),
}
"""Anthropic's type → OpenAI's type and code (the codes that Codex and others look at among them)."""

TOO_LONG: Final = "prompt is too long"
"""How the router words every upstream's refusal of a prompt that does not fit."""


def status_of(detail: ErrorDetail) -> int:
    """The HTTP status for OpenAI's clients."""
    return 503 if detail.status == OVERLOADED else detail.status


def error_object(detail: ErrorDetail) -> JsonObject:
    """`{"message", "type", "param", "code"}`."""
    kind, code = KINDS.get(detail.type, (detail.type, None))
    if detail.message.startswith(TOO_LONG):
        code = "context_length_exceeded"
    return {"message": detail.message, "type": kind, "param": None, "code": code}
