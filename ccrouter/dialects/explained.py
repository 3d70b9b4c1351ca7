"""Error messages end with the command that explains them: `… (ccr explain --id req_…)`.

Claude Code recovers by wording (field-notes 0.2): mostly by what a message contains, which words behind it do not
disturb, in some places by the whole of it. Those messages stay exactly as they are.
"""

import re
from dataclasses import replace
from typing import Final

import orjson

from ccrouter.errors import UpstreamError
from ccrouter.model.json import as_object, as_str

MATCHED_WHOLE: Final = re.compile(
    # Compaction: 2.1.197 and 2.1.332 look for the words and the two numbers anywhere, 2.1.332 also (for what it takes
    # for Anthropic's own) at `/^prompt is too long: \d+ tokens > \d+ maximum$/`.
    r"prompt is too long|input is too long"
    # The retry with a smaller max_tokens.
    r"|input length and `max_tokens` exceed context limit"
    # The other whole sentences of 2.1.332's list.
    r"|^max_tokens: \d+ > \d+, which is the maximum allowed"
    r"|image\.source\.base64\.media_type: Input should be"
    r"|^Your credit balance is too low to access the Anthropic API",
    re.IGNORECASE,
)


def explained(message: str, request_id: str | None) -> str:
    """`message` with the command that explains it, where nothing depends on the whole of it."""
    if request_id is None or MATCHED_WHOLE.search(message) is not None or request_id in message:
        return message
    return f"{message.rstrip()} (ccr explain --id {request_id})"


def explained_error(error: UpstreamError, request_id: str | None) -> UpstreamError:
    """The error as a client is told it."""
    message = explained(error.detail.message, request_id)
    if message == error.detail.message:
        return error
    return UpstreamError(replace(error.detail, message=message), retryable=error.retryable)


def explained_frame(raw: bytes, request_id: str | None) -> bytes:
    """`raw`, which ends with an upstream's `error` frame, with the command in it; nothing else changes.

    What is not written as one `data:` line stays as it is.
    """
    at = raw.rfind(b"event: error")
    start = raw.find(b"data:", at) if at != -1 else -1
    if request_id is None or start == -1:
        return raw
    end = raw.find(b"\n", start)
    end = len(raw) if end == -1 else end
    try:
        frame = as_object(orjson.loads(raw[start + 5 : end])) or {}
    except orjson.JSONDecodeError:
        return raw
    error = as_object(frame.get("error")) or {}
    message = as_str(error.get("message"))
    if message is None or (told := explained(message, request_id)) == message:
        return raw
    error["message"] = told
    return raw[:start] + b"data: " + orjson.dumps(frame) + raw[end:]
