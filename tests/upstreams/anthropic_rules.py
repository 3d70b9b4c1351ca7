"""What Anthropic's Messages API refuses, as one pure function over the request body; the words are its own.

Every rule is one that people have met (anthropics/claude-code's issues, field-notes 1). Whether a signature is its own
it tells by the thinking it was made for: nothing is remembered, so a conversation survives a restart."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Mapping

from ccrouter.model.json import Json, JsonObject, as_int, as_list, as_object, as_str
from tests.upstreams.refused import RefusedError, require

# https://docs.claude.com/en/api/messages and the betas that Claude Code asks for, November 2026
TOP_LEVEL = frozenset(
    {
        "model",
        "messages",
        "max_tokens",
        "system",
        "tools",
        "tool_choice",
        "thinking",
        "stream",
        "temperature",
        "top_p",
        "top_k",
        "stop_sequences",
        "metadata",
        "service_tier",
        "speed",
        "container",
        "context_management",
        "mcp_servers",
        "output_config",
        "output_format",
        "cache_control",
        "inference_geo",
        "safeguards",
        "diagnostics",
    }
)
BLOCKS: Mapping[str, frozenset[str]] = {
    "user": frozenset({"text", "image", "document", "tool_result", "search_result", "tool_reference"}),
    "assistant": frozenset(
        {"text", "thinking", "redacted_thinking", "tool_use", "server_tool_use", "web_search_tool_result"}
    ),
    "system": frozenset({"text", "tool_reference"}),
}
RESULT_BLOCKS = frozenset({"text", "image", "document", "search_result", "tool_reference"})
TOOL_ID = re.compile(r"[a-zA-Z0-9_-]+\Z")
TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}\Z")
MEDIA = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "application/pdf", "text/plain"})
LEAST_BUDGET = 1024


def sign(thinking: str) -> str:
    """The signature that this upstream puts on `thinking`, the only one it takes back with it."""
    return base64.b64encode(b"scripted anthropic:" + hashlib.sha256(thinking.encode()).digest()).decode()


def refusal(body: JsonObject) -> str | None:
    """The first thing about `body` that Anthropic answers 400 for, or None."""
    try:
        _check(body)
    except RefusedError as found:
        return found.message
    return None


def _check(body: JsonObject) -> None:
    require(body, "The request body is not valid JSON")
    for key in ("model", "max_tokens", "messages"):
        require(key in body, f"{key}: Field required")
    for key in body:
        require(key in TOP_LEVEL, f"{key}: Extra inputs are not permitted")
    require((as_int(body["max_tokens"]) or 0) >= 1, "max_tokens: Input should be greater than or equal to 1")
    _check_system(body.get("system"))
    names = _check_tools(as_list(body.get("tools")) or [])
    _check_choice(as_object(body.get("tool_choice")), names)
    messages = [as_object(message) or {} for message in as_list(body["messages"]) or []]
    require(messages, "messages: at least one message is required")
    _check_messages(messages)
    _check_thinking(body, messages)


def _check_system(system: Json) -> None:
    for number, block in enumerate(_blocks(system)):
        _check_text(block, f"system.{number}")


def _check_tools(tools: list[Json]) -> set[str]:
    names: set[str] = set()
    deferred: list[bool] = []
    for number, entry in enumerate(tools):
        tool = as_object(entry) or {}
        name = as_str(tool.get("name")) or ""
        where = f"tools.{number}"
        require(TOOL_NAME.match(name), f"{where}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
        require(name not in names, "tools: Tool names must be unique.")
        names.add(name)
        deferred.append(tool.get("defer_loading") is True)
        if tool.get("type", "custom") == "custom":
            schema = as_object(tool.get("input_schema"))
            require(schema is not None, f"{where}.custom.input_schema: Field required")
            assert schema is not None
            require(schema.get("type") == "object", f"{where}.custom.input_schema.type: Input should be 'object'")
    require(not deferred or not all(deferred), "At least one tool must have defer_loading=false.")
    return names


def _check_choice(choice: JsonObject | None, names: set[str]) -> None:
    if choice is None:
        return
    require(names, "tool_choice: tool_choice may only be specified while providing tools")
    kind = choice.get("type")
    require(kind in ("auto", "any", "tool", "none"), f"tool_choice: Input tag {kind!r} does not match")
    require(kind != "tool" or choice.get("name") in names, f"Tool '{choice.get('name')}' not found in provided tools")


def _check_messages(messages: list[JsonObject]) -> None:
    require(messages[0].get("role") != "assistant", 'messages: first message must use the "user" role')
    seen: set[str] = set()
    waiting: list[str] = []
    for position, message in enumerate(messages):
        where = f"messages.{position}"
        role = as_str(message.get("role")) or ""
        require(role in BLOCKS, f"{where}.role: Input should be 'user' or 'assistant'")
        require(not (role == "system" and position == 0), f"{where}: use the top-level 'system' parameter")
        content = message.get("content")
        if isinstance(content, str):
            empty = f"{where}: all messages must have non-empty content except for the optional final assistant message"
            require(content, empty)
        blocks = _blocks(content)
        require(isinstance(content, str) or blocks, f"{where}.content: at least one block is required")
        for number, block in enumerate(blocks):
            _check_block(block, role, f"{where}.content.{number}")
        if role == "system":
            continue  # may stand between a call and its result, and says nothing about either
        results = [str(block.get("tool_use_id")) for block in blocks if block["type"] == "tool_result"]
        _check_results(results, waiting, where)
        waiting = [str(block["id"]) for block in blocks if block["type"] == "tool_use"] if role == "assistant" else []
        for call in waiting:
            require(call not in seen, f"{where}: `tool_use` ids must be unique ({call})")
            seen.add(call)
    require(not waiting, _unanswered(len(messages) - 1, waiting))


def _check_results(results: list[str], waiting: list[str], where: str) -> None:
    for result in results:
        require(
            result in waiting,
            f"{where}: unexpected `tool_use_id` found in `tool_result` blocks: {result}. Each `tool_result` block must "
            "have a corresponding `tool_use` block in the previous message.",
        )
    require(len(set(results)) == len(results), f"{where}: each tool_use must have a single result")
    left = [call for call in waiting if call not in results]
    require(not left, _unanswered(int(where.split(".")[1]) - 1, left))


def _unanswered(position: int, calls: list[str]) -> str:
    return (
        f"messages.{position}: `tool_use` ids were found without `tool_result` blocks immediately after: "
        f"{', '.join(calls)}. Each `tool_use` block must have a corresponding `tool_result` block in the next message."
    )


def _check_block(block: JsonObject, role: str, where: str) -> None:
    kind = as_str(block.get("type")) or ""
    require(kind in BLOCKS[role], f"{where}: Input tag {kind!r} found using 'type' does not match any of the expected")
    match kind:
        case "text":
            _check_text(block, where)
        case "thinking":
            text, signature = as_str(block.get("thinking")), as_str(block.get("signature"))
            require(text is not None, f"{where}.thinking.thinking: Field required")
            require(signature == sign(text or ""), f"{where}: Invalid `signature` in `thinking` block")
        case "tool_use":
            pattern = "String should match pattern '^[a-zA-Z0-9_-]+$'"
            require(TOOL_ID.match(as_str(block.get("id")) or ""), f"{where}.tool_use.id: {pattern}")
            require(TOOL_NAME.match(as_str(block.get("name")) or ""), f"{where}.tool_use.name: {pattern}")
            dictionary = f"{where}.tool_use.input: Input should be a valid dictionary"
            require(as_object(block.get("input")) is not None, dictionary)
        case "tool_result":
            for number, inner in enumerate(_blocks(block.get("content"))):
                _check_result_block(inner, f"{where}.tool_result.content.{number}")
        case "image" | "document":
            _check_source(block, where)
        case _:
            pass


def _check_result_block(block: JsonObject, where: str) -> None:
    kind = block.get("type")
    require(kind in RESULT_BLOCKS, f"{where}: Input tag {kind!r} found using 'type' does not match any of the expected")
    if kind == "text":
        _check_text(block, where)
    if kind in ("image", "document"):
        _check_source(block, where)


def _check_text(block: JsonObject, where: str) -> None:
    text = as_str(block.get("text")) or ""
    require(text, f"{where}: text content blocks must be non-empty")
    require(text.strip(), f"{where}: text content blocks must contain non-whitespace text")


def _check_source(block: JsonObject, where: str) -> None:
    source = as_object(block.get("source")) or {}
    if source.get("type") != "base64":
        return
    require(source.get("media_type") in MEDIA, f"{where}.source.base64.media_type: Input should be an image's type")
    try:
        require(base64.b64decode(as_str(source.get("data")) or "", validate=True), f"{where}: image is empty")
    except binascii.Error as error:
        raise RefusedError(f"{where}.source.base64: invalid base64 data: {error}") from error


def _check_thinking(body: JsonObject, messages: list[JsonObject]) -> None:
    thinking = as_object(body.get("thinking"))
    kind = thinking.get("type") if thinking is not None else "disabled"
    require(kind in ("enabled", "adaptive", "disabled"), f"thinking: Input tag {kind!r} does not match")
    if kind == "disabled" or thinking is None:
        return
    require(body.get("temperature", 1) == 1, "`temperature` may only be set to 1 when thinking is enabled.")
    forced = (as_object(body.get("tool_choice")) or {}).get("type") in ("any", "tool")
    require(not forced, "Thinking may not be enabled when tool_choice forces tool use.")
    if kind != "enabled":
        return
    budget, most = as_int(thinking.get("budget_tokens")) or 0, as_int(body["max_tokens"]) or 0
    least = f"thinking.enabled.budget_tokens: Input should be greater than or equal to {LEAST_BUDGET}"
    require(budget >= LEAST_BUDGET, least)
    require(budget < most, "`max_tokens` must be greater than `thinking.budget_tokens`.")
    for position, found in _open_tool_turn(messages):
        expected = (
            f"messages.{position}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{found}`"
        )
        reason = "When `thinking` is enabled, a final `assistant` message must start with a thinking block"
        require(found in ("thinking", "redacted_thinking"), f"{expected}. {reason}")


def _open_tool_turn(messages: list[JsonObject]) -> Iterator[tuple[int, str]]:
    """Where the conversation ends with results: the position of the turn they answer, and how that turn begins."""
    for position in range(len(messages) - 1, -1, -1):
        blocks = _blocks(messages[position].get("content"))
        match messages[position].get("role"):
            case "assistant":
                if any(block["type"] == "tool_use" for block in blocks):
                    yield position, str(blocks[0]["type"])
                return
            case "user" if not any(block["type"] == "tool_result" for block in blocks):
                return
            case _:
                pass


def _blocks(content: Json) -> list[JsonObject]:
    return [{"type": "", **(as_object(entry) or {})} for entry in as_list(content) or []]
