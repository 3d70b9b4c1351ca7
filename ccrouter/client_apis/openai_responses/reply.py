"""What a response object is made of, streamed or whole: ids, endings, counts, citations."""

from typing import Final

from ccrouter.client_apis.openai_content import web_citation
from ccrouter.client_apis.openai_usage import counts_of
from ccrouter.dialects.anthropic.stream import ReplyDefaults
from ccrouter.model.events import Usage
from ccrouter.model.json import Json, JsonObject

INCOMPLETE: Final[dict[str, str]] = {
    "max_tokens": "max_output_tokens",
    "model_context_window_exceeded": "max_output_tokens",
    "refusal": "content_filter",
}
"""Anthropic's stop reasons of answers that are not complete → OpenAI's words."""


def response_id(defaults: ReplyDefaults) -> str:
    """An id in OpenAI's shape that says which of our requests it is."""
    return f"resp_{defaults.message_id.removeprefix('msg_')}"


def usage_json(usage: Usage) -> JsonObject:
    """OpenAI's usage object. Nobody tells how much of the output was reasoning."""
    counts = counts_of(usage)
    return {
        "input_tokens": counts.prompt,
        "input_tokens_details": {"cached_tokens": counts.cached, "cache_write_tokens": usage.cache_write or 0},
        "output_tokens": counts.output,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": counts.total,
    }


def annotation(citation: Json, start: int, end: int) -> JsonObject | None:
    """A web citation as OpenAI tells it; `start` and `end` are the cited text's place in the answer."""
    found = web_citation(citation, start, end)
    return None if found is None else {"type": "url_citation", **found}
