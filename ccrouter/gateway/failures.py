"""What a client is told when every attempt failed.

Claude Code recovers by the wording of 400s, retries 5xx and 429, and takes a 401 for a broken login of its own
(field-notes 4.5), so the provider's words stay as they are where they matter and the provider is named elsewhere.
"""

import math

import orjson

from ccrouter.client_apis.base import ClientApi
from ccrouter.config.types import Target
from ccrouter.dialects.explained import explained_error
from ccrouter.errors import (
    CREDENTIALS_AT_FAULT,
    SETTINGS_AT_FAULT,
    CCRouterError,
    ErrorDetail,
    RequestError,
    UpstreamError,
    error_type_of_status,
)
from ccrouter.gateway.types import Answer
from ccrouter.upstream.cooldown import without_balance

SOON_SECONDS = 60.0
"""Claude Code waits for up to a minute and shows the error at once for more (field-notes 7)."""

WORDING_MATTERS = frozenset({400, 413, 422})


def told_to_client(error: CCRouterError, target: Target) -> CCRouterError:
    """`error` as the client should see it."""
    if not isinstance(error, UpstreamError):
        return error
    detail = error.detail
    if detail.counts_as in WORDING_MATTERS:
        return error
    if detail.code == CREDENTIALS_AT_FAULT:
        message = f"The provider '{target.provider}' has no credentials for {target}: {detail.message}"
        return UpstreamError(ErrorDetail("api_error", message, 502, detail.code), retryable=False)
    if detail.status in {401, 403}:
        message = f"The provider '{target.provider}' refused its API key for {target}: {detail.message}"
        return UpstreamError(ErrorDetail("api_error", message, 502, detail.code), retryable=False)
    message = f"{target}: {detail.message}"
    # No second try of the client's can help where a person has to do something first.
    hopeless = detail.code == SETTINGS_AT_FAULT or without_balance(detail)
    kind = detail.type if detail.counts_as == detail.status else error_type_of_status(detail.counts_as)
    return UpstreamError(
        ErrorDetail(kind, message, detail.counts_as, detail.code, detail.retry_after),
        retryable=error.retryable and not hopeless,
    )


def answer_for(error: CCRouterError, request_id: str, api: ClientApi) -> Answer:
    """The HTTP answer for a failure before anything was streamed."""
    headers = {"content-type": "application/json"}
    detail = explained_error(as_upstream_error(error), request_id).detail
    if isinstance(error, UpstreamError):
        if detail.retry_after is not None:
            headers["retry-after"] = str(max(1, math.ceil(detail.retry_after)))
            if detail.retry_after <= SOON_SECONDS:
                headers["x-should-retry"] = "true"
        if not error.retryable and detail.status not in WORDING_MATTERS:
            headers["x-should-retry"] = "false"
    status, body = api.error(detail, request_id)
    return Answer(status, orjson.dumps(body), headers)


def as_upstream_error(error: CCRouterError) -> UpstreamError:
    """Any failure as what an `error` event is made of."""
    if isinstance(error, UpstreamError):
        return error
    status, kind = (error.status, error.type) if isinstance(error, RequestError) else (500, "api_error")
    return UpstreamError(ErrorDetail(kind, str(error), status), retryable=False)
