"""What today's client adds: deferred tools behind ToolSearch, and auto mode's own classifier."""

import json
from collections.abc import Mapping

import pytest

from ccrouter.model.json import as_list, as_object
from tests.e2e.conftest import Rig
from tests.e2e.install import OLDER
from tests.upstreams.openai_chat import Recorded
from tests.upstreams.replies import Reply, call, text

pytestmark = pytest.mark.e2e

HARMLESS = {"command": "awk 'BEGIN { print 6 * 7 }'", "description": "Multiply"}
"""Not on the client's own list of commands that need no review, so the classifier is asked."""


def test_a_deferred_tool_is_loaded_and_called(rig: Rig, newest: str) -> None:
    rig.client.prepare()
    notebook = rig.client.project / "n.ipynb"
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None, "source": ["x = 0"]}
    notebook.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    edit = {"notebook_path": str(notebook), "cell_id": "a", "new_source": "x = 42", "edit_mode": "replace"}
    rig.play(
        call("Read", {"file_path": str(notebook)}, "call_1"),
        call("ToolSearch", {"query": "select:NotebookEdit,WebFetch", "max_results": 5}, "call_2"),
        call("NotebookEdit", edit, "call_3"),
        text("Edited."),
    )
    answer = rig.client.ask("Edit the notebook", "--dangerously-skip-permissions")
    assert answer.text == "Edited.", answer
    assert "x = 42" in notebook.read_text()

    before, searched, loaded, after = rig.turns
    assert "ToolSearch" in before.tool_names
    assert "NotebookEdit" not in before.tool_names
    assert not [name for request in rig.turns for name in request.tool_names if "Placeholder" in name]
    # What was there before does not move: the prompt's prefix, and with it the provider's cache, stays.
    assert searched.tool_names == before.tool_names
    assert loaded.tool_names == [*before.tool_names, "NotebookEdit", "WebFetch"]
    assert after.tool_names == loaded.tool_names
    assert loaded.messages[: len(searched.messages)] == searched.messages
    assert after.messages[: len(loaded.messages)] == loaded.messages
    result = next(
        str(message["content"]) for message in loaded.messages if message.get("tool_call_id") == loaded_id(loaded)
    )
    assert "<functions>" in result
    assert '<function>{"description"' in result
    assert '"name": "NotebookEdit"' in result.replace('"name":"', '"name": "')


def loaded_id(request: Recorded) -> str:
    """The id under which the ToolSearch call went upstream."""
    for message in request.messages:
        for entry in as_list(message.get("tool_calls")) or []:
            made = as_object(entry) or {}
            if (as_object(made["function"]) or {})["name"] == "ToolSearch":
                return str(made["id"])
    raise AssertionError("no ToolSearch call")


ALLOWED = {OLDER: "<block>no</block>", "newest": "<severity>3</severity>"}
BLOCKED = {OLDER: "<block>yes</block>", "newest": "<severity>99</severity>"}
"""What each generation's classifier prompt asks for. 2.1.197 gives the closing tag as a stop sequence; 2.1.332 gives
none with the severity form any more (measured; 2.1.329 still did), so that the model itself must end there.
"""


def verdict(words: Mapping[str, str], version: str) -> str:
    return words.get(version, words["newest"])


@pytest.mark.parametrize("honour_stop", [True, False], ids=["stops", "ignores-stop"])
def test_auto_mode_lets_a_harmless_call_through(rig: Rig, version: str, honour_stop: bool) -> None:
    words = verdict(ALLOWED, version)
    rest = ("\nWell, on <block>second</block> thought …",) if version == OLDER else ()
    pieces = (words[:5], words[5:-4], words[-4:], *rest)
    rig.play(call("Bash", HARMLESS), text("Done."), verdict=Reply(text=pieces, honour_stop=honour_stop))
    answer = rig.client.ask("Multiply", "--permission-mode", "auto")
    assert answer.text == "Done.", answer
    [result] = answer.blocks("user", "tool_result")
    assert "42" in str(result["content"]), answer
    [asked] = rig.upstream.to("m-classifier")
    closing = [words[words.index("</") :]]
    assert asked.body.get("stop") in ([closing] if version == OLDER else [closing, None])
    assert "classifier" in rig.daemon.log_line(answer.session, "strict,m-classifier")


def test_auto_mode_blocks_by_the_classifiers_verdict(rig: Rig, version: str) -> None:
    rig.play(call("Bash", HARMLESS), text("Then not."), verdict=text(verdict(BLOCKED, version)))
    answer = rig.client.ask("Multiply", "--permission-mode", "auto")
    [result] = answer.blocks("user", "tool_result")
    assert result["is_error"] is True, answer
    assert "42" not in str(result["content"])
    assert rig.upstream.to("m-classifier")
    # The second, slower look has another token limit and, in 2.1.197, no stop sequences: the same route all the same.
    assert not [
        request for request in rig.upstream.requests if request not in rig.turns + rig.upstream.to("m-classifier")
    ]
