"""`Router.rules`: one row a condition, with the request, whether the rule takes it, and what is said of it."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from ccrouter.config.types import Target
from ccrouter.model.json import Json, JsonObject
from ccrouter.model.request import Request, Tool
from ccrouter.router import Facts, KnownTargets
from tests.router.configured import CHAT, GEMINI, LOCAL, REASONER, configured, known, told
from tests.router.requests import (
    HAIKU,
    PICTURE,
    call,
    classed,
    main,
    never_counted,
    probe,
    result,
    safety_check,
    search_helper,
    user,
)

REMINDED = user("<system-reminder>\nAbout refactoring.\n</system-reminder>\n", "Refactor the parser, please.")
LONG_SYSTEM = replace(main(), system="You are an agent that writes Rust.")
OLD_ENVIRONMENT = replace(
    main(user("Hi")), system="Hello.\n<env>\nWorking directory: /work/private/shop\nPlatform: linux\n</env>"
)


def at_work(folder: str) -> Request:
    """As 2.1.332 tells its folder: in a system message behind the user's."""
    told = (
        f"# Environment\nYou have been invoked in the following environment: \n - Primary working directory: {folder}"
    )
    return main(user("Hi"), replace(user(f"{told}\n - Is a git repository: false\n"), role="system"))


@dataclass(frozen=True)
class Row:
    when: JsonObject
    request: Request
    holds: bool
    why: str
    facts: Facts = field(default_factory=known)


AGENT = {"x-claude-code-request-class": "subagent", "x-claude-code-agent-id": "a1", "x-claude-code-agent-type": "Plan"}

