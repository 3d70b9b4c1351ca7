"""What a user steers himself, with the real client: subagents to their routes, rules, `/model` by alias and by tier."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ccrouter.model.json import JsonObject
from tests.e2e.claude_code import ClaudeCode
from tests.e2e.conftest import KEY, Rig, strict_config
from tests.e2e.daemon import Daemon
from tests.e2e.install import binary
from tests.e2e.terminal import ENTER, Terminal
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.replies import Failure, Reply, call, text

pytestmark = pytest.mark.e2e

ALLOW = "--dangerously-skip-permissions"


@pytest.fixture(scope="session")
def steering(upstream: OpenAIChatUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """No Router.default: tiers say it all, beside subagents, an alias and two rules."""
    config = strict_config(upstream)
    config["tiers"] = {"opus": "strict,m-think", "sonnet": "strict,m-default", "haiku": "strict,m-background"}
    config["aliases"] = {"fast": "strict,m-chosen"}
    config["Router"] = {
        "subagent": {"Explore": "strict,m-search", "*": {"target": "strict,m-chosen", "max_tokens": 5000}},
        "rules": [
            {"name": "foxes", "when": {"text": {"regex": "\\bfox(es)?\\b"}}, "use": "strict,m-long"},
            {"name": "secret", "when": {"path": "*/secret/project"}, "use": "strict,m-classifier"},
        ],
    }
    with Daemon(tmp_path_factory.mktemp("steering"), config) as running:
        yield running


@pytest.fixture
def rig(
    version: str, steering: Daemon, upstream: OpenAIChatUpstream, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Rig]:
    """The client's folder is called as the test's parameter says, if it has one."""
    found = binary(version)
    assert found is not None
    folder = tmp_path / str(getattr(request, "param", "home"))
    made = Rig(ClaudeCode(version, found, folder, steering.url, KEY), steering, upstream)
    made.play(text("ok"))
    yield made
    assert not upstream.refusals, upstream.refusals


def subagent_call(kind: str) -> JsonObject:
    prompt = "Look into the matter of the birds."
    return {"description": "Look", "prompt": prompt, "subagent_type": kind, "run_in_background": False}


def run_subagent(rig: Rig, kind: str, model: str) -> None:
    def script(body: JsonObject) -> Reply | Failure:
        if body["model"] == model:
            return text("the birds are fine")
        if body["model"] == "m-background":
            return text("ok")
        asked = "the birds are fine" in str(body) or "tool_calls" in str(body)
        return text("All fine.") if asked else call("Agent", subagent_call(kind))

    rig.upstream.begin(script)
    answer = rig.client.ask("Ask about the birds", ALLOW, "--model", "sonnet")
    assert answer.text == "All fine.", answer
    sent = rig.upstream.to(model)
    assert sent, [request.model for request in rig.upstream.requests]
    assert "the matter of the birds" in sent[0].text
    assert "subagent" in rig.daemon.log_line(answer.session, f"strict,{model}")
    assert [request.model for request in rig.turns if request.model != model] == ["m-default", "m-default"]


def test_a_subagent_goes_to_its_route(rig: Rig) -> None:
    run_subagent(rig, "general-purpose", "m-chosen")
    assert all(request.body["max_tokens"] == 5000 for request in rig.upstream.to("m-chosen"))


def test_a_subagent_goes_by_its_type(rig: Rig, newest: str) -> None:
    run_subagent(rig, "Explore", "m-search")


@pytest.mark.parametrize(
    ("name", "model", "scenario"),
    [
        ("fast", "m-chosen", "explicit"),
        ("opus", "m-think", "default"),
        ("sonnet", "m-default", "default"),
        ("haiku", "m-background", "background"),
    ],
)
def test_model_by_alias_and_by_tier(rig: Rig, name: str, model: str, scenario: str) -> None:
    rig.play(text("ok"))
    answer = rig.client.ask("Say ok", "--model", name)
    assert answer.text == "ok", answer
    assert [request.model for request in rig.turns] == [model]
    assert scenario in rig.daemon.log_line(answer.session, f"strict,{model}")


def test_switching_by_alias_and_by_tier(rig: Rig) -> None:
    rig.play(text("First ", "answer."))
    with Terminal(rig.client) as terminal:
        terminal.ready()
        for name, shown in (("fast", "fast"), ("opus", "Opus"), ("sonnet", "Sonnet")):
            terminal.say(f"/model {name}")
            if "Switch model?" in terminal.wait(f"Switch model\\?|Set model to {shown}"):
                terminal.settle()
                terminal.press(ENTER)
                terminal.wait(f"Set model to {shown}")
            terminal.settle()
            rig.play(text(f"Here is {name}."))
            terminal.say(f"Who is it, {name}?")
            terminal.wait(f"Here is {name}\\.")
            terminal.settle()
            expected = {"fast": "m-chosen", "opus": "m-think", "sonnet": "m-default"}[name]
            assert [request.model for request in rig.turns] == [expected]


def test_a_rule_reads_what_the_user_says(rig: Rig) -> None:
    rig.play(text("Berries."))
    answer = rig.client.ask("What do foxes eat?", "--model", "opus")
    assert answer.text == "Berries.", answer
    assert [request.model for request in rig.turns] == ["m-long"]
    assert "rule 1 (foxes)" in rig.daemon.log_line(answer.session, "strict,m-long")


@pytest.mark.parametrize("rig", ["secret"], indirect=True)
def test_a_rule_knows_the_folder(rig: Rig) -> None:
    rig.play(text("Quiet."))
    answer = rig.client.ask("Say something")
    assert answer.text == "Quiet.", answer
    assert [request.model for request in rig.turns] == ["m-classifier"]
    assert "rule 2 (secret)" in rig.daemon.log_line(answer.session, "strict,m-classifier")
