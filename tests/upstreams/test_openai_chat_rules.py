"""The strict upstream refuses each thing it is there to refuse, and nothing that the official API takes."""

from copy import deepcopy
from typing import Any

import pytest

from ccrouter.model.json import Json, JsonObject
from tests.upstreams.openai_chat_rules import Strictness, refusal

PNG = "data:image/png;base64,iVBORw0KGgo="
TOOL: JsonObject = {
    "type": "function",
    "function": {
        "name": "Bash",
        "description": "Runs a command.",
        "parameters": {"type": "object", "properties": {"cache_control": {"type": "string"}}},
    },
}
CALLS: JsonObject = {
    "role": "assistant",
    "content": None,
    "tool_calls": [
        {"id": "a", "type": "function", "function": {"name": "Bash", "arguments": "{}"}},
        {"id": "b", "type": "function", "function": {"name": "Bash", "arguments": '{"x":1}'}},
    ],
}
RIGHT: JsonObject = {
    "model": "m",
    "max_tokens": 8192,
    "stream": True,
    "stream_options": {"include_usage": True},
    "stop": ["a", "b", "c", "d"],
    "tools": [TOOL],
    "tool_choice": "auto",
    "messages": [
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "content": [{"type": "text", "text": "Look"}, {"type": "image_url", "image_url": {"url": PNG}}],
        },
        CALLS,
        {"role": "tool", "tool_call_id": "b", "content": ""},
        {"role": "tool", "tool_call_id": "a", "content": [{"type": "text", "text": "done"}]},
        {"role": "assistant", "content": "Done.", "reasoning_content": "Well."},
        {"role": "user", "content": "Thanks"},
    ],
}


def changed(path: str, value: Json) -> JsonObject:
    """RIGHT with the value at `path` (`messages/2/tool_calls`) set; the value `...` removes it."""
    body: Any = deepcopy(RIGHT)
    *way, last = path.split("/")
    place: Any = body
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place[step]
    if isinstance(place, list):
        place.insert(int(last), value)
    elif value == "(removed)":
        del place[last]
    else:
        place[last] = value
    return body


def test_a_right_body_is_taken() -> None:
    assert refusal(RIGHT) is None


REFUSED: list[tuple[str, Json, str]] = [
    ("thinking", {"type": "enabled"}, "Unrecognized request argument"),
    ("stop_sequences", ["x"], "Unrecognized request argument"),
    ("reasoning", {"effort": "high"}, "Unrecognized request argument"),
    ("model", "", "provide a model"),
    ("max_tokens", "(removed)", "max_tokens is required"),
    ("max_tokens", 8193, "too large"),
    ("max_tokens", 0, "max_tokens is required"),
    ("max_completion_tokens", 5, "given twice"),
    ("stop", ["a", "b", "c", "d", "e"], "array too long"),
    ("stop", [], "stop must be"),
    ("stream", False, "only allowed with stream"),
    ("stream_options", {"usage": True}, "invalid stream_options"),
    ("temperature", 3, "temperature"),
    ("top_p", True, "top_p"),
    ("reasoning_effort", "ultra", "reasoning_effort"),
    ("response_format", {"type": "json_schema", "schema": {}}, "json_schema is missing"),
    ("tools", [], "too short"),
    ("tools", "(removed)", "only allowed when 'tools'"),
    ("tools/1", TOOL, "unique"),
    ("tools/0/cache_control", {"type": "ephemeral"}, "exactly 'type' and 'function'"),
    ("tools/0/function/name", "mcp.tool", "does not match"),
    ("tools/0/function/name", "n" * 65, "does not match"),
    ("tools/0/function/input_schema", {}, "unknown key in function"),
    ("tools/0/function/parameters", {}, "must be of type 'object'"),
    ("tools/0/function/parameters", {"type": "object"}, "missing properties"),
    ("tool_choice", "any", "invalid tool_choice"),
    ("tool_choice", {"type": "function", "function": {"name": "Read"}}, "names no tool"),
    ("messages", [], "too short"),
    ("messages/2", {"role": "system", "content": "late"}, "must be at the beginning"),
    ("messages/1", {"role": "system", "content": "second"}, "must be at the beginning"),
    ("messages/4", {"role": "user", "content": "too early"}, "without a response"),
    ("messages/7", CALLS, "without a response"),
    ("messages/1", {"role": "tool", "tool_call_id": "a", "content": "x"}, "must be a response"),
    ("messages/5", {"role": "tool", "tool_call_id": "a", "content": "twice"}, "must be a response"),
    ("messages/3/tool_call_id", "zzz", "must be a response"),
    ("messages/3/is_error", True, "unsupported"),
    ("messages/3/content", [{"type": "image_url", "image_url": {"url": PNG}}], "not allowed for role 'tool'"),
    ("messages/1/content/0/type", "thinking", "not allowed"),
    ("messages/1/content/0/text", "", "non-empty"),
    ("messages/1/content/0/cache_control", {"type": "ephemeral"}, "unknown key"),
    ("messages/1/content/1/image_url/url", "data:image/tiff;base64,AA==", "invalid image URL"),
    ("messages/1/content/1/image_url/url", "data:image/png;base64,A", "not valid base64"),
    ("messages/1/content", [], "non-empty array"),
    ("messages/2/thinking", "hm", "unsupported"),
    ("messages/2/tool_calls", [], "too short"),
    ("messages/2/tool_calls/0/index", 0, "exactly id, type, function"),
    ("messages/2/tool_calls/0/id", "i" * 41, "1 to 40"),
    ("messages/2/tool_calls/0/function/arguments", {}, "JSON object"),
    ("messages/2/tool_calls/0/function/arguments", "", "JSON object"),
    ("messages/2/tool_calls/0/function/arguments", "[1]", "JSON object"),
    ("messages/5/content", "", "neither content nor tool_calls"),
    ("messages/5/content", None, "neither content nor tool_calls"),
    ("messages/6/content", "x-anthropic-billing-header: cc_version=2", "billing"),
    ("messages/6/cache_control", {"type": "ephemeral"}, "unsupported"),
    ("metadata", {"cache_control": "x"}, "cache_control"),
]


@pytest.mark.parametrize(("path", "value", "why"), REFUSED, ids=[f"{path}={value}"[:50] for path, value, _ in REFUSED])
def test_refused(path: str, value: Json, why: str) -> None:
    found = refusal(changed(path, value))

    assert found is not None
    assert why in found.message


@pytest.mark.parametrize(
    ("reasoning", "path", "value", "why"),
    [
        ("refused", "messages/5/reasoning_content", "Well.", "unsupported"),
        ("required", "messages/5/reasoning_content", "Well.", "reasoning_content is missing"),
        ("required", "messages/2/reasoning_content", "", None),
    ],
)
def test_reasoning(reasoning: str, path: str, value: Json, why: str | None) -> None:
    found = refusal(changed(path, value), Strictness(reasoning=reasoning))  # pyright: ignore[reportArgumentType]

    assert (found and why in found.message) if why else found is None


def test_a_model_of_text_alone_takes_no_images() -> None:
    found = refusal(RIGHT, Strictness(images=False))

    assert found is not None
    assert "unknown variant `image_url`" in found.message
    assert refusal(changed("messages/1/content", "Look"), Strictness(images=False)) is None
