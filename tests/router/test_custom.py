"""What a custom router sees, and what its answer does to the decision."""

from dataclasses import replace

from ccrouter.model.blocks import Text, ToolResult
from ccrouter.model.request import Message, Request, ThinkingConfig
from ccrouter.router import CustomAnswer, Decision, Facts, KnownTargets, RouteRequest, decide, hints_of
from tests.router.requests import CONFIG, DEFAULT, IMAGE, LONG, MAIN_MODEL, THINK, facts, main, user

REASONER = "deepseek,deepseek-reasoner"


def decided(request: Request, given: Facts, **changes: object) -> Decision:
    config = replace(CONFIG, **changes)  # pyright: ignore[reportArgumentType]
    return decide(request, given, config, provider_facts=KnownTargets())


def test_its_choice_comes_before_everything_also_before_what_the_client_asked_for():
    answer = CustomAnswer(IMAGE, "the custom router r.py chose it")
    decision = decided(main(model=REASONER), replace(facts(), custom=answer))
    assert decision.scenario == "custom"
    assert decision.targets == (IMAGE,)
    assert decision.reason == "the custom router r.py chose it"
    assert decision.considered == ()


def test_without_a_choice_the_rules_go_on_and_it_stands_among_the_considered():
    decision = decided(main(model=REASONER), replace(facts(), custom=CustomAnswer(None, "it leaves it to the rules")))
    assert decision.scenario == "explicit"
    assert decision.considered == (("custom", "it leaves it to the rules"),)


def test_a_failure_is_in_the_reason_of_a_request_that_falls_to_default():
    failed = CustomAnswer(None, "the custom router r.py failed (KeyError: 'x')", failed=True)
    decision = decided(main(), replace(facts(), custom=failed))
    assert decision.targets == (DEFAULT,)
    assert decision.reason == "the custom router r.py failed (KeyError: 'x'), so Router.default"


def test_its_fallbacks_are_those_of_default_as_in_ccr():
    given = replace(facts(), custom=CustomAnswer(IMAGE, "chosen"))
    assert decided(main(), given, fallback={"default": (LONG,)}).targets == (IMAGE, LONG)


def test_a_prompt_too_large_for_its_choice_goes_to_long_context():
    given = replace(facts(90_000), custom=CustomAnswer(THINK, "chosen"))
    known = KnownTargets(windows={THINK: 64_000, LONG: 1_000_000})
    decision = decide(main(), given, CONFIG, provider_facts=known)
    assert decision.scenario == "longContext"
    assert decision.reason.startswith("chosen, but 90,000 tokens do not fit")


def shown(request: Request) -> RouteRequest:
    headers = {"x-claude-code-agent-type": "Explore"}
    return RouteRequest(request, headers, hints_of(headers), "s-1", "/work", lambda: 7)


def test_what_it_sees():
    reminder = "<system-reminder>\nAs you answer, mind this.\n</system-reminder>\n"
    request = Request(
        MAIN_MODEL,
        (
            user(Text(reminder), Text(f"{reminder}Explain this code")),
            Message("assistant", "I will look."),
            user(ToolResult("call_1", "the file's text")),
        ),
        system=(Text("You are Claude Code."), Text("Be brief.")),
        thinking=ThinkingConfig("adaptive"),
        extras={"output_config": {"effort": "high"}},
    )
    view = shown(request)
    assert view.last_user_text == "Explain this code"
    assert view.system_text == "You are Claude Code.\nBe brief."
    assert (view.model, view.tokens, view.effort, view.thinking) == (MAIN_MODEL, 7, "high", "adaptive")
    assert (view.hints.agent_type, view.session_id, view.working_directory) == ("Explore", "s-1", "/work")
    assert view.tool_names == ()


def test_a_request_without_any_text_has_no_last_user_text():
    assert shown(Request(MAIN_MODEL, (user(ToolResult("call_1", "x")),))).last_user_text == ""
