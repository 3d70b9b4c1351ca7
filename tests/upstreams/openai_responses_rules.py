"""What a strict Responses upstream refuses, as one pure function over the request body.

The rules are OpenAI's own (reference and error messages as people report them; field-notes 1.36, 1.37, 1.46 and 2), and
DeepSeek's where a switch says so. Nothing is remembered: what this upstream gave out it recognises by its seal, so that
a conversation survives a restart of whoever is between."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import orjson

from ccrouter.model.json import Json, JsonObject, as_int, as_list, as_object, as_str

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
TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}\Z")
DATA_URL = re.compile(r"data:(image/(png|jpeg|gif|webp)|application/pdf);base64,")
LONGEST_ID = 64
MOST_TOOLS = 128
LEAST_TOKENS = 16
BILLING = "x-anthropic-billing-header"


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


@dataclass(frozen=True, slots=True)
class RefusedError(Exception):
    """A 400: what is wrong, and in which parameter."""

    message: str
    param: str | None = None


def seal(item_id: str, following: str) -> str:
    """Encrypted content of the reasoning item `item_id`; `following` came after it: a type, `function_call:NAME`."""
    return base64.b64encode(f"sealed:{item_id}:{following}".encode()).decode()


def refusal(body: JsonObject, strictness: Strictness = STRICT) -> RefusedError | None:
    """The first thing about `body` that a strict upstream answers 400 for, or None."""
    try:
        _check_top_level(body, strictness)
        _check_tools(body, strictness)
        _check_input(body, strictness)
        _check_foreign(body)
    except RefusedError as found:
        return found
    return None


def _require(condition: object, message: str, param: str | None = None) -> None:
    if not condition:
        raise RefusedError(message, param)


def _check_top_level(body: JsonObject, strictness: Strictness) -> None:
    for key in body:
        _require(key in TOP_LEVEL, f"Unknown parameter: '{key}'.", key)
    _require(as_str(body.get("model")), "Missing required parameter: 'model'.", "model")
    _require(body.get("store") is False, "store must be false: this organisation keeps nothing", "store")
    if "instructions" in body:
        _require(as_str(body["instructions"]), "instructions must be a non-empty string", "instructions")
    _check_tokens(body, strictness)
    _require("stream" not in body or isinstance(body["stream"], bool), "stream must be a boolean", "stream")
    for key in ("temperature", "top_p"):
        refused = key in body and strictness.efforts
        _require(not refused, f"Unsupported parameter: '{key}' is not supported with this model.", key)
    _check_reasoning(body, strictness)
    _check_text(body.get("text"))
    key = body.get("prompt_cache_key", "k")
    _require(isinstance(key, str) and 0 < len(key) <= 64, "prompt_cache_key: 1 to 64 characters", "prompt_cache_key")


def _check_tokens(body: JsonObject, strictness: Strictness) -> None:
    if "max_output_tokens" not in body:
        return
    tokens = as_int(body["max_output_tokens"]) or 0
    below = f"Expected a value >= {LEAST_TOKENS}, but got {tokens} instead."
    _require(
        tokens >= LEAST_TOKENS,
        f"Invalid 'max_output_tokens': integer below minimum value. {below}",
        "max_output_tokens",
    )
    most = strictness.max_tokens_limit
    _require(tokens <= most, f"max_output_tokens is too large: {tokens}, at most {most}.", "max_output_tokens")


def _check_reasoning(body: JsonObject, strictness: Strictness) -> None:
    include = as_list(body.get("include", [])) or []
    for entry in include:
        _require(entry in INCLUDES, f"Invalid value: {entry!r}", "include")
    wants_encrypted = "reasoning.encrypted_content" in include
    _require(
        not wants_encrypted or strictness.efforts, "Encrypted content is not supported with this model.", "include"
    )
    if "reasoning" not in body:
        return
    _require(strictness.efforts, "Unsupported parameter: 'reasoning.effort' is not supported with this model.")
    reasoning = as_object(body["reasoning"])
    _require(reasoning and set(reasoning) <= {"effort", "summary"}, "unknown key in 'reasoning'", "reasoning")
    assert reasoning is not None
    effort = reasoning.get("effort", "medium")
    unsupported = f"Unsupported value: {effort!r} is not supported with this model."
    _require(effort in strictness.efforts, unsupported, "reasoning.effort")
    _require(
        reasoning.get("summary", "auto") in ("auto", "concise", "detailed"), "invalid summary", "reasoning.summary"
    )
    searches = any((as_object(tool) or {}).get("type") == "web_search" for tool in as_list(body.get("tools")) or [])
    _require(
        effort != "minimal" or not searches,
        "The following tools cannot be used with reasoning.effort 'minimal': web_search.",
        "tools",
    )


def _check_text(text: Json) -> None:
    if text is None:
        return
    fields = as_object(text)
    _require(fields and set(fields) <= {"format", "verbosity"}, "unknown key in 'text'", "text")
    assert fields is not None
    wanted = as_object(fields.get("format"))
    kind = wanted and wanted.get("type")
    _require(kind in ("text", "json_object", "json_schema"), "invalid text.format.type", "text.format")
    if kind == "json_schema":
        assert wanted is not None
        known = {"type", "name", "schema", "strict", "description"}
        _require(set(wanted) <= known, f"unknown key in text.format: {sorted(wanted)}", "text.format")
        _require(TOOL_NAME.match(as_str(wanted.get("name")) or ""), "Missing 'text.format.name'.", "text.format.name")
        _require(as_object(wanted.get("schema")) is not None, "Missing 'text.format.schema'.", "text.format.schema")


def _check_tools(body: JsonObject, strictness: Strictness) -> None:
    if "tools" not in body:
        for key in ("tool_choice", "parallel_tool_calls"):
            _require(key not in body, f"'{key}' is only allowed when 'tools' are specified.", key)
        return
    tools = as_list(body["tools"])
    _require(tools, "[] is too short - 'tools'", "tools")
    assert tools is not None
    _require(len(tools) <= MOST_TOOLS, f"tools: array too long, at most {MOST_TOOLS}", "tools")
    names = [_check_tool(as_object(tool), f"tools[{number}]", strictness) for number, tool in enumerate(tools)]
    _require(len(set(names)) == len(names), "tool names must be unique", "tools")
    choice = body.get("tool_choice", "auto")
    if as_str(choice) is not None:
        _require(choice in ("none", "auto", "required"), f"invalid tool_choice {choice!r}", "tool_choice")
        return
    named = as_object(choice)
    _require(named and set(named) == {"type", "name"}, f"invalid tool_choice {choice!r}", "tool_choice")
    assert named is not None
    known = named["type"] == "function" and named["name"] in names
    _require(known, f"Tool choice 'function' not found in 'tools' parameter: {choice!r}", "tool_choice")


def _check_tool(tool: JsonObject | None, where: str, strictness: Strictness) -> str:
    _require(tool is not None, "a tool must be an object", where)
    assert tool is not None
    if tool.get("type") == "web_search":
        _require(strictness.web_search, "Hosted tool 'web_search' is not supported with this model.", where)
        known = {"type", "filters", "user_location", "search_context_size"}
        _require(set(tool) <= known, f"unknown key in tool: {sorted(tool)}", where)
        return "(web_search)"
    _require(tool.get("type") == "function", f"invalid tool type {tool.get('type')!r}", f"{where}.type")
    unknown = set(tool) - {"type", "name", "description", "parameters", "strict"}
    _require(not unknown, f"Unknown parameter: '{where}.{min(unknown, default='')}'.", where)
    name = as_str(tool.get("name")) or ""
    long = f"Invalid '{where}.name': string too long or of other characters than ^[a-zA-Z0-9_-]{{1,64}}$: {name!r}"
    _require(TOOL_NAME.match(name), long, f"{where}.name")
    _require("description" not in tool or as_str(tool["description"]) is not None, "description must be text", where)
    _require(isinstance(tool.get("strict"), bool), f"Missing required parameter: '{where}.strict'.", where)
    schema = as_object(tool.get("parameters")) or {}
    right = schema.get("type") == "object" and as_object(schema.get("properties")) is not None
    _require(right, f"Invalid schema for function '{name}': an object schema with properties is wanted", where)
    if tool["strict"] is True:
        closed = schema.get("additionalProperties") is False
        _require(closed, f"Invalid schema for function '{name}': 'additionalProperties' must be false", where)
    return name


def _check_input(body: JsonObject, strictness: Strictness) -> None:
    entries = as_list(body.get("input"))
    _require(entries, "Missing required parameter: 'input'.", "input")
    items = [as_object(entry) or {} for entry in entries or []]
    calls: dict[str, bool] = {}
    for position, item in enumerate(items):
        where = f"input[{position}]"
        kind = as_str(item.get("type")) or ""
        _require(kind in ITEM_KEYS, f"Invalid value: {kind!r}. Supported values are …", f"{where}.type")
        for key in item:
            _require(key in ITEM_KEYS[kind], f"Unknown parameter: '{where}.{key}'.", f"{where}.{key}")
        _check_id(item, kind, where)
        if strictness.outputs_adjacent and kind != "function_call_output":
            waiting = [call for call, answered in calls.items() if not answered]
            alone = kind == "function_call" or not waiting
            _require(alone, f"No tool output found for tool call {waiting[0] if waiting else ''}.", where)
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
        _require(answered, f"No tool output found for function call {call}.", "input")


def _check_id(item: JsonObject, kind: str, where: str) -> None:
    if "id" not in item:
        _require(kind != "reasoning", f"Missing required parameter: '{where}.id'.", where)
        return
    given = as_str(item["id"]) or ""
    prefix = ID_PREFIX.get(kind, "fc")
    wrong = f"Invalid '{where}.id': {given!r}. Expected an ID that begins with '{prefix}'."
    _require(given.startswith(prefix) and len(given) <= LONGEST_ID, wrong, f"{where}.id")


def _check_message(item: JsonObject, where: str) -> None:
    role = as_str(item.get("role")) or ""
    _require(role in PARTS, f"Invalid value: {role!r}", f"{where}.role")
    _require(role == "assistant" or "phase" not in item, f"Unknown parameter: '{where}.phase'.", where)
    _check_parts(item.get("content"), PARTS[role], f"{where}.content")


def _check_parts(content: Json, allowed: frozenset[str], where: str) -> None:
    parts = as_list(content)
    _require(parts, "content must be a non-empty array of parts", where)
    for number, entry in enumerate(parts or []):
        place = f"{where}[{number}]"
        part = as_object(entry) or {}
        kind = as_str(part.get("type")) or ""
        supported = ", ".join(sorted(allowed))
        _require(kind in allowed, f"Invalid value: {kind!r}. Supported values are: {supported}.", f"{place}.type")
        _require(set(part) <= PART_KEYS[kind], f"unknown key in content part: {sorted(part)}", place)
        if kind in ("input_text", "output_text"):
            _require(as_str(part.get("text")), "text must be a non-empty string", place)
        if kind == "input_image":
            _check_data(part.get("image_url"), place)
        if kind == "input_file" and "file_url" not in part:
            _require(as_str(part.get("filename")), "Missing required parameter: 'filename'.", place)
            _check_data(part.get("file_data"), place)


def _check_data(value: Json, where: str) -> None:
    url = as_str(value) or ""
    if url.startswith(("https://", "http://")):
        return
    found = DATA_URL.match(url)
    _require(found, f"Invalid data URL: {url[:40]!r}", where)
    assert found is not None
    try:
        base64.b64decode(url[found.end() :], validate=True)
    except binascii.Error as error:
        raise RefusedError(f"not valid base64: {error}", where) from error


def _check_call(item: JsonObject, calls: dict[str, bool], where: str) -> None:
    call_id = as_str(item.get("call_id")) or ""
    _require(0 < len(call_id) <= LONGEST_ID, f"Invalid '{where}.call_id': 1 to {LONGEST_ID} characters", where)
    _require(call_id not in calls, f"Duplicate function call {call_id}.", where)
    calls[call_id] = False
    _require(TOOL_NAME.match(as_str(item.get("name")) or ""), f"Invalid '{where}.name': {item.get('name')!r}", where)
    try:
        arguments = as_object(orjson.loads(as_str(item.get("arguments")) or ""))
    except orjson.JSONDecodeError:
        arguments = None
    _require(arguments is not None, "arguments must be a string holding a JSON object", f"{where}.arguments")


def _check_output(item: JsonObject, calls: dict[str, bool], where: str, strictness: Strictness) -> None:
    call_id = as_str(item.get("call_id")) or ""
    known = calls.get(call_id) is False
    _require(known, f"No tool call found for function call output with call_id {call_id}.", where)
    calls[call_id] = True
    if as_str(item.get("output")):
        return
    _require(strictness.result_parts, "output must be a non-empty string", f"{where}.output")
    _check_parts(item.get("output"), PARTS["user"], f"{where}.output")


def _check_reasoning_item(item: JsonObject, after: list[JsonObject], where: str, strictness: Strictness) -> None:
    item_id = as_str(item["id"]) or ""
    _require(strictness.efforts, f"Item of type 'reasoning' is not supported with this model: {item_id}", where)
    _require(as_list(item.get("summary")) is not None, f"Missing required parameter: '{where}.summary'.", where)
    sealed = as_str(item.get("encrypted_content"))
    lost = f"Item with id '{item_id}' not found. Items are not persisted when `store` is set to false."
    _require(sealed, lost, where)
    try:
        opened = base64.b64decode(sealed or "", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        opened = ""
    mark, _, rest = opened.partition(":")
    sealed_id, _, following = rest.partition(":")
    unverified = f"The encrypted content for item {item_id} could not be verified."
    _require(mark == "sealed", f"{unverified} Reason: Encrypted content could not be decrypted or parsed.", where)
    other = f"{unverified} Reason: Encrypted content item_id did not match the target item id."
    _require(sealed_id == item_id, other, where)
    then = after[0] if after else {}
    kind = as_str(then.get("type"))
    is_that = f"{kind}:{as_str(then.get('name'))}" if kind == "function_call" else kind
    alone = f"Item '{item_id}' of type 'reasoning' was provided without its required following item."
    _require(following == is_that, alone, where)


def _check_foreign(body: JsonObject) -> None:
    """Anthropic's own things do not belong in an OpenAI body: the billing line, cache marks, the session's id."""
    for path, value in _walk(body, "body"):
        if isinstance(value, dict):
            _require("cache_control" not in value, "cache_control is not supported", path)
        if isinstance(value, str):
            _require(BILLING not in value, f"text contains {BILLING}", path)


def _walk(value: Json, path: str) -> Iterator[tuple[str, Json]]:
    yield path, value
    if isinstance(value, dict):
        for key, inner in value.items():
            if key != "parameters":  # a tool's own schema may use any property name
                yield from _walk(inner, f"{path}.{key}")
    if isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _walk(inner, f"{path}[{number}]")
