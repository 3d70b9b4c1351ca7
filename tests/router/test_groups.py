"""Groups as targets, and the order of what follows the chosen one."""

from dataclasses import replace

import pytest

from ccrouter.config.types import Config, Group, Member, RouterConfig, Target
from ccrouter.model.request import Request
from ccrouter.router import Decision, KnownTargets, decide
from tests.router.requests import (
    BACKGROUND,
    CLASSIFIER,
    CONFIG,
    DEFAULT,
    HAIKU,
    IMAGE,
    LONG,
    PICTURE,
    PROVIDERS,
    SEARCH,
    THINK,
    facts,
    main,
    safety_check,
    search_helper,
    user,
)

FAST = Target("group", "fast")
ALL = Target("group", "all")
GROUPS = {
    "fast": Group("in_order", (Member(DEFAULT), Member(BACKGROUND))),
    "all": Group("in_order", (Member(FAST), Member(SEARCH))),
}


def grouped(router: RouterConfig) -> Config:
    return Config(PROVIDERS, router, groups=GROUPS)


def told(request: Request, config: Config, *, tokens: int = 1_000, known: KnownTargets | None = None) -> Decision:
    return decide(request, facts(tokens), config, provider_facts=known or KnownTargets())


def test_a_route_may_be_a_group():
    decision = told(main(), grouped(RouterConfig(FAST)))
    assert (decision.scenario, decision.targets, decision.reason) == ("default", (FAST,), "an ordinary request")


def test_a_request_and_a_subagent_may_name_a_group():
    decision = told(main(model="fast"), grouped(RouterConfig(DEFAULT)))
    assert (decision.scenario, decision.targets) == ("explicit", (FAST,))
    assert decision.reason == "the client asked for group,fast"
    tagged = main(user("<CCR-SUBAGENT-MODEL>fast</CCR-SUBAGENT-MODEL>Look."))
    decision = told(tagged, grouped(RouterConfig(DEFAULT)))
    assert (decision.scenario, decision.targets) == ("subagent", (FAST,))


@pytest.mark.parametrize(
    ("windows", "target", "tokens"),
    [
        ({DEFAULT: 32_768, BACKGROUND: 16_384}, LONG, 40_000),  # fits none
        ({DEFAULT: 32_768, BACKGROUND: 16_384}, FAST, 20_000),  # fits one
        ({DEFAULT: 16_384, BACKGROUND: 65_536}, FAST, 40_000),  # fits the second
        ({DEFAULT: 32_768}, FAST, 40_000),  # the other's window is not known: it may fit
        ({}, FAST, 40_000),
    ],
)
def test_a_prompt_fits_a_group_if_it_fits_one_of_it(windows: dict[Target, int], target: Target, tokens: int):
    config = grouped(RouterConfig(FAST, long_context=LONG))
    assert told(main(), config, tokens=tokens, known=KnownTargets(windows=windows)).targets == (target,)


def test_a_longer_group_takes_what_does_not_fit():
    config = grouped(RouterConfig(BACKGROUND, long_context=ALL))
    known = KnownTargets(windows={BACKGROUND: 16_384, DEFAULT: 8_192, SEARCH: 100_000})
    decision = told(main(), config, tokens=20_000, known=known)
    assert decision.targets == (ALL,)
    assert decision.reason.endswith(f"20,000 tokens do not fit {BACKGROUND} (16,384); to Router.longContext")
    # A group with no larger model would not help.
    small = KnownTargets(windows={BACKGROUND: 16_384, DEFAULT: 8_192, SEARCH: 16_384})
    assert told(main(), config, tokens=20_000, known=small).targets == (BACKGROUND,)


@pytest.mark.parametrize(
    ("model", "searching", "scenario", "target"),
    [
        ("group,all", SEARCH, "explicit", ALL),  # a member of a member searches
        ("group,fast", SEARCH, "webSearch", SEARCH),
        ("group,fast", BACKGROUND, "explicit", FAST),
    ],
)
def test_a_group_searches_if_one_of_it_does(model: str, searching: Target, scenario: str, target: Target):
    config = grouped(RouterConfig(DEFAULT, web_search=SEARCH))
    decision = told(search_helper(model), config, known=KnownTargets(searching=frozenset({searching})))
    assert (decision.scenario, decision.targets) == (scenario, (target,))


OWN, SCENARIO, ALWAYS = (SEARCH, LONG), (CLASSIFIER, LONG, FAST), (IMAGE, CLASSIFIER)


@pytest.mark.parametrize(
    ("request_", "fallback", "targets"),
    [
        (main(), {str(DEFAULT): OWN}, (DEFAULT, *OWN)),
        (main(), {str(THINK): OWN}, (DEFAULT,)),
        (main(), {"*": ALWAYS}, (DEFAULT, *ALWAYS)),
        (
            main(),
            {"*": ALWAYS, "default": SCENARIO, str(DEFAULT): OWN},
            (DEFAULT, SEARCH, LONG, CLASSIFIER, FAST, IMAGE),
        ),
        (main(thinking="enabled"), {"default": SCENARIO, "*": ALWAYS}, (THINK, *ALWAYS)),
        (main(model=str(THINK)), {"default": SCENARIO, str(THINK): OWN}, (THINK, SEARCH, LONG, CLASSIFIER, FAST)),
        (main(model=HAIKU), {str(BACKGROUND): (BACKGROUND, DEFAULT)}, (BACKGROUND, DEFAULT)),
        (safety_check(), {"classifier": (), "default": SCENARIO, "*": ALWAYS}, (CLASSIFIER, IMAGE)),
        (main(user(PICTURE)), {"default": SCENARIO, "*": ALWAYS}, (IMAGE, *SCENARIO)),
        (main(model="group,fast"), {"group,fast": (ALL,), str(DEFAULT): OWN}, (FAST, ALL)),
    ],
)
def test_by_target_then_by_scenario_then_for_all(
    request_: Request, fallback: dict[str, tuple[Target, ...]], targets: tuple[Target, ...]
):
    assert told(request_, replace(CONFIG, fallback=fallback, groups=GROUPS)).targets == targets
