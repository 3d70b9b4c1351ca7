"""The strict Anthropic upstream takes a right conversation and names what is wrong with each other."""

import base64
from copy import deepcopy
from typing import Any

import pytest

from tests.e2e.pictures import png
from tests.upstreams.anthropic_rules import refusal, sign


def conversation() -> dict[str, Any]:
    """A request that Anthropic takes: thinking, two parallel calls, their results, a picture."""
    picture = {"type": "base64", "media_type": "image/png", "data": base64.b64encode(png()).decode()}
    return {
        "model": "claude-opus-4-8",
        "max_tokens": 32_000,
        "stream": True,
        "thinking": {"type": "enabled", "budget_tokens": 10_000},
        "system": [{"type": "text", "text": "You are Claude Code"}],
        "tools": [{"name": "Bash", "description": "Run", "input_schema": {"type": "object"}}],
        "messages": [
            {"role": "user", "content": "Hi"},
            {"role": "system", "content": [{"type": "text", "text": "Agents: none"}]},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "Hm.", "signature": sign("Hm.")},
                    {"type": "text", "text": "Looking."},
                    {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "ls"}},
                    {"type": "tool_use", "id": "toolu_2", "name": "Bash", "input": {}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "toolu_1", "content": "a"},
                    {
                        "type": "tool_result",
                        "tool_use_id": "toolu_2",
                        "content": [{"type": "image", "source": picture}],
                    },
                ],
            },
        ],
    }


def test_a_right_conversation_is_taken() -> None:
    assert refusal(conversation()) is None
    assert refusal({**conversation(), "thinking": {"type": "adaptive"}}) is None


def changed(path: str, value: Any) -> dict[str, Any]:
    """The conversation with one place set to `value`, or without it where `value` is None."""
    body = deepcopy(conversation())
    place: Any = body
    *way, last = [int(step) if step.lstrip("-").isdigit() else step for step in path.split("/")]
    for step in way:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return body


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("max_tokens", None, "max_tokens: Field required"),
        ("reasoning_effort", "high", "reasoning_effort: Extra inputs are not permitted"),
        ("messages/0/role", "tool", "messages.0.role"),
        ("messages/0/content", "", "non-empty content"),
        ("messages/0/content", [], "at least one block"),
        ("messages/0/content", [{"type": "text", "text": " \n"}], "non-whitespace"),
        ("messages/0", None, "top-level 'system'"),
        ("messages/2/content/0/signature", "ccr1.abc", "Invalid `signature`"),
        ("messages/2/content/0/thinking", "Other.", "Invalid `signature`"),
        ("messages/2/content/0", None, "Expected `thinking` or `redacted_thinking`, but found `text`"),
        ("messages/2/content/1/text", "", "text content blocks must be non-empty"),
        ("messages/2/content/2/id", "call.1", "tool_use.id"),
        ("messages/2/content/3/id", "toolu_1", "ids must be unique"),
        ("messages/2/content/3/id", "toolu_9", "unexpected `tool_use_id`"),
        ("messages/2/content/2/input", "ls", "valid dictionary"),
        ("messages/2/content/2/name", "mcp.x", "tool_use.name"),
        ("messages/2", None, "unexpected `tool_use_id`"),
        ("messages/3/content/0", None, "without `tool_result` blocks immediately after: toolu_1"),
        ("messages/3", None, "without `tool_result` blocks immediately after: toolu_1, toolu_2"),
        ("messages/3/content/0/tool_use_id", "toolu_2", "single result"),
        ("messages/3/content/1/content/0/source/data", "not base64!", "invalid base64"),
        ("messages/3/content/1/content/0/source/media_type", "image/bmp", "media_type"),
        ("thinking/budget_tokens", 32_000, "must be greater than `thinking.budget_tokens`"),
        ("thinking/budget_tokens", 100, "greater than or equal to 1024"),
        ("temperature", 0.5, "`temperature` may only be set to 1"),
        ("tool_choice", {"type": "any"}, "forces tool use"),
        ("tools/0/defer_loading", True, "At least one tool"),
        ("tools/0/name", "x" * 129, "tools.0.custom.name"),
        ("tools/0/input_schema", None, "input_schema: Field required"),
        ("tools/0/input_schema", {}, "should be 'object'"),
        ("system", [{"type": "text", "text": ""}], "system.0: text content blocks"),
    ],
)
def test_what_is_refused(path: str, value: Any, words: str) -> None:
    found = refusal(changed(path, value))
    assert found is not None
    assert words in found
