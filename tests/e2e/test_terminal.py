"""The client in a terminal: a conversation, `/model` by name and by picker, thinking, an error."""

import pytest

from tests.e2e.conftest import Rig
from tests.e2e.terminal import ENTER, ESCAPE, Terminal
from tests.upstreams.replies import Failure, Reply, call, text

pytestmark = pytest.mark.e2e

DISCOVERY = {"CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": ""}
"""2.1.197 does not discover models with nonessential traffic off."""


def switch(terminal: Terminal, model: str) -> None:
    """`/model <model>`, with the question that a conversation already cached may bring."""
    terminal.say(f"/model {model}")
    if "Switch model?" in terminal.wait("Switch model\\?|Set model|Unable|not found|issue"):
        terminal.settle()
        terminal.press(ENTER)
    terminal.wait("Set model to")


def test_a_conversation_with_a_tool(rig: Rig) -> None:
    rig.play(
        Reply(
            reasoning=("I must look.",),
            calls=call("Bash", {"command": "echo seen-$((6*7))", "description": "Look"}).calls,
        ),
        text("I have ", "looked."),
    )
    with Terminal(rig.client, "--dangerously-skip-permissions") as terminal:
        terminal.ready()
        terminal.say("Look around")
        screen = terminal.wait("I have looked\\.")
        assert "Bash(echo seen" in screen or "ran 1 shell command" in screen, screen
        terminal.settle()
    assert "seen-42" in rig.turns[1].text


def test_model_by_name(rig: Rig) -> None:
    rig.play(text("Chosen ", "answers."))
    with Terminal(rig.client) as terminal:
        terminal.ready()
        switch(terminal, "strict,m-chosen")
        # The client tries the name with a request of one token before it switches.
        assert [request.body["max_tokens"] for request in rig.upstream.to("m-chosen")] == [1]
        terminal.settle()
        terminal.say("Who are you?")
        terminal.wait("Chosen answers\\.")
        terminal.settle()
    assert [request.model for request in rig.turns] == ["m-chosen"]


def test_model_that_is_not_there(rig: Rig) -> None:
    rig.play(text("ok"))
    with Terminal(rig.client) as terminal:
        terminal.ready()
        terminal.say("/model nowhere,nothing")
        screen = terminal.wait("(?i)(unable|not found|not exist|issue|unknown|no provider|invalid)")
        assert "Set model to" not in screen
    assert not rig.upstream.requests


def test_the_picker_lists_the_configured_models(rig: Rig) -> None:
    rig.play(text("Picked ", "answers."))
    with Terminal(rig.client, extra=DISCOVERY) as terminal:
        terminal.ready()
        terminal.say("/model")
        terminal.wait("Select model")
        terminal.settle()
        seen = set[str]()
        for _ in range(40):  # the list may be longer than the screen
            seen |= {name for name in ("m-default", "m-think", "m-long", "m-chosen") if name in terminal.screen}
            marked = next((line for line in terminal.lines if line.strip().startswith("❯ ") and "." in line), "")
            if "m-chosen" in marked:
                break
            terminal.press("\x1b[B")
        assert seen == {"m-default", "m-think", "m-long", "m-chosen"}, terminal.screen
        terminal.press(ENTER)
        terminal.settle()
        if "Switch model?" in terminal.screen:
            terminal.press(ENTER)
        terminal.settle()
        terminal.say("Who are you?")
        terminal.wait("Picked answers\\.")
    assert [request.model for request in rig.turns] == ["m-chosen"]


def test_an_upstream_error_is_shown(rig: Rig) -> None:
    rig.play(Failure(400, "The fox does not like this."))
    with Terminal(rig.client) as terminal:
        terminal.ready()
        terminal.say("Say hello")
        terminal.wait("The fox does not like this\\.")
        terminal.press(ESCAPE)


def test_escape_ends_the_upstream_request(rig: Rig) -> None:
    rig.play(Reply(text=("piece ",) * 300, pause=0.1))
    with Terminal(rig.client) as terminal:
        terminal.ready()
        terminal.say("Talk")
        terminal.wait("piece piece")
        terminal.press(ESCAPE)
        terminal.wait("Interrupted")
        terminal.wait(lambda screen: rig.turns[-1].outcome == "client gone", 5)


def test_compaction(rig: Rig) -> None:
    summary = text("<summary>They talked.</summary>")
    rig.play(text("I am the first answer."), text("I am the second."), summary, text("Still here."))
    with Terminal(rig.client) as terminal:
        terminal.ready()
        terminal.say("Say something")
        terminal.wait("the first answer")
        terminal.settle()
        terminal.say("And more")
        terminal.wait("the second")
        terminal.settle()
        terminal.say("/compact")
        terminal.wait("(?i)compacted")
        terminal.settle()
        terminal.say("Are you there?")
        terminal.wait("Still here\\.")
    assert "They talked." in rig.upstream.requests[-1].text


def test_the_title_of_a_session_goes_to_background(rig: Rig, newest: str) -> None:
    # 2.1.197 asks for it on the main model and without a hint.
    rig.play(text("A poem."))
    with Terminal(rig.client, extra=DISCOVERY) as terminal:
        terminal.ready()
        terminal.say("Please write a long poem about foxes and their dens in the forest")
        terminal.wait("A poem\\.")
        terminal.wait(lambda screen: bool(rig.upstream.to("m-background")))
    [title] = rig.upstream.to("m-background")
    assert "tools" not in title.body
    assert "poem about foxes" in title.text
