"""What a chat reply is made of, streamed or whole: names, ids, endings, counts."""

from typing import Final

from ccrouter.client_apis.openai_content import freeform_input, web_citation
from ccrouter.client_apis.openai_usage import counts_of
from ccrouter.dialects.anthropic.stream import ReplyDefaults
from ccrouter.model.events import Usage
from ccrouter.model.json import Json, JsonObject

FINISH: Final[dict[str, str]] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
"""Anthropic's stop reason → OpenAI's finish_reason."""


def finish_reason(stop_reason: str) -> str:
    """OpenAI's word for the end of a turn."""
    return FINISH.get(stop_reason, "stop")


def completion_id(defaults: ReplyDefaults) -> str:
    """An id in OpenAI's shape that says which of our requests it is."""
    return f"chatcmpl-{defaults.message_id.removeprefix('msg_')}"


def custom_call(identity: str, name: str, arguments: str) -> JsonObject:
    """A call of a tool whose input is any text; `arguments` are the model's JSON."""
    return {"id": identity, "type": "custom", "custom": {"name": name, "input": freeform_input(arguments)}}


def usage_json(usage: Usage) -> JsonObject:
    """OpenAI's usage object."""
    counts = counts_of(usage)
    details: JsonObject = {"cached_tokens": counts.cached}
    if usage.cache_write is not None:
        details["cache_write_tokens"] = usage.cache_write
    return {
        "prompt_tokens": counts.prompt,
        "completion_tokens": counts.output,
        "total_tokens": counts.total,
        "prompt_tokens_details": details,
    }


def annotation(citation: Json, start: int, end: int) -> JsonObject | None:
    """A web citation as OpenAI tells it; `start` and `end` are the cited text's place in the answer."""
    found = web_citation(citation, start, end)
    return None if found is None else {"type": "url_citation", "url_citation": found}
