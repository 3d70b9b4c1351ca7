"""What a strict Responses upstream refuses, as one pure function over the request body.

The rules are OpenAI's own (reference and error messages as people report them; field-notes 1.36, 1.37, 1.46 and 2), and
DeepSeek's where a switch says so. Nothing is remembered: what this upstream gave out it recognises by its seal, so that
a conversation survives a restart of whoever is between."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

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

__all__ = [
    "ALL_EFFORTS",
    "BILLING",
    "MOST_TOOLS",
    "STRICT",
    "TOOL_NAME",
    "RefusedError",
    "Strictness",
    "refusal",
    "seal",
]

# https://platform.openai.com/docs/api-reference/responses/create, November 2026
TOP_LEVEL = frozenset(
    {
        "background",
        "conversation",
        "include",
        "input",
        "instructions",
        "max_output_tokens",
        "max_tool_calls",
        "metadata",
        "model",
        "parallel_tool_calls",
        "previous_response_id",
        "prompt",
        "prompt_cache_key",
        "prompt_cache_retention",
        "reasoning",
        "safety_identifier",
        "service_tier",
        "store",
        "stream",
        "stream_options",
        "temperature",
        "text",
        "tool_choice",
        "tools",
        "top_logprobs",
        "top_p",
        "truncation",
        "user",
    }
)
ITEM_KEYS: Mapping[str, frozenset[str]] = {
    "message": frozenset({"type", "id", "role", "content", "status", "phase"}),
    "function_call": frozenset({"type", "id", "call_id", "name", "arguments", "status"}),
    "function_call_output": frozenset({"type", "id", "call_id", "output", "status"}),
    "reasoning": frozenset({"type", "id", "summary", "content", "encrypted_content"}),
}
ID_PREFIX: Mapping[str, str] = {"message": "msg", "function_call": "fc", "reasoning": "rs"}
PARTS: Mapping[str, frozenset[str]] = {
    "system": frozenset({"input_text"}),
    "developer": frozenset({"input_text"}),
    "user": frozenset({"input_text", "input_image", "input_file"}),
    "assistant": frozenset({"output_text", "refusal"}),
}
PART_KEYS: Mapping[str, frozenset[str]] = {
    "input_text": frozenset({"type", "text"}),
    "input_image": frozenset({"type", "image_url", "file_id", "detail"}),
    "input_file": frozenset({"type", "filename", "file_data", "file_url", "file_id"}),
    "output_text": frozenset({"type", "text", "annotations", "logprobs"}),
    "refusal": frozenset({"type", "refusal"}),
}
INCLUDES = frozenset({"reasoning.encrypted_content", "web_search_call.action.sources"})
ALL_EFFORTS = frozenset({"none", "minimal", "low", "medium", "high", "xhigh"})
DATA_URL = re.compile(r"data:(image/(png|jpeg|gif|webp)|application/pdf);base64,")
LONGEST_ID = 64
LEAST_TOKENS = 16


@dataclass(frozen=True, slots=True)
class Strictness:
    """What differs between models and servers. `efforts` empty: a model that does not reason.

    `outputs_adjacent`: nothing may stand between a turn's calls and their outputs (DeepSeek)."""

    efforts: frozenset[str] = ALL_EFFORTS
    max_tokens_limit: int = 128_000
    result_parts: bool = True
    """A function_call_output may be a list of parts."""
    web_search: bool = True
    outputs_adjacent: bool = False


STRICT = Strictness()


def seal(item_id: str, following: str) -> str:
    """Encrypted content of the reasoning item `item_id`; `following` came after it: a type, `function_call:NAME`."""
    return base64.b64encode(f"sealed:{item_id}:{following}".encode()).decode()


def refusal(body: JsonObject, strictness: Strictness = STRICT) -> RefusedError | None:
    """The first thing about `body` that a strict upstream answers 400 for, or None."""
    try:
        _check_top_level(body, strictness)
        check_tools(body, partial(_check_tool, strictness=strictness), _check_choice)
        _check_input(body, strictness)
        check_foreign(body)
    except RefusedError as found:
        return found
    return None


