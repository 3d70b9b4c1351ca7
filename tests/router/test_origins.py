"""The decision names the override file that decided."""

from dataclasses import replace
from pathlib import Path

from ccrouter.config.problems import Problem
from ccrouter.model.request import Request
from ccrouter.router import Decision, KnownTargets, Origins, decide, with_origins
from tests.router.requests import CONFIG, HAIKU, IMAGE, facts, main

PROJECT, SESSION = Path("/p/.ccrouter.json"), Path("/h/-p/s.json")
REASONER = "deepseek,deepseek-reasoner"


def told(request: Request, origins: Origins, *, tokens: int = 1_000, **routes: object) -> Decision:
    config = replace(CONFIG, router=replace(CONFIG.router, **routes))  # pyright: ignore[reportArgumentType]
    decision = decide(request, facts(tokens), config, provider_facts=KnownTargets())
    return with_origins(decision, origins, config.router)


def test_the_file_of_the_route_that_decided():
    origins = Origins({PROJECT: ("default", "think"), SESSION: ("default",)})
    decision = told(main(), origins, default=IMAGE)
    assert decision.reason == f"an ordinary request; Router.default is from {SESSION}"
    assert decision.considered[:2] == (
        ("override", f"{PROJECT} sets default, think"),
        ("override", f"{SESSION} sets default"),
    )


def test_a_route_that_no_file_sets_is_told_as_always_but_the_files_were_considered():
    decision = told(main(model=HAIKU), Origins({PROJECT: ("default",)}))
    assert decision.scenario == "background"
    assert "from" not in decision.reason
    assert decision.considered[0] == ("override", f"{PROJECT} sets default")


def test_what_the_client_asked_for_is_nobodys_override():
    decision = told(main(model=REASONER), Origins({PROJECT: ("default",)}))
    assert decision.reason == f"the client asked for {REASONER}"


def test_a_threshold_from_a_file():
    origins = Origins({PROJECT: ("long_context_threshold",)})
    decision = told(main(), origins, tokens=40_000, long_context_threshold=30_000)
    assert decision.scenario == "longContext"
    assert decision.reason.endswith(f"; Router.longContextThreshold is from {PROJECT}")


def test_a_file_that_does_not_count_says_why():
    problem = Problem("error", 'there is no provider called "x"', None, "/Router/default", PROJECT, 3, 5)
    decision = told(main(), Origins({}, (problem,)))
    assert decision.reason == f"an ordinary request; not used: {problem}"
    assert f"{PROJECT}:3:5" in decision.reason