ROWS = [
    Row({}, main(), True, "it takes everything"),
    # model and tier
    Row({"model": "claude-sonnet-*"}, main(), True, "model claude-sonnet-5"),
    Row({"model": ["gpt-*", "CLAUDE-Sonnet-?"]}, main(), True, "model claude-sonnet-5"),
    Row({"model": "claude-sonnet"}, main(), False, "model claude-sonnet-5, not claude-sonnet"),
    Row({"model": ["a", "b*"]}, main(), False, "model claude-sonnet-5, not a or b*"),
    Row({"model": "claude-opus-5"}, main(model="claude-opus-5[1m]"), True, "model claude-opus-5"),
    Row({"model": "*[1m]"}, main(model="claude-opus-5[1m]"), True, "model claude-opus-5[1m]"),
    Row({"model": "*[1m]"}, main(model="claude-opus-51"), False, "model claude-opus-51, not *[1m]"),
    Row({"tier": "opus"}, main(model="claude-opus-4-8[1m]"), True, "tier opus"),
    Row({"tier": ["opus", "haiku"]}, main(), False, "tier sonnet, not opus or haiku"),
    Row({"tier": "opus"}, main(model="grok"), False, "tier not told, not opus"),
    # what the client asks for and says
    Row({"effort": ["high", "max"]}, main(), True, "effort high"),
    Row({"effort": "max"}, main(), False, "effort high, not max"),
    Row({"effort": "off"}, main(thinking="disabled"), True, "effort off"),
    Row({"effort": "high"}, main(thinking="disabled"), False, "effort off, not high"),
    Row({"class": "workflow"}, main(), True, "class workflow", known(headers=classed("workflow"))),
    Row({"class": "main"}, main(), False, "class not told, not main"),
    Row({"subagent": True}, main(), True, "a subagent (Plan)", known(headers=AGENT)),
    Row({"subagent": True}, main(), True, "a subagent", known(headers={"x-claude-code-agent-id": "a1"})),
    Row({"subagent": True}, main(), False, "not a subagent", known(headers=classed("main"))),
    Row({"subagent": False}, main(), True, "not a subagent"),
    Row({"subagent": False}, main(), False, "a subagent (Plan)", known(headers=AGENT)),
    Row({"subagent": ["explore", "plan"]}, main(), True, "a subagent (Plan)", known(headers=AGENT)),
    Row({"subagent": "Explore"}, main(), False, "a subagent (Plan), not Explore", known(headers=AGENT)),
    Row(
        {"subagent": True}, main(), False, "not a subagent",
        known(headers={**AGENT, "x-claude-code-request-class": "auxiliary"}),
    ),
    Row({"session": "abc-*"}, main(), True, "session abc-1", known(session="abc-1")),
    Row({"session": "abc-*"}, main(), False, "session not told, not abc-*"),
    Row({"header": {"X-Team": "blue"}}, main(), True, "header x-team", known(headers={"x-team": "Blue"})),
    Row({"header": {"X-Team": True}}, main(), True, "header x-team", known(headers={"x-team": ""})),
    Row({"header": {"X-Team": "blue"}}, main(), False, "no header x-team"),
    Row(
        {"header": {"x-b": "secret", "x-a": True}}, main(), False, "another value in the header x-b",
        known(headers={"x-a": "1", "x-b": "sk-other"}),
    ),
    # time
    Row({"time": "22:00-06:00"}, main(), True, "it is 23:10, in 22:00-06:00", known(time="23:10")),
    Row({"time": "22:00-06:00"}, main(), True, "it is 05:59, in 22:00-06:00", known(time="05:59")),
    Row({"time": "22:00-06:00"}, main(), False, "it is 06:00, not in 22:00-06:00", known(time="06:00")),
    Row(
        {"time": ["9:00-12:00", "13:00-17:30"]}, main(), False, "it is 12:30, not in 9:00-12:00 or 13:00-17:30",
        known(time="12:30"),
    ),
    Row({"time": "18:00-24:00"}, main(), True, "it is 23:59, in 18:00-24:00", known(time="23:59")),
    Row({"time": "00:00-24:00"}, main(), False, "the time is not known"),
    # what the request holds
    Row({"tools": "Ba*"}, main(), True, "tool Bash"),
    Row({"tools": ["mcp__*", "Task"]}, main(), False, "no tool mcp__* or Task"),
    Row({"tools": "*"}, probe("claude-sonnet-5"), False, "no tool *"),
    Row({"image": True}, main(user("See", PICTURE)), True, "an image in the current turn"),
    Row({"image": True}, main(user("Read"), call(), user(result(PICTURE))), True, "an image in the current turn"),
    Row({"image": False}, main(), True, "no image in the current turn"),
    Row({"image": True}, main(), False, "no image in the current turn"),
    Row({"path": "/work/private"}, OLD_ENVIRONMENT, True, "path /work/private/shop"),
    Row({"path": "/work/private/"}, at_work("/work/private"), True, "path /work/private"),
    Row({"path": "/work/*/shop"}, at_work("/work/private/shop/src"), True, "path /work/private/shop/src"),
    Row({"path": "/work/priv"}, at_work("/work/private"), False, "path /work/private, not /work/priv"),
    Row({"path": "C:\\Work"}, at_work("C:\\work\\shop"), True, "path C:/work/shop"),
    Row({"path": "/work"}, probe("claude-sonnet-5"), False, "path not told, not /work"),
    Row({"text": "PARSER"}, main(REMINDED), True, "the user's text has 'PARSER'"),
    Row({"text": "about refactoring"}, main(REMINDED), False, "the user's text has no 'about refactoring'"),
    Row({"text": "parser"}, main(REMINDED, call(), user(result("ok"))), True, "the user's text has 'parser'"),
    Row({"text": {"regex": "^Refactor\\b"}}, main(REMINDED), True, "the user's text has /^Refactor\\b/"),
    Row(
        {"text": ["tests", {"regex": "^refactor"}, {"contains": "x"}]}, main(REMINDED), False,
        "the user's text has no 'tests' or /^refactor/ or 'x'",
    ),
    Row({"text": "a"}, Request(model="m", messages=()), False, "the user's text has no 'a'"),
    Row({"system": {"regex": "(?i)RUST"}}, LONG_SYSTEM, True, "the system prompt has /(?i)RUST/"),
    Row({"system": "rust"}, main(), False, "the system prompt has no 'rust'"),
    # tokens
    Row({"tokens": {"min": 1000}}, main(), True, "1,000 tokens, at least 1,000 tokens"),
    Row({"tokens": {"min": 1001}}, main(), False, "1,000 tokens, fewer than 1,001 tokens"),
    Row({"tokens": {"max": 999}}, main(), False, "1,000 tokens, more than 999 tokens"),
    Row({"tokens": {"min": 10, "max": 1000}}, main(), True, "1,000 tokens, at least 10 and at most 1,000 tokens"),
    Row(
        {"tokens": {"min": 60000}}, main(), False, "4,000 bytes, fewer than 60,000 tokens",
        Facts({}, never_counted, 4_000),
    ),
    Row(
        {"tokens": {"max": 60000}}, main(), True, "4,000 bytes, at most 60,000 tokens", Facts({}, never_counted, 4_000)
    ),
    # together
    Row({"tier": "sonnet", "effort": "high"}, main(), True, "tier sonnet, effort high"),
    Row({"effort": "max", "tier": "haiku"}, main(), False, "tier sonnet, not haiku"),
    Row(
        {"tokens": {"min": 1}, "model": "x"}, main(), False, "model claude-sonnet-5, not x",
        Facts({}, never_counted, 400_000),
    ),
    Row({"not": {"tier": "opus"}}, main(), True, "tier sonnet, not opus"),
    Row({"not": {"tier": "sonnet"}}, main(), False, "excluded: tier sonnet"),
    Row({"not": {"tier": "sonnet", "effort": "max"}}, main(), True, "effort high, not max"),
    Row(
        {"tools": "Bash", "not": [{"image": True}, {"text": "write"}]}, main(), False,
        "excluded: the user's text has 'write'",
    ),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.when} {row.holds}" for row in ROWS])
