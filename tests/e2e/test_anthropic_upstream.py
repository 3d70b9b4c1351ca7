"""The real client through the daemon to an Anthropic upstream: nothing is lost, and nothing foreign gets there."""

import pytest

from ccrouter.model.json import as_list, as_object
from tests.e2e.conftest import Rig
from tests.e2e.scripts import play
from tests.upstreams.anthropic import AnthropicUpstream
from tests.upstreams.replies import Call, Reply, Spent, text

pytestmark = pytest.mark.e2e

ALLOW = "--dangerously-skip-permissions"
MODEL = ("--model", "claude,claude-opus-4-8")
BASH = (Call("Bash", {"command": "echo ok-$((40+2))", "description": "Add"}, "toolu_a"),)


def test_tool_loop_with_signed_thinking(rig: Rig, anthropic: AnthropicUpstream) -> None:
    spent = Spent(prompt=5_000, completion=20, cached=4_000)
    anthropic.begin(play(Reply(reasoning=("Hm.",), calls=BASH, spent=spent), Reply(text=("Done.",), spent=spent)))
    answer = rig.client.ask("Add", ALLOW, *MODEL)
    assert answer.text == "Done.", answer
    assert not anthropic.refusals  # among other things: the signature came back as it was made
    assert answer.usage == {"input_tokens": 2_000, "cache_read_input_tokens": 8_000, "output_tokens": 40}
    first, second = [request for request in anthropic.requests if request.body.get("tools")]
    assert first.model == "claude-opus-4-8"
    assert first.headers["x-api-key"] == "sk-ant"
    assert "sk-e2e" not in str(first.headers)
    assert "claude-code-20250219" in first.headers["anthropic-beta"]
    assert b"x-anthropic-billing-header" in first.raw
    assert b'"cache_control"' in first.raw
    assert b"ok-42" in second.raw
    assert b'"signature"' in second.raw


def test_thinking_of_another_provider_does_not_get_there(rig: Rig, anthropic: AnthropicUpstream) -> None:
    rig.play(Reply(reasoning=("Secret fox thoughts.",), text=("I am the strict one.",)))
    anthropic.begin(play(text("I am Claude.")))
    rig.client.ask("Who are you?")
    answer = rig.client.ask("And now?", "--continue", *MODEL)
    assert answer.text == "I am Claude.", answer
    assert not anthropic.refusals
    kinds = [
        (as_object(block) or {}).get("type")
        for request in anthropic.requests
        for message in as_list(request.body.get("messages")) or []
        for block in as_list((as_object(message) or {}).get("content")) or []
    ]
    assert "thinking" not in kinds
    assert b"I am the strict one." in anthropic.requests[-1].raw
