"""What a provider's error says, in whichever of the many shapes it comes.

Seen in use: OpenAI's `{error: {message, type, param, code}}`; the same without the wrapper (Cerebras, Mistral, older
vLLM); `{error: "text"}` (xAI, LM Studio, Ollama); `{code, message, data}` (SiliconFlow, DashScope);
`{type: error, error: {…}}` (MiniMax, Anthropic shims); any of them in a one-element list (Google); OpenRouter's
`error.metadata.raw` with the true provider's words inside; `{detail: …}` (FastAPI); `base_resp` (MiniMax); plain
text; HTML of a proxy in between. The provider's own wording is kept: Claude Code recovers by it.
"""

import re
from collections.abc import Mapping
from typing import Final

import orjson

from ccrouter.dialects.waits import reset_of_limits, retry_after, wait_of_details, wait_of_text
from ccrouter.errors import MALFORMED_CALL, ErrorDetail, UpstreamError, error_type_of_status, is_retryable
from ccrouter.model.json import Json, JsonObject, as_int, as_object, as_str

MAX_TEXT: Final = 1000
"""Characters of a plain-text error body that are repeated."""

STATUS_OF_WORD: Final[tuple[tuple[str, int], ...]] = (
    ("context_length", 400),
    ("rate_limit", 429),
    ("ratelimit", 429),
    ("too_many_requests", 429),
    ("insufficient_quota", 429),
    ("quota", 429),
    ("overloaded", 503),
    ("unavailable", 503),
    ("capacity", 503),
    ("timeout", 504),
    ("authentication", 401),
    ("invalid_api_key", 401),
    ("unauthorized", 401),
    ("insufficient_balance", 402),
    ("billing", 402),
    ("permission", 403),
    ("not_found", 404),
    ("notfound", 404),
    ("content_filter", 400),
    ("invalid_request", 400),
    ("bad_request", 400),
    ("badrequest", 400),
    ("invalid", 400),
    ("server_error", 500),
    ("internal", 500),
)
"""For an error without a status (a frame in a stream that began with 200): the first word found in its code or type."""

MODELS_DOING: Final = frozenset({"tool_use_failed"})
"""Codes of a 400 that is the model's doing, not the request's: Groq refuses a call that its own model wrote. Another
attempt, told of it, may do better."""

ERROR_FIELDS: Final = frozenset({"error", "errors", "base_resp", "type"})
"""One of them at least is in an answer (with `choices`) that tells of an error, unless it calls itself one."""

_HTML = re.compile(rb"^\s*<(?:!doctype|html|head|body|center)", re.IGNORECASE)
_TITLE = re.compile(r"<(title|h1)[^>]*>\s*(.*?)\s*</\1>", re.IGNORECASE | re.DOTALL)


def error_of_response(status: int, headers: Mapping[str, str], body: bytes) -> UpstreamError:
    """The error in a non-2xx answer, with any wait that its headers or words ask for."""
    found = find_error(_json(body), surely=True)
    message = found.message if found is not None and found.message else _words_of_body(status, body)
    code = found.code if found is not None else None
    wait = retry_after(headers)
    if wait is None:
        wait = (found.wait if found is not None else None) or wait_of_text(message)
    if wait is None and status == 429:
        wait = reset_of_limits(headers)
    return _upstream_error(status, message, code, wait)


def error_of_frame(payload: Json, *, event: str | None = None) -> UpstreamError | None:
    """The error in a frame or in a whole body that came with 200, or None when it is none."""
    found = find_error(payload, surely=event == "error")
    if found is None:
        return None
    message = found.message or "the upstream reported an error without saying which"
    status = found.status or _status_of_words(found.code, found.type, message)
    return _upstream_error(status, message, found.code, found.wait or wait_of_text(message))


def not_json(body: bytes, *, what: str) -> UpstreamError:
    """The failure of a `what` (an answer, a stream frame) that should have been JSON and is not."""
    if not body.strip():
        message = f"the upstream sent an empty {what}"
    elif _HTML.match(body):
        message = f"the upstream sent an HTML page instead of a JSON {what}{_title(body)}"
    else:
        excerpt = " ".join(body[:400].decode("utf-8", "replace").split())
        excerpt = excerpt if len(excerpt) <= 160 else excerpt[:160] + "…"
        message = f"the upstream sent a garbled {what} (not JSON): {excerpt}"
    return _upstream_error(502, message, None, None)


