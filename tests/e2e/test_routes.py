"""Which route a request of the real client takes, and that the log says so."""

import pytest

from ccrouter.model.json import JsonObject
from tests.e2e.conftest import Rig
from tests.e2e.install import OLDER
from tests.e2e.scripts import play
from tests.upstreams.replies import Failure, Reply, call, text

pytestmark = pytest.mark.e2e

ALLOW = "--dangerously-skip-permissions"


def models(rig: Rig) -> list[str]:
    return [request.model for request in rig.turns]


def test_an_ordinary_request_goes_to_default(rig: Rig) -> None:
    rig.play(text("ok"))
    answer = rig.client.ask("Say ok")
    assert answer.text == "ok", answer
    assert models(rig) == ["m-default"]
    assert "default" in rig.daemon.log_line(answer.session, "strict,m-default")


def test_haiku_goes_to_background(rig: Rig) -> None:
    rig.play(text("ok"))
    answer = rig.client.ask("Say ok", "--model", "haiku")
    assert answer.text == "ok", answer
    assert models(rig) == ["m-background"]
    assert "background" in rig.daemon.log_line(answer.session, "strict,m-background")


def test_plan_mode_goes_to_think(rig: Rig) -> None:
    rig.play(text("A plan."))
    answer = rig.client.ask("Plan it", "--permission-mode", "plan")
    assert models(rig)[0] == "m-think", answer
    assert "think" in rig.daemon.log_line(answer.session, "strict,m-think")


def test_the_turn_after_a_tool_call_in_plan_mode_goes_to_think(rig: Rig) -> None:
    rig.client.prepare()
    (rig.client.project / "notes.txt").write_text("The notes.\n")
    rig.play(call("Read", {"file_path": str(rig.client.project / "notes.txt")}), text("A plan."))
    answer = rig.client.ask("Plan it", "--permission-mode", "plan")
    assert models(rig)[:2] == ["m-think", "m-think"], answer


def test_90k_tokens_go_to_long_context(rig: Rig) -> None:
    rig.play(text("Read."))
    words = "All work and no play makes a dull fox of everyone in town. " * 7_000  # 13 tokens each
    answer = rig.client.ask(f"Read this: {words}")
    assert answer.text == "Read.", answer.stderr
    assert models(rig) == ["m-long"]
    assert "longContext" in rig.daemon.log_line(answer.session, "strict,m-long")


def test_an_explicit_model_is_taken(rig: Rig) -> None:
    rig.play(text("ok"))
    answer = rig.client.ask("Say ok", "--model", "strict,m-chosen")
    assert answer.text == "ok", answer
    assert models(rig) == ["m-chosen"]


def test_an_explicit_model_wins_over_plan_mode(rig: Rig) -> None:
    rig.play(text("A plan."))
    answer = rig.client.ask("Plan it", "--permission-mode", "plan", "--model", "strict,m-chosen")
    assert models(rig)[0] == "m-chosen", answer


def test_a_subagent_tag_chooses_the_subagents_model(rig: Rig) -> None:
    prompt = "<CCR-SUBAGENT-MODEL>strict,m-chosen</CCR-SUBAGENT-MODEL>Say sub"
    agent = {"description": "Sub", "prompt": prompt, "subagent_type": "general-purpose", "run_in_background": False}

    def script(body: JsonObject) -> Reply | Failure:
        if body["model"] == "m-chosen":
            return text("sub says hi")
        return call("Agent", agent) if "sub says hi" not in str(body) and "tool_calls" not in str(body) else text("Ok.")

    rig.upstream.begin(script)
    answer = rig.client.ask("Use a subagent", ALLOW)
    chosen = rig.upstream.to("m-chosen")
    assert chosen, answer
    assert "CCR-SUBAGENT-MODEL" not in chosen[0].text
    assert "Say sub" in chosen[0].text
    assert answer.text == "Ok.", answer


def test_a_web_search_goes_to_web_search(rig: Rig, version: str) -> None:
    search = call("WebSearch", {"query": "what do foxes eat"}, "call_search")
    load = call("ToolSearch", {"query": "select:WebSearch", "max_results": 5}, "call_load")
    turns = [search, text("Berries.")] if version == OLDER else [load, search, text("Berries.")]

    def script(body: JsonObject) -> Reply | Failure:
        return text("They eat berries.") if body["model"] == "m-search" else conversation(body)

    conversation = play(*turns)
    rig.upstream.begin(script)
    answer = rig.client.ask("What do foxes eat?", ALLOW)
    assert answer.text == "Berries.", answer
    # What becomes of it there is for test_web_search.py to say: this model has no search, and none is configured.
    assert "webSearch" in rig.daemon.log_line(answer.session, "strict,m-search")
    assert "unavailable" in rig.turns[-1].text
