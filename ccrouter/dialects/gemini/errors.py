"""What Google's errors say: `{error: {code, message, status, details[]}}`, sometimes in a one-element array.

`details` hold what a router needs: `RetryInfo.retryDelay`, which quota was exceeded, that a key is wrong (a 400 here).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import orjson

from ccrouter.dialects.failures import error_of_frame, error_of_response
from ccrouter.errors import ErrorDetail, UpstreamError, error_type_of_status
from ccrouter.model.json import Json, JsonObject, as_list, as_object, as_str

DAILY_QUOTA: Final = "daily_quota"
"""Code of a 429 that waiting for the `retryDelay` does not cure."""

BAD_KEY_REASONS: Final = frozenset({"API_KEY_INVALID", "API_KEY_EXPIRED", "API_KEY_SERVICE_BLOCKED"})
"""`ErrorInfo.reason` of a 400 or 403 that is the key's fault: another key may do."""

TRANSIENT_STATUSES: Final = frozenset({"CANCELLED", "ABORTED"})
"""Statuses with a 4xx code (499, 409) that say nothing about the request."""


def error_of_google(status: int, headers: Mapping[str, str], body: bytes) -> UpstreamError:
    """The error in a non-2xx answer, in the provider's own words."""
    try:
        payload: Json = orjson.loads(body)
    except ValueError:
        payload = None
    return _refined(error_of_response(status, headers, body), payload)


def error_of_chunk(payload: Json, *, event: str | None = None) -> UpstreamError | None:
    """The error in a stream frame or a whole body that came with 200, or None when it is none."""
    found = error_of_frame(payload, event=event)
    return None if found is None else _refined(found, payload)


def _refined(error: UpstreamError, payload: Json) -> UpstreamError:
    fields = _error_object(payload)
    if fields is None:
        return error
    detail = error.detail
    word = as_str(fields.get("status"))
    retryable = error.retryable or word in TRANSIENT_STATUSES
    if word is not None:
        detail = replace(detail, code=word)
    details = [found for entry in as_list(fields.get("details")) or () if (found := as_object(entry)) is not None]
    if any(as_str(entry.get("reason")) in BAD_KEY_REASONS for entry in details):
        detail, retryable = replace(detail, status=401, type=error_type_of_status(401)), True
    daily = _daily_quota(details) if detail.status == 429 else None
    if daily is not None:
        detail = _daily(detail, daily)
    return UpstreamError(detail, retryable=retryable)


def _daily(detail: ErrorDetail, quota: str) -> ErrorDetail:
    """Google sends a delay of seconds with an exhausted day, too: it is not told on."""
    message = detail.message if quota in detail.message else f"{detail.message} (daily quota: {quota})"
    return replace(detail, message=message, code=DAILY_QUOTA, retry_after=None)


def _daily_quota(details: list[JsonObject]) -> str | None:
    for entry in details:
        for violation in as_list(entry.get("violations")) or ():
            quota = as_str((as_object(violation) or {}).get("quotaId"))
            if quota is not None and "PerDay" in quota:
                return quota
    return None


def _error_object(payload: Json) -> JsonObject | None:
    if isinstance(payload, list):
        payload = payload[0] if payload else None
    return as_object((as_object(payload) or {}).get("error"))