def _check_top_level(body: JsonObject, strictness: Strictness) -> None:
    for key in body:
        require(key in TOP_LEVEL, f"Unknown parameter: '{key}'.", key)
    require(as_str(body.get("model")), "Missing required parameter: 'model'.", "model")
    require(body.get("store") is False, "store must be false: this organisation keeps nothing", "store")
    if "instructions" in body:
        require(as_str(body["instructions"]), "instructions must be a non-empty string", "instructions")
    _check_tokens(body, strictness)
    require("stream" not in body or isinstance(body["stream"], bool), "stream must be a boolean", "stream")
    for key in ("temperature", "top_p"):
        refused = key in body and strictness.efforts
        require(not refused, f"Unsupported parameter: '{key}' is not supported with this model.", key)
    _check_reasoning(body, strictness)
    _check_text(body.get("text"))
    key = body.get("prompt_cache_key", "k")
    require(isinstance(key, str) and 0 < len(key) <= 64, "prompt_cache_key: 1 to 64 characters", "prompt_cache_key")


def _check_tokens(body: JsonObject, strictness: Strictness) -> None:
    if "max_output_tokens" not in body:
        return
    tokens = as_int(body["max_output_tokens"]) or 0
    below = f"Expected a value >= {LEAST_TOKENS}, but got {tokens} instead."
    require(
        tokens >= LEAST_TOKENS,
        f"Invalid 'max_output_tokens': integer below minimum value. {below}",
        "max_output_tokens",
    )
    most = strictness.max_tokens_limit
    require(tokens <= most, f"max_output_tokens is too large: {tokens}, at most {most}.", "max_output_tokens")


def _check_reasoning(body: JsonObject, strictness: Strictness) -> None:
    include = as_list(body.get("include", [])) or []
    for entry in include:
        require(entry in INCLUDES, f"Invalid value: {entry!r}", "include")
    wants_encrypted = "reasoning.encrypted_content" in include
    require(not wants_encrypted or strictness.efforts, "Encrypted content is not supported with this model.", "include")
    if "reasoning" not in body:
        return
    require(strictness.efforts, "Unsupported parameter: 'reasoning.effort' is not supported with this model.")
    reasoning = as_object(body["reasoning"])
    require(reasoning and set(reasoning) <= {"effort", "summary"}, "unknown key in 'reasoning'", "reasoning")
    assert reasoning is not None
    effort = reasoning.get("effort", "medium")
    unsupported = f"Unsupported value: {effort!r} is not supported with this model."
    require(effort in strictness.efforts, unsupported, "reasoning.effort")
    require(reasoning.get("summary", "auto") in ("auto", "concise", "detailed"), "invalid summary", "reasoning.summary")
    searches = any((as_object(tool) or {}).get("type") == "web_search" for tool in as_list(body.get("tools")) or [])
    require(
        effort != "minimal" or not searches,
        "The following tools cannot be used with reasoning.effort 'minimal': web_search.",
        "tools",
    )


def _check_text(text: Json) -> None:
    if text is None:
        return
    fields = as_object(text)
    require(fields and set(fields) <= {"format", "verbosity"}, "unknown key in 'text'", "text")
    assert fields is not None
    wanted = as_object(fields.get("format"))
    kind = wanted and wanted.get("type")
    require(kind in ("text", "json_object", "json_schema"), "invalid text.format.type", "text.format")
    if kind == "json_schema":
        assert wanted is not None
        known = {"type", "name", "schema", "strict", "description"}
        require(set(wanted) <= known, f"unknown key in text.format: {sorted(wanted)}", "text.format")
        require(TOOL_NAME.match(as_str(wanted.get("name")) or ""), "Missing 'text.format.name'.", "text.format.name")
        require(as_object(wanted.get("schema")) is not None, "Missing 'text.format.schema'.", "text.format.schema")


