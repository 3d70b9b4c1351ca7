"""Anthropic's error shape, both ways."""

from collections.abc import Mapping

import orjson

from ccrouter.dialects.waits import reset_of_limits, retry_after
from ccrouter.errors import STATUS_OF_TYPE, ErrorDetail, UpstreamError, error_type_of_status
from ccrouter.model.json import Json, JsonObject, as_object, as_str


def encode_error(kind: str, message: str, request_id: str | None = None) -> JsonObject:
    """`{"type": "error", "error": {"type", "message"}, "request_id"}`."""
    body: JsonObject = {"type": "error", "error": {"type": kind, "message": message}}
    if request_id is not None:
        body["request_id"] = request_id
    return body


def decode_error(status: int, headers: Mapping[str, str], body: bytes) -> UpstreamError:
    """The error of a non-2xx answer. A body that is not Anthropic's shape (a gateway's HTML) is told in words."""
    try:
        found = as_object(orjson.loads(body))
    except orjson.JSONDecodeError:
        found = None
    error = as_object(found.get("error")) if found is not None else None
    message = as_str(error.get("message")) if error is not None else None
    kind = as_str(error.get("type")) if error is not None else None
    if message is None and found is not None:
        message = as_str(found.get("message")) or as_str(found.get("detail")) or as_str(found.get("error"))
    return UpstreamError(
        ErrorDetail(
            type=kind or error_type_of_status(status),
            message=message or describe_body(status, body),
            status=status,
            retry_after=wait_of(status, headers),
        )
    )


def error_in_stream(raw: Json) -> UpstreamError:
    """The error of an `event: error` frame, with the status its type is equivalent to."""
    error = as_object(raw)
    kind = as_str(error.get("type")) if error is not None else None
    message = as_str(error.get("message")) if error is not None else None
    status = STATUS_OF_TYPE.get(kind or "", 500)
    return UpstreamError(ErrorDetail(kind or "api_error", message or "the upstream reported an error", status))


def describe_body(status: int, body: bytes) -> str:
    """A sentence for an error body that is not JSON: never the page itself, which may be long and is not for people."""
    text = body[:4096].decode("utf-8", "replace").strip()
    if not text:
        return f"The upstream answered with status {status} and an empty body."
    if text.startswith("<") or "<html" in text[:200].lower():
        return f"The upstream answered with status {status} and an HTML page (a proxy or firewall in between?)."
    return text if len(text) <= 500 else f"{text[:500]}…"


def wait_of(status: int, headers: Mapping[str, str]) -> float | None:
    """Seconds that the answer's headers ask to wait."""
    wait = retry_after(headers)
    return reset_of_limits(headers) if wait is None and status == 429 else wait