class FoundError:
    """What could be read out of an error object. `message` is empty when it has no words."""

    __slots__ = ("code", "message", "status", "type", "wait")

    def __init__(self, fields: JsonObject) -> None:
        self.message = _message(fields)
        self.type = _word(fields.get("type"))
        self.code = _word(fields.get("code")) or _word(fields.get("status_code"))
        self.status = _status(fields)
        self.wait = wait_of_details(fields.get("details"))


def find_error(payload: Json, *, surely: bool = False) -> FoundError | None:
    """The error inside `payload`. `surely` says that it is known to be one, so that bare words count as well."""
    if isinstance(payload, list):
        return find_error(payload[0], surely=surely) if payload else None
    body = as_object(payload)
    if body is None:
        return FoundError({"message": payload}) if surely and isinstance(payload, str) else None
    if "choices" in body and not surely and ERROR_FIELDS.isdisjoint(body) and body.get("object") != "error":
        return None  # an answer, as nearly always
    for name in ("error", "errors"):
        inner = body.get(name)
        if isinstance(inner, list) and inner:
            inner = inner[0]
        if isinstance(inner, str) and inner:
            return FoundError({**body, "message": inner})  # xAI: {code, error: "text"}
        if isinstance(inner, dict) and inner:
            return FoundError(_unwrapped(inner))
    minimax = as_object(body.get("base_resp"))
    if minimax is not None and as_int(minimax.get("status_code")) not in (None, 0):
        return FoundError({"message": minimax.get("status_msg"), "code": minimax.get("status_code")})
    if body.get("object") == "error" or body.get("type") == "error" or surely:
        return FoundError(body)
    if "choices" not in body and any(isinstance(body.get(name), str) for name in ("message", "detail", "msg")):
        return FoundError(body)
    return None


def _unwrapped(inner: JsonObject) -> JsonObject:
    """OpenRouter says "Provider returned error" and keeps the provider's own error in `metadata.raw`."""
    metadata = as_object(inner.get("metadata"))
    raw = as_str(metadata.get("raw")) if metadata is not None else None
    if not raw:
        return inner
    nested = find_error(_json(raw.encode("utf-8", "replace")))
    words = nested.message if nested is not None and nested.message else raw
    return {**inner, "message": words}


def _message(fields: JsonObject) -> str:
    for name in ("message", "detail", "msg", "error"):
        value = fields.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, dict | list) and value:
            return orjson.dumps(value).decode("utf-8", "replace")
    return ""


def _word(value: Json) -> str | None:
    if isinstance(value, str):
        return value or None
    number = as_int(value)
    return None if number is None else str(number)


def _status(fields: JsonObject) -> int | None:
    for name in ("status", "status_code", "http_code", "http_status", "code"):
        value = fields.get(name)
        number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else as_int(value)
        if number is not None and 400 <= number <= 599:
            return number
    return None


def _status_of_words(code: str | None, kind: str | None, message: str) -> int:
    for words in (code, kind):
        lower = (words or "").lower()
        for word, status in STATUS_OF_WORD:
            if word in lower:
                return status
    return 503 if "overloaded" in message.lower() else 502


def _upstream_error(status: int, message: str, code: str | None, wait: float | None) -> UpstreamError:
    code = MALFORMED_CALL if code in MODELS_DOING else code
    detail = ErrorDetail(error_type_of_status(status), message, status, code, wait)
    return UpstreamError(detail, retryable=is_retryable(detail.counts_as))


def _words_of_body(status: int, body: bytes) -> str:
    if not body.strip():
        return f"the upstream answered {status} with an empty body"
    if _HTML.match(body):
        return f"the upstream answered {status} with an HTML page{_title(body)}"
    text = body[: MAX_TEXT * 4].decode("utf-8", "replace").strip()
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…"


def _title(body: bytes) -> str:
    found = _TITLE.search(body[:4096].decode("utf-8", "replace"))
    title = " ".join(found[2].split())[:100] if found else ""
    return f" ({title})" if title else ""


def _json(body: bytes) -> Json:
    try:
        return orjson.loads(body)
    except ValueError:
        return None
