"""What goes to an Anthropic upstream that cannot go as it came."""

import pytest

from ccrouter.dialects.anthropic import ANTHROPIC
from ccrouter.dialects.quirks import Quirks
from ccrouter.model.blocks import Block, Text, Thinking, ToolResult, ToolUse
from ccrouter.model.envelope import Envelope, seal
from ccrouter.model.json import JsonObject
from ccrouter.model.notes import Notes
from ccrouter.model.request import Message, Request, ThinkingConfig

FOREIGN = Thinking("deep", seal(Envelope("deepseek", "reasoning_content")))
OWN = Thinking("own", "EqQBCgIYAhIM")
CALL = ToolUse("t1", "Bash", {})


def encode(*assistant: Block, thinking: str = "adaptive", last: Block | None = None) -> tuple[JsonObject, Notes]:
    notes = Notes()
    messages = (
        Message("user", "hi"),
        Message("assistant", assistant),
        Message("user", (last or ToolResult("t1", "ok"),)),
    )
    request = Request("claude-x", messages, thinking=ThinkingConfig(thinking, 1024 if thinking == "enabled" else None))
    return ANTHROPIC.encode(request, model="claude-y", origin="a", quirks=Quirks(), notes=notes), notes


def kinds(body: JsonObject) -> list[str]:
    return [block["type"] for block in body["messages"][1]["content"]]  # type: ignore[index,call-overload,union-attr]


def test_foreign_thinking_stays_here_and_anthropics_own_goes() -> None:
    body, notes = encode(FOREIGN, OWN, Text("a"), CALL)
    assert kinds(body) == ["thinking", "text", "tool_use"]
    assert body["model"] == "claude-y"
    assert [note.where for note in notes.entries] == ["/messages/1"]


def test_a_turn_of_foreign_thinking_alone_is_not_left_empty() -> None:
    body, _ = encode(FOREIGN, last=Text("go on"))
    assert body["messages"][1] == {"role": "assistant", "content": "(no content)"}  # type: ignore[index,call-overload]


def test_thinking_is_switched_off_where_the_open_tool_turn_has_none_of_anthropics() -> None:
    body, notes = encode(FOREIGN, CALL, thinking="enabled")
    assert body["thinking"] == {"type": "disabled"}
    assert "/thinking" in [note.where for note in notes.entries]


@pytest.mark.parametrize("case", [(OWN, CALL), (Text("x"),)])
def test_thinking_stays_on_otherwise(case: tuple[Block, ...]) -> None:
    body, _ = encode(*case, thinking="enabled")
    assert body["thinking"] == {"type": "enabled", "budget_tokens": 1024}


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://api.anthropic.com", "https://api.anthropic.com/v1/messages"),
        ("https://api.anthropic.com/", "https://api.anthropic.com/v1/messages"),
        ("https://api.anthropic.com/v1", "https://api.anthropic.com/v1/messages"),
        ("https://api.anthropic.com/v1/messages", "https://api.anthropic.com/v1/messages"),
        ("https://api.deepseek.com/anthropic", "https://api.deepseek.com/anthropic/v1/messages"),
        ("http://127.0.0.1:3000/api/v1/messages?beta=true", "http://127.0.0.1:3000/api/v1/messages?beta=true"),
    ],
)
def test_urls(base: str, url: str) -> None:
    assert ANTHROPIC.url(base, model="m", stream=True) == url


@pytest.mark.parametrize(
    ("url", "key", "sent"),
    [
        ("https://api.anthropic.com/v1/messages", "sk-ant-api03-x", {"x-api-key": "sk-ant-api03-x"}),
        ("https://api.anthropic.com/v1/messages", "sk-ant-oat01-x", {"authorization": "Bearer sk-ant-oat01-x"}),
        ("https://relay.test/v1/messages", "k", {"x-api-key": "k", "authorization": "Bearer k"}),
        ("http://127.0.0.1:1/v1/messages", None, {}),
    ],
)
def test_credentials(url: str, key: str | None, sent: dict[str, str]) -> None:
    headers = ANTHROPIC.headers(key, url=url)
    assert {name: headers[name] for name in headers if name in {"x-api-key", "authorization"}} == sent
    assert headers["anthropic-version"] == "2023-06-01"


@pytest.mark.parametrize(
    ("asked", "budget", "cap", "sent", "thinking"),
    [
        (64000, None, None, 64000, None),
        (64000, None, 8192, 8192, None),
        (100, None, 8192, 100, None),
        (64000, 32000, 8192, 8192, {"type": "enabled", "budget_tokens": 8191}),
        (64000, 4000, 8192, 8192, {"type": "enabled", "budget_tokens": 4000}),
        (64000, 4000, 1000, 1000, {"type": "disabled"}),
    ],
)
def test_max_tokens_within_the_cap(
    asked: int, budget: int | None, cap: int | None, sent: int, thinking: JsonObject | None
) -> None:
    config = None if budget is None else ThinkingConfig("enabled", budget)
    request = Request("x", (Message("user", "hi"),), max_tokens=asked, thinking=config)
    quirks = Quirks(max_tokens_cap=cap, extra_body={"speed": "fast", "model": "never"})
    body = ANTHROPIC.encode(request, model="y", origin="a", quirks=quirks, notes=Notes())
    assert (body["max_tokens"], body.get("thinking")) == (sent, thinking)
    assert (body["speed"], body["model"]) == ("fast", "y")
