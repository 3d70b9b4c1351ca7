"""The front codec is a bijection, and says what is wrong with what it cannot read."""

from typing import Any

import pytest

from ccrouter.dialects.anthropic.request import decode_request, encode_request
from ccrouter.errors import RequestError
from ccrouter.model.blocks import Document, Image, Opaque, Text, Thinking, ToolReference, ToolResult, ToolUse

CACHE = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
USER = {"role": "user", "content": "hi"}


def body(**fields: Any) -> dict[str, Any]:
    return {"model": "m", "max_tokens": 10, "messages": [USER], **fields}


BODIES = [
    body(),
    body(stream=True, temperature=1, top_p=0.5, top_k=3, stop_sequences=["</severity>"]),
    body(stream=False, temperature=None, system=None, tools=None, thinking=None),
    body(system="text"),
    body(system=[{"type": "text", "text": "x-anthropic-billing-header: a"}, {"type": "text", "text": "b", **CACHE}]),
    body(system=[]),
    body(thinking={"type": "adaptive", "display": "omitted"}),
    body(thinking={"type": "enabled", "budget_tokens": 1024}),
    body(tools=[]),
    body(tools=[{"name": "a", "description": "d", "input_schema": {"type": "object"}, "defer_loading": True, **CACHE}]),
    body(tools=[{"type": "web_search_20250305", "name": "web_search", "max_uses": 8}]),
    body(tools=[{"name": "a", "description": None, "input_schema": {}, "type": None}]),
    body(tool_choice={"type": "tool", "name": "a"}),
    body(tool_choice={"type": "auto", "disable_parallel_tool_use": True}),
    body(metadata={"user_id": '{"session_id":"s"}'}, output_config={"effort": "high"}, safeguards=[{"type": "x"}]),
    body(messages=[]),
    body(messages=[{"role": "system", "content": [{"type": "text", "text": "mid", **CACHE}]}, USER]),
    body(
        messages=[
            USER,
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "t", "signature": "s"},
                    {"type": "thinking", "thinking": "t", "signature": None},
                    {"type": "thinking", "thinking": "unsigned"},
                    {"type": "redacted_thinking", "data": "x"},
                    {"type": "text", "text": "a", "citations": [{"type": "x"}]},
                    {"type": "tool_use", "id": "1", "name": "n", "input": {"a": [1, {"b": None}]}, "caller": {"t": 1}},
                    {"type": "tool_use", "id": "2", "name": "n", "input": "broken"},
                    {"type": "server_tool_use", "id": "3", "name": "web_search", "input": {}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "1"},
                    {"type": "tool_result", "tool_use_id": "1", "content": None},
                    {"type": "tool_result", "tool_use_id": "1", "content": "", "is_error": False},
                    {
                        "type": "tool_result",
                        "tool_use_id": "2",
                        "is_error": True,
                        "content": [
                            {"type": "text", "text": "x"},
                            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA"}},
                            {"type": "tool_reference", "tool_name": "WebSearch"},
                            {"type": "search_result", "source": "u", "title": "t", "content": []},
                        ],
                        **CACHE,
                    },
                    {"type": "document", "source": {"type": "text", "data": "d"}, "title": "t"},
                    {"type": "text"},
                    {"type": 7},
                    {},
                ],
                "unknown": 1,
            },
        ]
    ),
]


@pytest.mark.parametrize("raw", BODIES)
def test_encoding_a_decoded_request_gives_back_the_same_json(raw: dict[str, Any]) -> None:
    assert encode_request(decode_request(raw)) == raw


def test_blocks_become_what_they_are() -> None:
    request = decode_request(BODIES[-1])
    kinds = [type(block) for message in request.messages[1:] for block in message.blocks]
    assert kinds[:8] == [Thinking, Thinking, Thinking, Opaque, Text, ToolUse, ToolUse, Opaque]
    assert kinds[8:] == [ToolResult] * 4 + [Document, Opaque, Opaque, Opaque]
    result = request.messages[2].blocks[3]
    assert isinstance(result, ToolResult)
    assert isinstance(result.content, tuple)
    assert [type(block) for block in result.content] == [Text, Image, ToolReference, Opaque]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"model": "m"}, "messages: Field required"),
        ({"messages": []}, "model: Field required"),
        (body(messages={}), "messages: must be an array"),
        (body(messages=["x"]), "messages.0: must be an object"),
        (body(messages=[{"role": "tool", "content": "x"}]), "messages.0.role"),
        (body(messages=[USER, {"role": "user"}]), "messages.1.content"),
        (body(messages=[{"role": "user", "content": ["x"]}]), "messages.0.content"),
        (body(model=7), "model: must be a string"),
        (body(max_tokens="many"), "max_tokens: must be a whole number"),
        (body(stream="yes"), "stream: must be true or false"),
        (body(tools=[{"description": "nameless"}]), "tools.0.name"),
        (body(tools={}), "tools: must be an array"),
        (body(stop_sequences=[1]), "stop_sequences"),
        (body(thinking={}), "thinking: must be an object with a type"),
        (body(tool_choice="auto"), "tool_choice"),
        (body(temperature=True), "temperature"),
    ],
)
def test_what_cannot_be_read_is_named(raw: dict[str, Any], words: str) -> None:
    with pytest.raises(RequestError, match=words) as caught:
        decode_request(raw)
    assert (caught.value.status, caught.value.type) == (400, "invalid_request_error")
