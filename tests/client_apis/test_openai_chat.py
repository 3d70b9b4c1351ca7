"""Chat requests in neutral form, and what only the two ends together show."""

from typing import Any

import orjson
import pytest

from ccrouter.client_apis.openai_chat import CHAT_API
from ccrouter.dialects.anthropic.stream import ReplyDefaults
from ccrouter.model.blocks import Document, Image, Opaque, Text, Thinking, ToolResult, ToolUse
from ccrouter.model.events import (
    BlockStart,
    BlockStop,
    Event,
    Finish,
    OpaqueBlock,
    Signature,
    Start,
    ThinkingBlock,
    ThinkingDelta,
    ToolInputDelta,
    ToolUseBlock,
)
from ccrouter.model.request import Message, Request, ThinkingConfig, ToolChoice

HI: Any = {"role": "user", "content": "hi"}
TOOL: Any = {"type": "function", "function": {"name": "f"}}
CUSTOM: Any = {"type": "custom", "custom": {"name": "patch", "format": {"type": "text"}}}


def decoded(*messages: Any, **more: Any) -> Request:
    return CHAT_API.decode({"model": "m", "messages": [*messages], **more}).request


def test_instructions_come_first_or_stay_where_they_are() -> None:
    request = decoded(
        {"role": "system", "content": "one"},
        {"role": "developer", "content": [{"type": "text", "text": "two"}]},
        HI,
        {"role": "system", "content": "three"},
    )
    assert request.system == (Text("one"), Text("two"))
    assert request.messages == (Message("user", "hi"), Message("system", (Text("three"),)))


def test_the_answers_of_one_turns_calls_are_one_message() -> None:
    call = {"type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
    request = decoded(
        HI,
        {"role": "assistant", "content": None, "tool_calls": [{"id": "a", **call}, {"id": "b", **call}]},
        {"role": "tool", "tool_call_id": "a", "content": "1"},
        {"role": "tool", "tool_call_id": "b", "content": [{"type": "text", "text": "2"}]},
        HI,
    )
    assert request.messages[1:] == (
        Message("assistant", (ToolUse("a", "f", {"a": 1}), ToolUse("b", "f", {"a": 1}))),
        Message("user", (ToolResult("a", (Text("1"),)), ToolResult("b", (Text("2"),)))),
        Message("user", "hi"),
    )


def test_one_more_turn_extends_the_request() -> None:
    """Rule 7: what was sent before stands at the beginning, as it was."""
    turns = [HI, {"role": "assistant", "content": "a"}, HI, {"role": "system", "content": "s"}, HI]
    whole = decoded(*turns).messages
    for length in (1, 3, 5):
        assert decoded(*turns[:length]).messages == whole[:length]


def test_pictures_and_files() -> None:
    content = [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}},
        {"type": "image_url", "image_url": {"url": "https://x.test/a.png", "detail": "low"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,QUJD"}},
    ]
    assert decoded({"role": "user", "content": content}).messages[0].content == (
        Image({"type": "base64", "media_type": "image/png", "data": "QUJD"}),
        Image({"type": "url", "url": "https://x.test/a.png"}),
        Document({"type": "base64", "media_type": "application/pdf", "data": "QUJD"}, {"title": "a.pdf"}),
    )


@pytest.mark.parametrize(
    ("body", "field", "value"),
    [
        ({"max_tokens": 5}, "max_tokens", 5),
        ({"max_tokens": 5, "max_completion_tokens": 7}, "max_tokens", 7),
        ({"stop": "x"}, "stop_sequences", ("x",)),
        ({"stop": ["x", "y"]}, "stop_sequences", ("x", "y")),
        ({"tools": [TOOL], "tool_choice": "required"}, "tool_choice", ToolChoice("any")),
        ({"tools": [TOOL], "tool_choice": TOOL}, "tool_choice", ToolChoice("tool", "f")),
        (
            {"tools": [TOOL], "parallel_tool_calls": False},
            "tool_choice",
            ToolChoice("auto", None, {"disable_parallel_tool_use": True}),
        ),
        ({"tool_choice": "auto"}, "tool_choice", None),
        ({"reasoning_effort": "none"}, "thinking", ThinkingConfig("disabled")),
        ({"reasoning_effort": "minimal"}, "effort", "low"),
        ({"reasoning_effort": "xhigh"}, "effort", "xhigh"),
        ({"prompt_cache_key": "s"}, "extras", {"metadata": {"user_id": '{"session_id":"s"}'}}),
    ],
)
def test_fields(body: Any, field: str, value: Any) -> None:
    assert getattr(decoded(HI, **body), field) == value


def test_what_no_upstream_is_told_of_is_noted() -> None:
    notes = CHAT_API.decode({"messages": [HI], "seed": 1, "logit_bias": {"1": 2}, "user": None}).notes
    assert [note.where for note in notes] == ["/seed", "/logit_bias"]


REASONED: list[Event] = [
    Start("x", "m"),
    BlockStart(0, ThinkingBlock()),
    ThinkingDelta(0, "one "),
    ThinkingDelta(0, "two"),
    Signature(0, "sig-a"),
    BlockStop(0),
    BlockStart(1, OpaqueBlock({"type": "redacted_thinking", "data": "zzz"})),
    BlockStop(1),
    BlockStart(2, ThinkingBlock()),
    ThinkingDelta(2, "three"),
    Signature(2, "sig-b"),
    BlockStop(2),
    BlockStart(3, ToolUseBlock("call_1", "patch")),
    ToolInputDelta(3, '{"input":'),
    ToolInputDelta(3, '"*** Begin"}'),
    BlockStop(3),
    Finish("tool_use"),
]


def test_reasoning_comes_back_block_by_block_with_its_signatures() -> None:
    replies = CHAT_API.decode({"messages": [HI], "tools": [CUSTOM]}).replies
    collector = replies.collector(ReplyDefaults("msg_1", "m"))
    collector.collect(REASONED)
    whole: Any = collector.message
    said = whole["choices"][0]["message"]
    assert said["reasoning_content"] == "one twothree"
    assert said["tool_calls"] == [{"id": "call_1", "type": "custom", "custom": {"name": "patch", "input": "*** Begin"}}]
    back = decoded(HI, said).messages[1].blocks
    assert back == (
        Thinking("one two", "sig-a"),
        Opaque({"type": "redacted_thinking", "data": "zzz"}),
        Thinking("three", "sig-b"),
        ToolUse("call_1", "patch", {"input": "*** Begin"}),
    )


def test_a_custom_tools_call_streams_as_one_piece() -> None:
    replies = CHAT_API.decode({"messages": [HI], "tools": [CUSTOM]}).replies
    out = replies.encoder(ReplyDefaults("msg_1", "m")).encode(REASONED)
    chunks: list[Any] = [orjson.loads(line[6:]) for line in out.splitlines() if line.startswith(b"data: {")]
    calls = [
        choice["delta"]["tool_calls"]
        for chunk in chunks
        for choice in chunk["choices"]
        if "tool_calls" in choice["delta"]
    ]
    assert calls == [
        [{"index": 0, "id": "call_1", "type": "custom", "custom": {"name": "patch", "input": "*** Begin"}}]
    ]