def _check_choice(choice: Json, names: list[str]) -> None:
    named = as_object(choice)
    require(named and set(named) == {"type", "name"}, f"invalid tool_choice {choice!r}", "tool_choice")
    assert named is not None
    known = named["type"] == "function" and named["name"] in names
    require(known, f"Tool choice 'function' not found in 'tools' parameter: {choice!r}", "tool_choice")


def _check_tool(tool: JsonObject | None, where: str, *, strictness: Strictness) -> str:
    require(tool is not None, "a tool must be an object", where)
    assert tool is not None
    if tool.get("type") == "web_search":
        require(strictness.web_search, "Hosted tool 'web_search' is not supported with this model.", where)
        known = {"type", "filters", "user_location", "search_context_size"}
        require(set(tool) <= known, f"unknown key in tool: {sorted(tool)}", where)
        return "(web_search)"
    require(tool.get("type") == "function", f"invalid tool type {tool.get('type')!r}", f"{where}.type")
    unknown = set(tool) - {"type", "name", "description", "parameters", "strict"}
    require(not unknown, f"Unknown parameter: '{where}.{min(unknown, default='')}'.", where)
    name = as_str(tool.get("name")) or ""
    long = f"Invalid '{where}.name': string too long or of other characters than ^[a-zA-Z0-9_-]{{1,64}}$: {name!r}"
    require(TOOL_NAME.match(name), long, f"{where}.name")
    require("description" not in tool or as_str(tool["description"]) is not None, "description must be text", where)
    require(isinstance(tool.get("strict"), bool), f"Missing required parameter: '{where}.strict'.", where)
    schema = as_object(tool.get("parameters")) or {}
    right = schema.get("type") == "object" and as_object(schema.get("properties")) is not None
    require(right, f"Invalid schema for function '{name}': an object schema with properties is wanted", where)
    if tool["strict"] is True:
        closed = schema.get("additionalProperties") is False
        require(closed, f"Invalid schema for function '{name}': 'additionalProperties' must be false", where)
    return name


def _check_input(body: JsonObject, strictness: Strictness) -> None:
    entries = as_list(body.get("input"))
    require(entries, "Missing required parameter: 'input'.", "input")
    items = [as_object(entry) or {} for entry in entries or []]
    calls: dict[str, bool] = {}
    for position, item in enumerate(items):
        where = f"input[{position}]"
        kind = as_str(item.get("type")) or ""
        require(kind in ITEM_KEYS, f"Invalid value: {kind!r}. Supported values are …", f"{where}.type")
        for key in item:
            require(key in ITEM_KEYS[kind], f"Unknown parameter: '{where}.{key}'.", f"{where}.{key}")
        _check_id(item, kind, where)
        if strictness.outputs_adjacent and kind != "function_call_output":
            waiting = [call for call, answered in calls.items() if not answered]
            alone = kind == "function_call" or not waiting
            require(alone, f"No tool output found for tool call {waiting[0] if waiting else ''}.", where)
        match kind:
            case "message":
                _check_message(item, where)
            case "function_call":
                _check_call(item, calls, where)
            case "function_call_output":
                _check_output(item, calls, where, strictness)
            case _:
                _check_reasoning_item(item, items[position + 1 :], where, strictness)
    for call, answered in calls.items():
        require(answered, f"No tool output found for function call {call}.", "input")


def _check_id(item: JsonObject, kind: str, where: str) -> None:
    if "id" not in item:
        require(kind != "reasoning", f"Missing required parameter: '{where}.id'.", where)
        return
    given = as_str(item["id"]) or ""
    prefix = ID_PREFIX.get(kind, "fc")
    wrong = f"Invalid '{where}.id': {given!r}. Expected an ID that begins with '{prefix}'."
    require(given.startswith(prefix) and len(given) <= LONGEST_ID, wrong, f"{where}.id")


