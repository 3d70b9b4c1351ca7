"""From a neutral request to an OpenAI-chat body."""

from typing import Final

from ccrouter.dialects.openai_chat.effort import encode_effort
from ccrouter.dialects.openai_chat.messages import encode_messages
from ccrouter.dialects.openai_chat.search import search_fields
from ccrouter.dialects.openai_chat.tools import encode_tools
from ccrouter.dialects.output_format import asked_in_words, wanted_schema
from ccrouter.dialects.quirks import Quirks
from ccrouter.dialects.stop_sequences import stop_sequences
from ccrouter.model.json import JsonObject
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request

SILENT_EXTRAS: Final = frozenset({"metadata", "output_config"})
"""`metadata.user_id` names the user to Anthropic and is nobody else's business; `output_config` is taken apart here."""


def encode_request(request: Request, *, model: str, origin: str, quirks: Quirks, notes: Notes) -> JsonObject:
    """The chat completion body for `model`. The same request gives the same JSON, keys in the same order."""
    extras = request.extras
    response_format, instruction = None, ""
    if "output_config" in extras:
        response_format, instruction = _output_format(request, quirks, notes)
    messages = encode_messages(request, origin=origin, quirks=quirks, notes=notes, instruction=instruction)
    body: JsonObject = {"model": model, "messages": messages}
    if request.tools:
        body.update(encode_tools(request, quirks, notes))
    if request.max_tokens is not None:
        body[quirks.max_tokens_field] = _capped(request.max_tokens, quirks, notes)
    _add_sampling(body, request, quirks, notes)
    if request.stop_sequences and (stop := stop_sequences(request, quirks.stop_limit, notes)):
        body["stop"] = stop
    if request.streamed:
        body["stream"] = True
        if quirks.stream_usage:
            body["stream_options"] = {"include_usage": True}
    body.update(encode_effort(request, quirks, notes))
    if request.tools:
        body.update(search_fields(request, quirks))
    if response_format is not None:
        body["response_format"] = response_format
    for name in extras:
        if name not in SILENT_EXTRAS:
            notes.add(name, f"/{name}", "has no counterpart in the chat protocol")
    for name, value in quirks.extra_body.items():
        body.setdefault(name, value)
    return body


def _add_sampling(body: JsonObject, request: Request, quirks: Quirks, notes: Notes) -> None:
    if request.top_k is not None:
        notes.add("top_k", "/top_k", "has no counterpart in the chat protocol")
    for name, value in (("temperature", request.temperature), ("top_p", request.top_p)):
        if value is None:
            continue
        if quirks.sampling:
            body[name] = value
        else:
            notes.add(name, f"/{name}", "the model does not take it")


def _capped(max_tokens: int, quirks: Quirks, notes: Notes) -> int:
    cap = quirks.max_tokens_cap
    if cap is None or max_tokens <= cap:
        return max_tokens
    notes.add("max_tokens", "/max_tokens", f"{max_tokens} is more than the upstream allows: {cap}")
    return cap


def _output_format(request: Request, quirks: Quirks, notes: Notes) -> tuple[JsonObject | None, str]:
    """`output_config.format` as `response_format`, or as words for the system message (titles ask for JSON)."""
    schema = wanted_schema(request, notes, protocol="the chat protocol")
    if schema is None:
        return None, ""
    if quirks.json_schema:
        return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}, ""
    return None, asked_in_words(schema, notes)
