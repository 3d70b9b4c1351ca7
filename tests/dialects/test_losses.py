"""Nothing is lost without a note: in every dialect, whatever a request holds."""

from typing import Any

import orjson
import pytest

from ccrouter.dialects.anthropic.request import decode_request
from ccrouter.dialects.quirks import Quirks
from ccrouter.model.json import as_object
from ccrouter.model.notes import Notes
from ccrouter.runtime import DIALECTS
from tests.dialects.losses import losses

PIXEL = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgoAAAANSUhEUg=="}
SCHEMA = {"type": "object", "properties": {"command": {"type": "string"}}}
BODY: dict[str, Any] = {
    "model": "claude-x",
    "max_tokens": 32000,
    "system": [
        {"type": "text", "text": "x-anthropic-billing-header: cc_version=1;"},
        {"type": "text", "text": "You are the prompt.", "cache_control": {"type": "ephemeral"}},
    ],
    "tools": [
        {"name": "Bash", "description": "Runs a command.", "input_schema": SCHEMA},
        {"name": "WebFetch", "description": "Fetches pages.", "input_schema": SCHEMA, "defer_loading": True},
        {"name": "Unasked", "description": "Nobody asked.", "input_schema": SCHEMA, "defer_loading": True},
    ],
    "messages": [
        {"role": "user", "content": "first question"},
        {"role": "system", "content": [{"type": "text", "text": "an agent list amid it all"}]},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "foreign thoughts", "signature": "EqQBCg"},
                {"type": "redacted_thinking", "data": "unreadable"},
                {"type": "text", "text": 'I\'ll run "it".'},
                {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": 'echo "quoted\n" \\ 🌍'}},
                {"type": "tool_use", "id": "toolu_2", "name": "Bash", "input": {"command": "second"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": "plain output"},
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_2",
                    "is_error": True,
                    "content": [
                        {"type": "text", "text": "it failed badly"},
                        {"type": "image", "source": PIXEL},
                        {"type": "tool_reference", "tool_name": "WebFetch"},
                    ],
                },
                {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0x"}},
                {"type": "next_year", "words": "unknown block"},
                {"type": "text", "text": "and a remark"},
            ],
        },
    ],
    "context_management": {"edits": []},
    "top_k": 5,
}


@pytest.mark.parametrize("name", sorted(DIALECTS))
@pytest.mark.parametrize("quirks", [Quirks(), Quirks(images=False, mid_system=True, keep_cache_control=True)])
def test_what_does_not_arrive_is_noted(name: str, quirks: Quirks) -> None:
    request, notes = decode_request(BODY), Notes()
    wire = DIALECTS[name].encode(request, model="m", origin="other", quirks=quirks, notes=notes)
    assert losses(request, as_object(orjson.loads(orjson.dumps(wire))) or {}, notes) == []


def test_the_check_itself_sees_a_loss() -> None:
    request = decode_request(BODY)
    found = losses(request, {"messages": "You are the prompt. plain output"}, Notes())
    assert "text: first question" in found
    assert "thinking: foreign thoughts" in found
    assert not any("You are the prompt" in loss or "Nobody asked" in loss for loss in found)