def _check_message(item: JsonObject, where: str) -> None:
    role = as_str(item.get("role")) or ""
    require(role in PARTS, f"Invalid value: {role!r}", f"{where}.role")
    require(role == "assistant" or "phase" not in item, f"Unknown parameter: '{where}.phase'.", where)
    _check_parts(item.get("content"), PARTS[role], f"{where}.content")


def _check_parts(content: Json, allowed: frozenset[str], where: str) -> None:
    parts = as_list(content)
    require(parts, "content must be a non-empty array of parts", where)
    for number, entry in enumerate(parts or []):
        place = f"{where}[{number}]"
        part = as_object(entry) or {}
        kind = as_str(part.get("type")) or ""
        supported = ", ".join(sorted(allowed))
        require(kind in allowed, f"Invalid value: {kind!r}. Supported values are: {supported}.", f"{place}.type")
        require(set(part) <= PART_KEYS[kind], f"unknown key in content part: {sorted(part)}", place)
        if kind in ("input_text", "output_text"):
            require(as_str(part.get("text")), "text must be a non-empty string", place)
        if kind == "input_image":
            check_data_url(as_str(part.get("image_url")) or "", DATA_URL, "Invalid data URL", place)
        if kind == "input_file" and "file_url" not in part:
            require(as_str(part.get("filename")), "Missing required parameter: 'filename'.", place)
            check_data_url(as_str(part.get("file_data")) or "", DATA_URL, "Invalid data URL", place)


def _check_call(item: JsonObject, calls: dict[str, bool], where: str) -> None:
    call_id = as_str(item.get("call_id")) or ""
    require(0 < len(call_id) <= LONGEST_ID, f"Invalid '{where}.call_id': 1 to {LONGEST_ID} characters", where)
    require(call_id not in calls, f"Duplicate function call {call_id}.", where)
    calls[call_id] = False
    require(TOOL_NAME.match(as_str(item.get("name")) or ""), f"Invalid '{where}.name': {item.get('name')!r}", where)
    check_arguments(item.get("arguments"), where)


def _check_output(item: JsonObject, calls: dict[str, bool], where: str, strictness: Strictness) -> None:
    call_id = as_str(item.get("call_id")) or ""
    known = calls.get(call_id) is False
    require(known, f"No tool call found for function call output with call_id {call_id}.", where)
    calls[call_id] = True
    if as_str(item.get("output")):
        return
    require(strictness.result_parts, "output must be a non-empty string", f"{where}.output")
    _check_parts(item.get("output"), PARTS["user"], f"{where}.output")


def _check_reasoning_item(item: JsonObject, after: list[JsonObject], where: str, strictness: Strictness) -> None:
    item_id = as_str(item["id"]) or ""
    require(strictness.efforts, f"Item of type 'reasoning' is not supported with this model: {item_id}", where)
    require(as_list(item.get("summary")) is not None, f"Missing required parameter: '{where}.summary'.", where)
    sealed = as_str(item.get("encrypted_content"))
    lost = f"Item with id '{item_id}' not found. Items are not persisted when `store` is set to false."
    require(sealed, lost, where)
    try:
        opened = base64.b64decode(sealed or "", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        opened = ""
    mark, _, rest = opened.partition(":")
    sealed_id, _, following = rest.partition(":")
    unverified = f"The encrypted content for item {item_id} could not be verified."
    require(mark == "sealed", f"{unverified} Reason: Encrypted content could not be decrypted or parsed.", where)
    other = f"{unverified} Reason: Encrypted content item_id did not match the target item id."
    require(sealed_id == item_id, other, where)
    then = after[0] if after else {}
    kind = as_str(then.get("type"))
    is_that = f"{kind}:{as_str(then.get('name'))}" if kind == "function_call" else kind
    alone = f"Item '{item_id}' of type 'reasoning' was provided without its required following item."
    require(following == is_that, alone, where)
