"""What a strict OpenAI-chat upstream refuses, as one pure function over the request body.

Every rule is one that OpenAI or a well-known compatible server (vLLM with a strict chat template, Groq, Mistral,
Cerebras, Moonshot, DeepSeek) really has; a router that satisfies all of them at once satisfies each of them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from ccrouter.model.json import Json, JsonObject, as_int, as_list, as_object, as_str
from tests.upstreams.openai_rules import (
    BILLING,
    MOST_TOOLS,
    TOOL_NAME,
    RefusedError,
    check_arguments,
    check_data_url,
    check_foreign,
    check_tools,
    require,
)

__all__ = ["BILLING", "MOST_TOOLS", "STRICT", "TOOL_NAME", "RefusedError", "Strictness", "refusal"]

# https://platform.openai.com/docs/api-reference/chat/create, November 2026; `functions`, `function_call` left out on
# purpose (long deprecated, refused by most compatible servers).
TOP_LEVEL = frozenset(
    {
        "messages",
        "model",
        "audio",
        "frequency_penalty",
        "logit_bias",
        "logprobs",
        "max_completion_tokens",
        "max_tokens",
        "metadata",
        "modalities",
        "n",
        "parallel_tool_calls",
        "prediction",
        "presence_penalty",
        "prompt_cache_key",
        "prompt_cache_retention",
        "reasoning_effort",
        "response_format",
        "safety_identifier",
        "seed",
        "service_tier",
        "stop",
        "store",
        "stream",
        "stream_options",
        "temperature",
        "tool_choice",
        "tools",
        "top_logprobs",
        "top_p",
        "user",
        "verbosity",
        "web_search_options",
    }
)
MESSAGE_KEYS: Mapping[str, frozenset[str]] = {
    "system": frozenset({"role", "content", "name"}),
    "developer": frozenset({"role", "content", "name"}),
    "user": frozenset({"role", "content", "name"}),
    "assistant": frozenset({"role", "content", "name", "refusal", "tool_calls"}),
    "tool": frozenset({"role", "content", "tool_call_id"}),
}
PARTS: Mapping[str, frozenset[str]] = {
    "system": frozenset({"text"}),
    "developer": frozenset({"text"}),
    "user": frozenset({"text", "image_url", "input_audio", "file"}),
    "assistant": frozenset({"text", "refusal"}),
    "tool": frozenset({"text"}),
}
EFFORTS = frozenset({"none", "minimal", "low", "medium", "high", "xhigh"})
IMAGE_URL = re.compile(r"data:image/(png|jpeg|gif|webp);base64,")
LONGEST_CALL_ID = 40
MOST_STOPS = 4


@dataclass(frozen=True, slots=True)
class Strictness:
    """What differs between strict servers. `reasoning`: whether `reasoning_content` on assistant messages is refused,
    accepted, or required on every assistant message that calls tools (DeepSeek's thinking models, Kimi)."""

    reasoning: Literal["refused", "accepted", "required"] = "accepted"
    max_tokens_limit: int = 8192
    max_tokens_required: bool = True
    """OpenAI does without; Claude Code always tells it, and then it has to arrive."""
    images: bool = True
    """False: a model of text alone."""


STRICT = Strictness()


def refusal(body: JsonObject, strictness: Strictness = STRICT) -> RefusedError | None:
    """The first thing about `body` that a strict upstream answers 400 for, or None."""
    try:
        _check_top_level(body, strictness)
        check_tools(body, _check_tool, _check_choice)
        _check_messages(body, strictness)
        check_foreign(body)
    except RefusedError as found:
        return found
    return None


def _check_top_level(body: JsonObject, strictness: Strictness) -> None:
    for key in body:
        require(key in TOP_LEVEL, f"Unrecognized request argument supplied: {key}", key)
    require(as_str(body.get("model")), "you must provide a model parameter", "model")
    limit = body.get("max_completion_tokens", body.get("max_tokens"))
    require("max_tokens" not in body or "max_completion_tokens" not in body, "max_tokens given twice", "max_tokens")
    if limit is None and not strictness.max_tokens_required:
        limit = 1
    tokens = as_int(limit)
    require(tokens is not None and tokens >= 1, "max_tokens is required and must be a positive integer", "max_tokens")
    assert tokens is not None
    most = strictness.max_tokens_limit
    require(tokens <= most, f"max_tokens is too large: {tokens}. This model supports at most {most}.", "max_tokens")
    _check_stop(body.get("stop"))
    require("stream" not in body or isinstance(body["stream"], bool), "stream must be a boolean", "stream")
    if "stream_options" in body:
        require(body.get("stream") is True, "stream_options is only allowed with stream", "stream_options")
        options = as_object(body["stream_options"])
        require(options and set(options) <= {"include_usage", "include_obfuscation"}, "invalid stream_options")
    for key, most_value in (("temperature", 2), ("top_p", 1)):
        if key in body:
            value = body[key]
            number = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most_value
            require(number, f"{key} must be a number from 0 to {most_value}", key)
    if "reasoning_effort" in body:
        require(body["reasoning_effort"] in EFFORTS, "invalid reasoning_effort", "reasoning_effort")
    if "response_format" in body:
        _check_response_format(as_object(body["response_format"]))


def _check_stop(stop: Json) -> None:
    if stop is None or isinstance(stop, str):
        return
    stops = as_list(stop)
    require(stops and all(isinstance(entry, str) and entry for entry in stops), "stop must be strings", "stop")
    assert stops is not None
    require(len(stops) <= MOST_STOPS, f"stop: array too long, at most {MOST_STOPS}", "stop")


def _check_response_format(response_format: JsonObject | None) -> None:
    kind = response_format and response_format.get("type")
    require(kind in ("text", "json_object", "json_schema"), "invalid response_format.type", "response_format")
    if kind == "json_schema":
        assert response_format is not None
        schema = as_object(response_format.get("json_schema"))
        require(schema, "response_format.json_schema is missing", "response_format.json_schema")
        assert schema is not None
        require(set(schema) <= {"name", "schema", "strict", "description"}, "unknown key", "response_format")
        name = as_str(schema.get("name")) or ""
        require(TOOL_NAME.match(name), "response_format.json_schema.name is missing", "response_format")
        require(as_object(schema.get("schema")) is not None, "json_schema.schema is missing", "response_format")


def _check_choice(choice: Json, names: list[str]) -> None:
    named = as_object(choice)
    require(named and named.get("type") == "function", "invalid tool_choice", "tool_choice")
    assert named is not None
    function = as_object(named.get("function"))
    require(function and function.get("name") in names, "tool_choice names no tool of 'tools'", "tool_choice")


def _check_tool(tool: JsonObject | None, where: str) -> str:
    require(tool and sorted(tool) == ["function", "type"], "a tool has exactly 'type' and 'function'", where)
    assert tool is not None
    require(tool["type"] == "function", "tool type must be 'function'", f"{where}.type")
    function = as_object(tool["function"])
    known = {"name", "description", "parameters", "strict"}
    require(function and set(function) <= known, f"unknown key in function: {sorted(function or {})}", where)
    assert function is not None
    name = as_str(function.get("name")) or ""
    require(TOOL_NAME.match(name), f"tool name {name!r} does not match ^[a-zA-Z0-9_-]{{1,64}}$", f"{where}.name")
    if "description" in function:
        require(as_str(function["description"]) is not None, "description must be a string", where)
    if "parameters" in function:
        schema = as_object(function["parameters"])
        right = schema is not None and schema.get("type") == "object"
        require(right, f"Invalid schema for function '{name}': schema must be of type 'object'", where)
        assert schema is not None
        has_properties = as_object(schema.get("properties")) is not None
        require(has_properties, f"Invalid schema for function '{name}': object schema missing properties", where)
    return name


def _check_messages(body: JsonObject, strictness: Strictness) -> None:
    messages = as_list(body.get("messages"))
    require(messages, "[] is too short - 'messages'", "messages")
    assert messages is not None
    waiting: list[str] = []
    for position, entry in enumerate(messages):
        where = f"messages[{position}]"
        message = as_object(entry)
        require(message is not None, "a message must be an object", where)
        assert message is not None
        role = as_str(message.get("role")) or ""
        require(role in MESSAGE_KEYS, f"invalid role {role!r}", f"{where}.role")
        reasoning = {"reasoning_content"} if strictness.reasoning != "refused" and role == "assistant" else set[str]()
        for key in message:
            require(key in MESSAGE_KEYS[role] | reasoning, f"property '{where}.{key}' is unsupported", where)
        if role in ("system", "developer"):
            require(position == 0, "System message must be at the beginning.", where)
        if role == "tool":
            _answer(message, waiting, where)
        else:
            require(not waiting, f"tool_call_ids without a response message: {waiting}", where)
        _check_content(message, role, where, strictness)
        if role == "assistant":
            waiting = _check_assistant(message, strictness, where)
    require(not waiting, f"tool_call_ids without a response message: {waiting}", "messages")


def _answer(message: JsonObject, waiting: list[str], where: str) -> None:
    call = as_str(message.get("tool_call_id"))
    require(call, "tool message without tool_call_id", where)
    explained = "must be a response to a preceding message with 'tool_calls'"
    require(call in waiting, f"messages with role 'tool' {explained}: {call!r}", where)
    assert call is not None
    waiting.remove(call)


def _check_content(message: JsonObject, role: str, where: str, strictness: Strictness) -> None:
    content = message.get("content")
    if content is None and role == "assistant":
        return
    if isinstance(content, str):
        require(content or role != "user", "user content must not be empty", where)
        return
    parts = as_list(content)
    require(parts, "content must be a string or a non-empty array of parts", f"{where}.content")
    assert parts is not None
    for number, entry in enumerate(parts):
        place = f"{where}.content[{number}]"
        part = as_object(entry)
        kind = as_str((part or {}).get("type"))
        require(kind in PARTS[role], f"content part type {kind!r} is not allowed for role {role!r}", place)
        assert part is not None
        assert kind is not None
        require(sorted(part) == sorted(("type", kind)), f"unknown key in content part: {sorted(part)}", place)
        if kind == "text":
            require(as_str(part["text"]), "text content parts must be non-empty strings", place)
        if kind == "image_url":
            unknown = "unknown variant `image_url`, expected `text`"  # DeepSeek's words
            require(strictness.images, unknown, place)
            _check_image(as_object(part["image_url"]), place)


def _check_image(image: JsonObject | None, where: str) -> None:
    require(image and set(image) <= {"url", "detail"}, "image_url must be an object with 'url'", where)
    assert image is not None
    check_data_url(as_str(image.get("url")) or "", IMAGE_URL, "invalid image URL", where)


def _check_assistant(message: JsonObject, strictness: Strictness, where: str) -> list[str]:
    calls = as_list(message.get("tool_calls"))
    require("tool_calls" not in message or calls, "[] is too short - 'tool_calls'", f"{where}.tool_calls")
    require(calls or message.get("content"), "assistant message with neither content nor tool_calls", where)
    if "reasoning_content" in message:
        text = as_str(message["reasoning_content"])
        require(text is not None, "reasoning_content must be a string", f"{where}.reasoning_content")
    elif calls and strictness.reasoning == "required":
        raise RefusedError(f"reasoning_content is missing in assistant tool call message at index {where}", where)
    return [
        _check_call(as_object(call), f"{where}.tool_calls[{number}]", strictness) for number, call in _numbered(calls)
    ]


def _numbered(calls: list[Json] | None) -> Iterator[tuple[int, Json]]:
    yield from enumerate(calls or [])


def _check_call(call: JsonObject | None, where: str, strictness: Strictness) -> str:
    require(call and set(call) == {"id", "type", "function"}, "a tool call has exactly id, type, function", where)
    assert call is not None
    identity = as_str(call["id"]) or ""
    require(0 < len(identity) <= LONGEST_CALL_ID, f"id must have 1 to {LONGEST_CALL_ID} characters", f"{where}.id")
    require(call["type"] == "function", "tool call type must be 'function'", where)
    function = as_object(call["function"])
    require(function and set(function) == {"name", "arguments"}, "function has exactly name and arguments", where)
    assert function is not None
    require(TOOL_NAME.match(as_str(function["name"]) or ""), f"invalid tool name {function['name']!r}", where)
    check_arguments(function["arguments"], where)
    return identity
