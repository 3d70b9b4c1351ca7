"""What a conversation is made of, with the real client: text, tools, images, thinking, usage."""

import base64

import pytest

from ccrouter.model.json import Json, as_list, as_object
from tests.e2e.conftest import Rig
from tests.e2e.pictures import png
from tests.upstreams.openai_chat import Recorded
from tests.upstreams.replies import Call, Reply, Spent, call, text

pytestmark = pytest.mark.e2e

ALLOW = "--dangerously-skip-permissions"


def answers(request: Recorded) -> dict[str, str]:
    """The tool messages of a request: call id → content."""
    found: dict[str, str] = {}
    for message in request.messages:
        if message["role"] == "tool":
            found[str(message["tool_call_id"])] = str(message["content"])
    return found


def test_plain_text(rig: Rig) -> None:
    rig.play(text("Hel", "lo ", "wörld ", "🦊"))
    answer = rig.client.ask("Say hello")
    assert answer.text == "Hello wörld 🦊", answer
    assert answer.exit_code == 0
    assert [request.model for request in rig.turns] == ["m-default"]
    sent = rig.turns[0]
    assert sent.messages[0]["role"] == "system"
    assert "Say hello" in sent.text
    assert not [name for name in sent.headers if name.startswith(("anthropic-", "x-claude-", "x-stainless"))]


def test_mid_conversation_system_text_arrives(rig: Rig) -> None:
    rig.play(text("ok"))
    rig.client.ask("Say hello")
    # 2.1.197 names the agents, 2.1.328 the environment, in a system message after the first user message.
    assert "Explore" in rig.turns[0].text
    assert rig.turns[0].messages[-1]["role"] == "user"


def test_bash_tool_loop(rig: Rig) -> None:
    rig.play(call("Bash", {"command": "echo one-$((40+2))", "description": "Add"}), text("It is ", "42."))
    answer = rig.client.ask("Add", ALLOW)
    assert answer.text == "It is 42.", answer
    first, second = rig.turns
    assert "one-42" in "".join(answers(second).values())
    # The second request is the first one and one more turn: the provider's prompt cache holds.
    assert second.messages[: len(first.messages)] == first.messages
    assert second.tool_names == first.tool_names


def test_text_before_a_tool_call_and_a_failing_tool(rig: Rig) -> None:
    calls = (Call("Bash", {"command": "echo broken >&2; exit 3", "description": "Fail"}),)
    rig.play(Reply(text=("I try. ",), calls=calls), text("It failed."))
    answer = rig.client.ask("Fail", ALLOW)
    assert answer.text == "It failed.", answer
    assert [block["text"] for block in answer.blocks("assistant", "text")] == ["I try. ", "It failed."]
    result = "".join(answers(rig.turns[1]).values())
    assert "broken" in result
    assert "error" in result.lower()  # `is_error` has no field in OpenAI's shape and must be said in words


def test_two_interleaved_tool_calls(rig: Rig) -> None:
    calls = (
        Call("Bash", {"command": "echo first-$((1+1))", "description": "First"}, "call_a", 5),
        Call("Bash", {"command": "echo second-$((2+2))", "description": "Second"}, "call_b", 5),
    )
    rig.play(Reply(calls=calls, interleaved=True), text("Both."))
    answer = rig.client.ask("Both", ALLOW)
    assert answer.text == "Both.", answer
    given = [block["input"] for block in answer.blocks("assistant", "tool_use")]
    assert given == [call.arguments for call in calls]
    results = list(answers(rig.turns[1]).values())
    assert ["first-2" in results[0], "second-4" in results[1]] == [True, True], results


def test_read_of_a_png(rig: Rig) -> None:
    rig.client.prepare()
    image = rig.client.project / "red.png"
    image.write_bytes(png())
    rig.play(call("Read", {"file_path": str(image)}), text("It is red."))
    answer = rig.client.ask("Look at red.png", ALLOW)
    assert answer.text == "It is red.", answer
    parts = [
        part
        for message in rig.turns[1].messages
        for entry in as_list(message.get("content")) or []
        if (part := as_object(entry)) and part["type"] == "image_url"
    ]
    assert len(parts) == 1
    url = str((as_object(parts[0]["image_url"]) or {})["url"])
    kind, _, data = url.partition(";base64,")
    assert kind.startswith("data:image/")
    assert base64.b64decode(data).startswith((b"\x89PNG", b"\xff\xd8"))  # the client may recode it


def test_thinking_is_shown_and_sent_back(rig: Rig) -> None:
    bash = Call("Bash", {"command": "true", "description": "Nothing"})
    rig.play(
        Reply(reasoning=("First I ", "must look."), text=("Looking.",), calls=(bash,)),
        Reply(reasoning=("Now I know.",), text=("Done.",)),
    )
    answer = rig.client.ask("Think", ALLOW)
    assert answer.text == "Done.", answer
    shown = [block["thinking"] for block in answer.blocks("assistant", "thinking")]
    assert shown == ["First I must look.", "Now I know."]
    sent: list[Json] = [
        message.get("reasoning_content") for message in rig.turns[1].messages if "tool_calls" in message
    ]
    assert sent == ["First I must look."]


def test_usage_totals_are_exact(rig: Rig) -> None:
    bash = Call("Bash", {"command": "true", "description": "Nothing"})
    rig.play(
        Reply(calls=(bash,), spent=Spent(prompt=20_001, completion=101, cached=7_000)),
        Reply(text=("Done.",), spent=Spent(prompt=20_500, completion=13, cached=20_000)),
    )
    answer = rig.client.ask("Count", ALLOW)
    assert answer.text == "Done.", answer
    assert answer.usage == {
        "input_tokens": (20_001 - 7_000) + (20_500 - 20_000),
        "cache_read_input_tokens": 7_000 + 20_000,
        "output_tokens": 101 + 13,
    }
    line = rig.daemon.log_line("strict,m-default", "20000")
    assert "13" in line


def test_resumed_conversation(rig: Rig) -> None:
    rig.play(Reply(reasoning=("Hm.",), text=("My name is Fox.",)), text("Fox."))
    first = rig.client.ask("Who are you?")
    second = rig.client.ask("Again?", "--continue")
    assert second.text == "Fox.", second
    assert "My name is Fox." in rig.turns[1].text
    assert first.result["session_id"] == second.result["session_id"]
