"""The real client against the strict upstream of every dialect: it must not notice which one answers."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from ccrouter.model.json import JsonObject
from tests.e2e import mcp_server
from tests.e2e.claude_code import ClaudeCode
from tests.e2e.install import OLDER
from tests.e2e.pictures import png
from tests.e2e.sides import NAMES, Side, Sides
from tests.e2e.wires import CHAT, CLAUDE, GEMINI, RESPONSES, Exchange, pictures
from tests.upstreams.replies import Call, Failure, Reply, Spent, call, text

pytestmark = pytest.mark.e2e


@pytest.fixture(params=NAMES)
def side(request: pytest.FixtureRequest, sides: Sides) -> Iterator[Side]:
    """One dialect's upstream. A test fails when it had to refuse anything, whatever else it saw."""
    found = sides.all()[str(request.param)]
    found.play(Reply(text=("ok",)))
    yield found
    assert not found.upstream.refusals, found.upstream.refusals


def bash(command: str, identity: str = "call_1") -> Call:
    return Call("Bash", {"command": command, "description": "Run"}, identity, 5)


def test_plain_text_and_exact_usage(side: Side, client: ClaudeCode) -> None:
    spent = Spent(prompt=20_001, completion=101, cached=7_000, reasoning=40)
    side.play(Reply(text=("Hel", "lo ", "wörld ", "🦊"), spent=spent))
    answer = side.ask(client, "Say hello")
    assert answer.text == "Hello wörld 🦊", answer
    assert answer.exit_code == 0
    assert answer.usage == {"input_tokens": 13_001, "cache_read_input_tokens": 7_000, "output_tokens": 101}
    [request] = side.turns
    assert b"Say hello" in request.raw
    assert b"Explore" in request.raw  # the agents: told in the system prompt, or in a system message amid the others


def test_a_tool_loop(side: Side, client: ClaudeCode) -> None:
    side.play(Reply(text=("I add.",), calls=(bash("echo one-$((40+2))"),)), text("It is ", "42."))
    answer = side.ask(client, "Add")
    assert answer.text == "It is 42.", answer
    [exchange] = side.wire.exchanges(side.last)
    assert exchange == Exchange("Bash", dict(bash("echo one-$((40+2))").arguments), "one-42")
    side.assert_prefixes()


def test_two_parallel_calls(side: Side, client: ClaudeCode) -> None:
    calls = (bash("echo first-$((1+1))", "call_a"), bash("echo second-$((2+2))", "call_b"))
    side.play(Reply(reasoning=("Both.",), calls=calls, interleaved=True), text("Done."))
    answer = side.ask(client, "Both")
    assert answer.text == "Done.", answer
    assert [block["input"] for block in answer.blocks("assistant", "tool_use")] == [one.arguments for one in calls]
    results = [(exchange.arguments, exchange.result) for exchange in side.wire.exchanges(side.last)]
    assert results == [(calls[0].arguments, "first-2"), (calls[1].arguments, "second-4")]
    side.assert_prefixes()


def test_a_failing_tool(side: Side, client: ClaudeCode) -> None:
    side.play(Reply(calls=(bash("echo broken >&2; exit 3"),)), text("It failed."))
    answer = side.ask(client, "Fail")
    assert answer.text == "It failed.", answer
    [exchange] = side.wire.exchanges(side.last)
    assert "broken" in exchange.result
    # Where the dialect has no field for it, the text says so.
    told_in_words = side.wire in (CHAT, RESPONSES)
    assert exchange.failed or (told_in_words and exchange.result.startswith("Error"))


def test_a_picture_is_read(side: Side, client: ClaudeCode) -> None:
    client.prepare()
    (client.project / "red.png").write_bytes(png())
    side.play(call("Read", {"file_path": str(client.project / "red.png")}), text("It is red."))
    answer = side.ask(client, "Look at red.png")
    assert answer.text == "It is red.", answer
    seen = list(pictures(side.last))
    if side.takes_pictures:
        assert len(seen) == 1
        assert seen[0].startswith((b"\x89PNG", b"\xff\xd8"))  # the client may recode it
    else:
        assert not seen
        assert b"this model takes no images" in side.turns[-1].raw


