"""The errors of a request's life.

CCRouterError
├── RequestError    the client's request is wrong: answered as it is, never retried
├── UpstreamError   a provider failed, whatever the way: carries what Anthropic's error shape and a retry need
└── ConfigError     the configuration cannot be used: carries every problem (config/problems.py)
"""

from typing import Literal, TypeAlias, TypeVar

from ccrouter.frozen import frozen

ErrorType: TypeAlias = str
"""Anthropic's error types: invalid_request_error, authentication_error, billing_error, permission_error,
not_found_error, request_too_large, rate_limit_error, api_error, timeout_error, overloaded_error."""

REASONING_REJECTED = "reasoning_rejected"
"""`ErrorDetail.code` of a refusal that is about reasoning given back: the same request without it may be taken."""
SUMMARY_REJECTED = "summary_rejected"
"""Likewise of one that is about reasoning being told: not every organisation may read its models' thoughts."""
MALFORMED_CALL = "malformed_function_call"
"""Likewise where the model wrote a tool call that nobody can read: with a word about it, it may do better."""

STATUS_OF_TYPE: dict[ErrorType, int] = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}


CREDENTIALS_AT_FAULT = "credentials_at_fault"
"""`ErrorDetail.code` of a failure to get hold of credentials at all: no upstream has seen the request."""

SETTINGS_AT_FAULT = "settings_at_fault"
"""Likewise of a failure that only a change of the configuration ends (a certificate that is not trusted)."""

Unreached: TypeAlias = Literal["address", "name", "connection", "proxy", "tls", "redirect", "silence"]
"""Why a provider gave no answer at all: its address is none, its name unknown, …; `silence`: a time-out."""


def error_type_of_status(status: int) -> ErrorType:
    """Anthropic's error type for an HTTP status (docs.anthropic.com, errors; 422 and 503 as their nearest kin)."""
    match status:
        case 401:
            return "authentication_error"
        case 402:
            return "billing_error"
        case 403:
            return "permission_error"
        case 404:
            return "not_found_error"
        case 413:
            return "request_too_large"
        case 429:
            return "rate_limit_error"
        case 503 | 529:
            return "overloaded_error"
        case 408 | 504:
            return "timeout_error"
        case _ if 400 <= status < 500:
            return "invalid_request_error"
        case _:
            return "api_error"


class CCRouterError(Exception):
    """Base of all errors that ccrouter raises on purpose."""


class RequestError(CCRouterError):
    """The client's request cannot be served as it is. `status` and `type` are answered in Anthropic's shape."""

    def __init__(self, message: str, *, status: int = 400, type: ErrorType | None = None) -> None:  # noqa: A002
        super().__init__(message)
        self.message = message
        self.status = status
        self.type = type or error_type_of_status(status)


@frozen
class ErrorDetail:
    """What an upstream's error said. `message` is the provider's own wording, unwrapped: Claude Code recovers by it."""

    type: ErrorType
    message: str
    status: int
    code: str | None = None
    retry_after: float | None = None
    unreached: Unreached | None = None
    """Set where the provider did not answer."""

    @property
    def counts_as(self) -> int:
        """The status by which it is decided what follows. A call that the model itself wrote badly is no fault of the
        request's, whatever its provider calls it (Groq: 400): it is as if the gateway had failed.
        """
        return max(self.status, 502) if self.code == MALFORMED_CALL else self.status


class UpstreamError(CCRouterError):
    """A provider failed.

    `detail.status` is the HTTP status, or the one the failure is equivalent to (an error frame after 200, a cut
    stream: 502; no connection: 502; time-out: 504). `retryable` says whether another target may serve the same request.
    """

    def __init__(self, detail: ErrorDetail, *, retryable: bool | None = None) -> None:
        super().__init__(detail.message)
        self.detail = detail
        self.retryable = is_retryable(detail.status) if retryable is None else retryable


AnyError = TypeVar("AnyError", bound=BaseException)


def untraced(error: AnyError) -> AnyError:
    """`error`, to be kept, without the frames it came through.

    A frame that keeps an error which knows that frame is a circle: the request with its megabytes would live on until
    Python looks for circles, which it does seldom.
    """
    error.__traceback__ = error.__cause__ = error.__context__ = None
    return error


def is_retryable(status: int) -> bool:
    """True when another target may do better: 5xx, 429, time-outs, and what is wrong with a key or a model.

    Anthropic's own gateway rule: fail over on 5xx, 429, 401, 403, 404 and time-outs, not on other 4xx
    (llm-gateway-protocol). 402 is a key's empty balance.
    """
    return status >= 500 or status in {401, 402, 403, 404, 408, 429}


def upstream_failure(
    message: str, *, status: int = 502, code: str | None = None, unreached: Unreached | None = None
) -> UpstreamError:
    """An UpstreamError for a failure that has no HTTP answer of its own (connection, cut stream, garbage)."""
    return UpstreamError(ErrorDetail(error_type_of_status(status), message, status, code, unreached=unreached))
