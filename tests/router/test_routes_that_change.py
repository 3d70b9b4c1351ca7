"""Subagents, compactions, tiers and aliases; and what a route changes in the request."""

from pathlib import Path

import pytest

from ccrouter.config.types import Overrides
from ccrouter.dialects.anthropic import ANTHROPIC
from ccrouter.dialects.quirks import Quirks
from ccrouter.model.json import Json, JsonObject, as_list
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request, ThinkingConfig, ToolChoice
from ccrouter.router import Facts
from ccrouter.router.overriding import overridden
from tests.router.configured import CHAT, GEMINI, LOCAL, REASONER, config_of, configured, known, told
from tests.router.configured import PROVIDERS as PROVIDERS_JSON
from tests.router.requests import HAIKU, PICTURE, assistant, classed, main, probe, safety_check, user

AGENT = {"x-claude-code-agent-id": "a1", "x-claude-code-agent-type": "Explore"}


@pytest.mark.parametrize(
    ("request_", "facts", "scenario", "target", "reason"),
    [
        (main(), known(headers=AGENT), "subagent", LOCAL, "a subagent (Explore)"),
        (main(), known(headers=classed("subagent")), "subagent", GEMINI, "a subagent"),
        (main(model=HAIKU), known(headers=AGENT), "subagent", LOCAL, "a subagent (Explore)"),
        (main(thinking="enabled"), known(headers=AGENT), "subagent", LOCAL, "a subagent (Explore)"),
        (main(user(PICTURE)), known(headers=AGENT), "image", REASONER, "an image in the current turn"),
        (
            main(), known(headers={**AGENT, **classed("auxiliary")}), "default", CHAT,
            "the client calls it auxiliary work; Router.background is not configured, so Router.default",
        ),
        (main(), known(headers=classed("compaction")), "compaction", GEMINI, "a compaction of the conversation"),
        (
            main(), known(90_000, headers=classed("compaction")), "compaction", GEMINI,
            "a compaction of the conversation",
        ),
        (main(), known(headers=classed("main")), "default", CHAT, "an ordinary request"),
    ],
)  # fmt: skip
def test_subagents_and_compactions(
    *, request_: Request, facts: Facts, scenario: str, target: str, reason: str, tmp_path: Path
):
    routes: JsonObject = {
        "subagent": {"explore": LOCAL, "*": GEMINI}, "compaction": GEMINI, "image": REASONER, "think": REASONER,
        "longContext": REASONER,
    }  # fmt: skip
    decision = told(request_, configured(tmp_path, routes), facts)
    assert (decision.scenario, str(decision.targets[0]), decision.reason) == (scenario, target, reason)


TIERS: JsonObject = {"opus": REASONER, "sonnet": CHAT, "haiku": LOCAL}


@pytest.mark.parametrize(
    ("request_", "router", "scenario", "target"),
    [
        (main(model="claude-opus-4-8"), {}, "default", REASONER),
        (main(model="claude-opus-4-8[1m]"), {}, "default", REASONER),
        (main(), {}, "default", CHAT),
        (main(model="something"), {}, "default", CHAT),
        (main(model=HAIKU), {}, "background", LOCAL),
        (main(model=HAIKU), {"background": GEMINI}, "background", GEMINI),
        (main(model="claude-opus-5", thinking="enabled"), {}, "default", REASONER),
        (main(model="claude-opus-5", thinking="enabled"), {"think": GEMINI}, "think", GEMINI),
        (main(model="something"), {"default": GEMINI}, "default", GEMINI),
        (main(), {"default": GEMINI}, "default", CHAT),
        (safety_check(), {}, "classifier", CHAT),
        (safety_check(HAIKU), {}, "classifier", CHAT),
    ],
)
def test_tiers(request_: Request, router: JsonObject, scenario: str, target: str, tmp_path: Path):
    config = config_of(tmp_path, {"Providers": PROVIDERS_JSON, "tiers": TIERS, "Router": router})
    decision = told(request_, config)
    assert (decision.scenario, str(decision.targets[0])) == (scenario, target)