def test_condition(row: Row, tmp_path: Path):
    config = configured(tmp_path, {"rules": [{"name": "mine", "when": row.when, "use": GEMINI}]})
    decision = told(row.request, config, row.facts)
    if row.holds:
        assert (decision.scenario, str(decision.targets[0])) == ("rule", GEMINI)
        assert decision.reason == f"rule 1 (mine): {row.why}"
    else:
        assert decision.scenario != "rule"
        assert dict(decision.considered)["rule 1 (mine)"] == row.why


def test_the_first_that_holds_decides(tmp_path: Path):
    rules: list[Json] = [
        {"when": {"tier": "opus"}, "use": LOCAL},
        {"name": "tools", "when": {"tools": "Bash"}, "use": REASONER},
        {"use": GEMINI},
    ]
    decision = told(main(), configured(tmp_path, {"rules": rules}))
    assert str(decision.targets[0]) == REASONER
    assert decision.reason == "rule 2 (tools): tool Bash"
    assert decision.considered[-1] == ("rule 1", "tier sonnet, not opus")


EVERYTHING: list[Json] = [{"use": LOCAL}]


def test_an_explicit_model_beats_the_rules(tmp_path: Path):
    decision = told(main(model=REASONER), configured(tmp_path, {"rules": EVERYTHING}))
    assert (decision.scenario, str(decision.targets[0])) == ("explicit", REASONER)


def test_a_rule_never_takes_a_safety_check(tmp_path: Path):
    decision = told(safety_check(), configured(tmp_path, {"rules": EVERYTHING}))
    assert (decision.scenario, str(decision.targets[0])) == ("classifier", CHAT)


def test_a_rule_leaves_a_subagent_tag_alone(tmp_path: Path):
    tagged = main(user(f"<CCR-SUBAGENT-MODEL>{REASONER}</CCR-SUBAGENT-MODEL>Look."))
    decision = told(tagged, configured(tmp_path, {"rules": EVERYTHING}))
    assert (decision.scenario, str(decision.targets[0])) == ("subagent", REASONER)
    assert ("rules", "a subagent tag says where this one goes") in decision.considered


@pytest.mark.parametrize(
    ("request_", "facts"),
    [
        (main(), known(90_000)),
        (main(model=HAIKU), known()),
        (main(thinking="enabled"), known()),
        (main(user(PICTURE)), known()),
        (main(), known(headers=classed("compaction"))),
        (main(), known(headers=AGENT)),
    ],
    ids=["longContext", "background", "think", "image", "compaction", "subagent"],
)
def test_rules_beat_every_other_route(request_: Request, facts: Facts, tmp_path: Path):
    routes = ("longContext", "background", "think", "image", "compaction", "subagent")
    config = configured(tmp_path, {**dict.fromkeys(routes, GEMINI), "rules": EVERYTHING})
    decision = told(request_, config, facts)
    assert (decision.scenario, str(decision.targets[0])) == ("rule", LOCAL)


def test_a_search_goes_where_there_is_one(tmp_path: Path):
    config = configured(tmp_path, {"rules": EVERYTHING, "webSearch": GEMINI})
    decision = told(search_helper(), config)
    assert (decision.scenario, str(decision.targets[0])) == ("webSearch", GEMINI)
    assert decision.reason.endswith("ollama,qwen3-coder has no web search of its own, so Router.webSearch")
    local = KnownTargets(searching=frozenset({Target("ollama", "qwen3-coder")}))
    assert told(search_helper(), config, providers=local).scenario == "rule"


def test_a_prompt_that_does_not_fit_goes_to_long_context(tmp_path: Path):
    config = configured(tmp_path, {"rules": EVERYTHING, "longContext": GEMINI})
    small = KnownTargets(windows={Target("ollama", "qwen3-coder"): 32_768})
    decision = told(main(), config, known(40_000), small)
    assert (decision.scenario, str(decision.targets[0])) == ("longContext", GEMINI)


def test_fallbacks_of_rules(tmp_path: Path):
    rules: JsonObject = {"rules": EVERYTHING}
    for fallback in ({"rule": [GEMINI]}, {"default": [GEMINI]}, {"default": [REASONER], "rule": [GEMINI]}):
        config = configured(tmp_path, rules, fallback={key: list[Json](value) for key, value in fallback.items()})
        assert [str(target) for target in told(main(), config).targets] == [LOCAL, GEMINI]


def test_a_tool_by_its_type_has_its_name(tmp_path: Path):
    config = configured(tmp_path, {"rules": [{"when": {"tools": "web_search"}, "use": GEMINI}]})
    request = replace(main(), tools=(Tool("web_search", type="web_search_20250305"),))
    assert told(request, config).scenario == "rule"