def test_mcp_tools_with_long_names(side: Side, client: ClaudeCode, version: str) -> None:
    """Their names have more than the 64 characters that most allow. Tool search is on in 2.1.328, as by default."""
    full = (f"mcp__fox__{mcp_server.LONG_NAME}", "mcp__fox__bare")
    offered: list[str] = []

    def script(body: JsonObject) -> Reply | Failure:
        if not body.get("tools"):
            return text("ok")
        offered[:] = [name for name in side.wire.tool_names(body) if name.startswith("mcp__fox__")]
        said = [exchange.result for exchange in side.wire.exchanges(body)]
        if not said and version != OLDER:
            return call("ToolSearch", {"query": f"select:{','.join(full)}", "max_results": 5}, "call_1")
        if any("fox says" in result for result in said):
            return text("Done.")
        long, bare = sorted(offered, key=len, reverse=True)
        return Reply(calls=(Call(long, {"x": "1"}, "call_2"), Call(bare, {}, "call_3")))

    side.upstream.begin(script)
    servers = {"fox": {"command": sys.executable, "args": [str(Path(mcp_server.__file__))]}}
    answer = side.ask(client, "Ask the fox", "--mcp-config", json.dumps({"mcpServers": servers}))
    assert answer.text == "Done.", answer
    called = [block["name"] for block in answer.blocks("assistant", "tool_use")]
    assert called[-2:] == list(full)
    assert side.wire is CLAUDE or max(map(len, offered)) <= 64
    one, other = side.wire.exchanges(side.last)[-2:]
    assert {one.name, other.name} == set(offered), "the history names the tools as they are offered"
    assert [one.result, other.result] == ['fox says a_to {"x": "1"}', "fox says bare {}"]
    side.assert_prefixes()


def test_a_deferred_tool_is_loaded_and_called(side: Side, client: ClaudeCode, newest: str) -> None:
    client.prepare()
    notebook = client.project / "n.ipynb"
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None, "source": ["x = 0"]}
    notebook.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    edit: JsonObject = {"notebook_path": str(notebook), "cell_id": "a", "new_source": "x = 42", "edit_mode": "replace"}
    side.play(
        call("Read", {"file_path": str(notebook)}, "call_1"),
        call("ToolSearch", {"query": "select:NotebookEdit,WebFetch", "max_results": 5}, "call_2"),
        call("NotebookEdit", edit, "call_3"),
        text("Edited."),
    )
    answer = side.ask(client, "Edit the notebook")
    assert answer.text == "Edited.", answer
    assert "x = 42" in notebook.read_text()
    before, loaded = [set(side.wire.tool_names(side.turns[number].body)) for number in (1, 2)]
    if side.wire is CLAUDE:
        # It has tool search itself, and gets the deferred tools and the references to them as they are.
        assert b'"tool_reference"' in side.turns[2].raw
    else:
        assert loaded - before == {"NotebookEdit", "WebFetch"}
        assert not [name for name in loaded if "Placeholder" in name]
        [_, searched] = side.wire.exchanges(side.turns[2].body)
        assert searched.result.count("<function>") == 2
    side.assert_prefixes()


def test_an_answer_cut_by_the_token_limit_is_taken_up(side: Side, client: ClaudeCode) -> None:
    side.play(Reply(text=("It goes on and",), finish=side.words.too_long), text(" on."))
    answer = side.ask(client, "Talk")
    assert answer.text == " on.", answer
    [_, again] = side.turns
    assert b"Output token limit hit." in again.raw  # so the client asks after a stop reason max_tokens
    assert b"It goes on and" in again.raw


def test_a_refusal_is_shown(side: Side, client: ClaudeCode, version: str) -> None:
    side.play(Reply(text=("I ",), finish=side.words.refused))
    answer = side.ask(client, "Talk")
    assert answer.is_error
    assert answer.result["stop_reason"] == "refusal", answer
    shown = "unable to respond to this request" if version == OLDER else "safeguards flagged this message|can't help"
    assert any(words in answer.text for words in shown.split("|")), answer.text
    if side.wire is GEMINI and version == OLDER:
        assert "SAFETY" in answer.text  # 2.1.328 does not show explanations


@pytest.mark.parametrize("side", ["gemini"], indirect=True)
def test_a_blocked_prompt_is_shown(side: Side, client: ClaudeCode) -> None:
    blocked = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 9}}
    side.play(Failure(200, "", body=b"data: " + orjson.dumps(blocked) + b"\r\n\r\n"))
    answer = side.ask(client, "Talk")
    assert answer.result["stop_reason"] == "refusal", answer
    assert "PROHIBITED_CONTENT" in str(answer.blocks("assistant", "text"))
