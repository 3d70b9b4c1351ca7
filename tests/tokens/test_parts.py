"""Tokens by part add up to the count that decides."""

from ccrouter.model.blocks import Document, Image, Opaque, Text, Thinking, ToolReference, ToolResult, ToolUse
from ccrouter.model.request import Message, Request, Tool
from ccrouter.tokens import TokenCounter, count_parts

PICTURE = Image({"type": "url", "url": "https://x/y.png"})
REQUEST = Request(
    "m",
    (
        Message("user", "What is in the picture, and in the file?"),
        Message("assistant", (Thinking("Let me look."), Text("I read it."), ToolUse("t", "Read", {"path": "/a"}))),
        Message("user", (ToolResult("t", (Text("line one"), PICTURE, ToolReference("Later"))), Text("Go on."))),
        Message("user", (Document({"type": "text", "data": "A short document."}), Opaque({"type": "odd", "x": "y"}))),
    ),
    system=(Text("You are an agent."), Text("Be brief.")),
    tools=(
        Tool("Read", "Reads a file", {"type": "object"}),
        Tool("Later", "Deferred, but referred to", {}, extras={"defer_loading": True}),
        Tool("Never", "Deferred and never asked for", {}, extras={"defer_loading": True}),
    ),
)


def test_the_parts_are_the_whole() -> None:
    parts = count_parts(REQUEST)
    assert sum(parts.values()) == TokenCounter().count(REQUEST)
    assert list(parts) == [
        "system", "tools", "user text", "assistant text", "thinking", "tool calls", "tool results", "images",
        "documents", "other",
    ]  # fmt: skip
    assert parts["images"] == 1600


def test_what_is_not_there_is_not_told() -> None:
    assert list(count_parts(Request("m", (Message("user", "Hi"),)))) == ["user text", "other"]
    assert count_parts(Request("m", ())) == {}
