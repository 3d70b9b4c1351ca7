"""From a neutral request to a Responses body."""

from typing import Final

from ccrouter.dialects.openai_responses.content import PROTOCOL
from ccrouter.dialects.openai_responses.effort import encode_effort
from ccrouter.dialects.openai_responses.messages import encode_input, encode_instructions
from ccrouter.dialects.openai_responses.session import prompt_cache_key
from ccrouter.dialects.openai_responses.tools import encode_tools, searches_web
from ccrouter.dialects.openai_responses.wire import ENCRYPTED_REASONING, MIN_OUTPUT_TOKENS, SEARCH_SOURCES
from ccrouter.dialects.output_format import asked_in_words, wanted_schema
from ccrouter.dialects.quirks import Quirks
from ccrouter.model.json import Json, JsonObject
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request

SILENT_EXTRAS: Final = frozenset({"metadata", "output_config"})
"""Of `metadata` only a hash of the session goes out (`prompt_cache_key`); `output_config` is taken apart here."""

ROOM_TO_THINK: Final = 2048
"""Tokens added where a model that cannot stop thinking is asked for a short answer without: they count as output."""


def encode_request(request: Request, *, model: str, origin: str, quirks: Quirks, notes: Notes) -> JsonObject:
    """The Responses body for `model`. The same request gives the same JSON, keys in the same order."""
    text_format, instruction = _output_format(request, quirks, notes)
    instructions = encode_instructions(request, instruction, notes)
    body: JsonObject = {"model": model}
    if instructions:
        body["instructions"] = instructions
    body["input"] = encode_input(request, origin=origin, quirks=quirks, notes=notes)
    searches = searches_web(request, quirks)
    body.update(encode_tools(request, quirks, notes))
    reasoning = encode_effort(request, quirks, notes, searches=searches)
    if request.max_tokens is not None:
        body["max_output_tokens"] = _max_output_tokens(request, request.max_tokens, reasoning, quirks, notes)
    body.update(_sampling(request, quirks, notes))
    if reasoning is not None:
        body["reasoning"] = reasoning
    if text_format is not None:
        body["text"] = {"format": text_format}
    if request.streamed:
        body["stream"] = True
    body["store"] = False
    include: list[Json] = [ENCRYPTED_REASONING] if quirks.encrypted_reasoning else []
    if searches and quirks.search_sources:
        include.append(SEARCH_SOURCES)
    if include:
        body["include"] = include
    cache_key = prompt_cache_key(request)
    if cache_key is not None:
        body["prompt_cache_key"] = cache_key
    for name in request.extras:
        if name not in SILENT_EXTRAS:
            notes.add(name, f"/{name}", f"has no counterpart in {PROTOCOL}")
    for name, value in quirks.extra_body.items():
        body.setdefault(name, value)
    return body


def _max_output_tokens(
    request: Request, wanted: int, reasoning: JsonObject | None, quirks: Quirks, notes: Notes
) -> int:
    if wanted < MIN_OUTPUT_TOKENS:
        notes.add("max_tokens", "/max_tokens", f"{wanted} is less than the upstream takes: {MIN_OUTPUT_TOKENS}")
        return MIN_OUTPUT_TOKENS
    tokens = wanted
    unasked = request.thinking is not None and request.thinking.type == "disabled"
    if unasked and reasoning is not None and reasoning["effort"] != "none":
        tokens = max(tokens, min(tokens + ROOM_TO_THINK, 2 * ROOM_TO_THINK))
    if quirks.max_tokens_cap is not None:
        tokens = min(tokens, quirks.max_tokens_cap)
    if tokens < wanted:
        notes.add("max_tokens", "/max_tokens", f"{wanted} is more than the upstream allows: {tokens}")
    elif tokens > wanted:
        why = f"{tokens} instead of {wanted}: this model thinks all the same, and its thoughts count"
        notes.add("max_tokens", "/max_tokens", why)
    return tokens


def _sampling(request: Request, quirks: Quirks, notes: Notes) -> JsonObject:
    wanted: JsonObject = {}
    for name, value in (("temperature", request.temperature), ("top_p", request.top_p)):
        if value is not None and quirks.sampling:
            wanted[name] = value
        elif value is not None and value != 1:
            notes.add(name, f"/{name}", "models that reason take none")
    if request.top_k is not None:
        notes.add("top_k", "/top_k", f"has no counterpart in {PROTOCOL}")
    if request.stop_sequences:
        notes.add("stop_sequences", "/stop_sequences", "the Responses API has none; the router enforces them")
    return wanted


def _output_format(request: Request, quirks: Quirks, notes: Notes) -> tuple[JsonObject | None, str]:
    """`output_config.format` as `text.format`, or as words for the instructions (titles ask for JSON)."""
    schema = wanted_schema(request, notes, protocol=PROTOCOL)
    if schema is None:
        return None, ""
    if quirks.json_schema:
        return {"type": "json_schema", "name": "answer", "schema": schema}, ""
    return None, asked_in_words(schema, notes)
