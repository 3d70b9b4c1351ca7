"""Token counts: a response's `usage` in Anthropic's meaning."""

from ccrouter.dialects.openai_chat.usage import read_usage
from ccrouter.model.events import Usage
from ccrouter.model.json import JsonObject, as_object


def usage_of(response: JsonObject) -> Usage | None:
    """The usage that `response` tells, or None.

    `input_tokens` counts what was read from and written to the cache, `output_tokens` the reasoning; the names in
    `input_tokens_details` are the chat dialect's.
    """
    raw = as_object(response.get("usage"))
    return read_usage(raw) if raw else None