def test_what_is_said_of_tiers_and_aliases(tmp_path: Path):
    config = config_of(tmp_path, {"Providers": PROVIDERS_JSON, "tiers": TIERS, "aliases": {"Quick": LOCAL}})
    assert told(main(model="claude-opus-5"), config).reason == "the model asked for is opus-tier (claude-opus-5)"
    assert told(main(thinking="enabled"), config).reason == (
        "thinking is enabled; Router.think is not configured; the model asked for is sonnet-tier (claude-sonnet-5)"
    )
    assert told(main(model="quick"), config).reason == "the client asked for Quick, which is ollama,qwen3-coder"


def sent(request: Request) -> JsonObject:
    return ANTHROPIC.encode(request, model="m", origin="p", quirks=Quirks(), notes=Notes())


@pytest.mark.parametrize(
    ("overrides", "request_", "thinking", "effort", "max_tokens"),
    [
        (Overrides("low"), main(), ThinkingConfig("adaptive"), "low", 128_000),
        (Overrides("max", 9000), main(thinking="enabled"), ThinkingConfig("adaptive"), "max", 9000),
        (Overrides("high"), main(thinking="disabled", effort="low"), ThinkingConfig("adaptive"), "high", 128_000),
        (Overrides("off"), main(), ThinkingConfig("disabled"), None, 128_000),
        (Overrides(None, 9000), main(thinking="enabled"), ThinkingConfig("enabled", 8999), "high", 9000),
        (Overrides(None, 1000), main(thinking="enabled"), ThinkingConfig("disabled"), "high", 1000),
        (Overrides("high", 9000), probe("m"), None, None, 1),
        (Overrides("high", 9000), safety_check(), ThinkingConfig("disabled"), None, 64),
    ],
)
def test_overrides(
    *,
    overrides: Overrides,
    request_: Request,
    thinking: ThinkingConfig | None,
    effort: str | None,
    max_tokens: int,
):
    found = overridden(request_, overrides)
    assert (found.thinking, found.effort, found.max_tokens) == (thinking, effort, max_tokens)
    assert overridden(found, overrides) is found, "once is enough"


def test_a_forced_tool_is_not_made_to_think():
    forced = Request("m", (), tool_choice=ToolChoice("tool", "x"), max_tokens=32_000)
    assert overridden(forced, Overrides("high")) is forced


def test_without_thinking_nothing_is_cleared():
    edits: list[Json] = [{"type": "clear_thinking_20251015"}, {"type": "clear_tool_uses_20250919"}]
    request = Request("m", (), thinking=ThinkingConfig("adaptive"), extras={"context_management": {"edits": edits}})
    assert overridden(request, Overrides("off")).extras == {"context_management": {"edits": edits[1:]}}
    alone = Request("m", (), thinking=ThinkingConfig("adaptive"), extras={"context_management": {"edits": edits[:1]}})
    assert overridden(alone, Overrides("off")).extras == {}


def test_one_more_turn_extends_the_bytes(tmp_path: Path):
    config = configured(tmp_path, {"default": {"target": CHAT, "effort": "low", "max_tokens": 8000}})
    turns = (user("One"), assistant("1"), user("Two"), assistant("2"), user("Three"))
    bodies = [sent(told(main(*turns[: at + 1]), config).request) for at in (0, 2, 4)]
    assert [body["max_tokens"] for body in bodies] == [8000] * 3
    histories = [as_list(body["messages"]) or [] for body in bodies]
    assert histories[1][: len(histories[0])] == histories[0]
    assert histories[2][: len(histories[1])] == histories[1]
    assert bodies[2] == sent(told(main(*turns), config).request)
    assert [{**body, "messages": None} for body in bodies] == [{**bodies[0], "messages": None}] * 3
