"""Every routing rule with its reason, on requests as Claude Code sends them."""

from dataclasses import replace

import pytest

from ccrouter.config.types import Config, RouterConfig, Target
from ccrouter.errors import RequestError
from ccrouter.model.request import Request
from ccrouter.router import Decision, Facts, KnownTargets, ProviderFacts, decide
from ccrouter.router.classification import IN_ALL_PLAN_MARKS, PLAN_ACTIVE, PLAN_EXITED
from tests.router.requests import (
    ALL_ROUTES,
    CONFIG,
    DEFAULT,
    HAIKU,
    LONG,
    ONLY_DEFAULT,
    PICTURE,
    PROVIDERS,
    THINK,
    facts,
    main,
    never_counted,
    safety_check,
    search_helper,
    user,
)
from tests.router.table import REASONER, ROWS, Row


def route(
    request: Request,
    known: Facts | None = None,
    router: RouterConfig = ALL_ROUTES,
    providers: ProviderFacts | None = None,
) -> Decision:
    config = Config(PROVIDERS, router)
    return decide(request, known or facts(), config, provider_facts=providers or KnownTargets())


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_rule(row: Row):
    decision = route(row.request, row.facts, row.router, row.providers)
    assert (decision.scenario, decision.targets[0], decision.reason) == (row.scenario, row.target, row.reason)
    assert decision.request is row.request


def test_an_ambiguous_name_is_said():
    config = Config((*PROVIDERS, replace(PROVIDERS[0], name="anthropic", models=("claude-sonnet-4",))), ONLY_DEFAULT)
    request = main(model="anthropic/claude-sonnet-4")
    decision = decide(request, facts(), config, provider_facts=KnownTargets())
    assert decision.scenario == "default"
    assert decision.reason == (
        "anthropic/claude-sonnet-4 can mean anthropic,claude-sonnet-4 or openrouter,anthropic/claude-sonnet-4; "
        "write it with a comma, so Router.default"
    )


def test_one_search_tells_that_plan_mode_is_not_spoken_of():
    assert all(IN_ALL_PLAN_MARKS in mark for mark in (*PLAN_ACTIVE, PLAN_EXITED))


def test_all_rules_before_the_choice_say_why_not():
    decision = route(main())
    assert [rule for rule, _ in decision.considered] == [
        "explicit", "classifier", "rules", "compaction", "longContext", "subagent tag", "webSearch", "background",
        "image", "subagent", "think",
    ]  # fmt: skip
    assert dict(decision.considered)["longContext"] == "4,000 bytes are not more than 60,000 tokens"
    assert route(main(model=REASONER)).considered == ()


def test_no_default_is_a_client_error_not_a_crash():
    with pytest.raises(RequestError, match=r"Router\.default is not configured") as caught:
        route(main(), router=RouterConfig())
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("scenario_request", "key", "fallback"),
    [
        (main(), "default", LONG),
        (main(thinking="enabled"), "think", LONG),
        (main(model=HAIKU), "background", LONG),
        (search_helper(), "webSearch", LONG),
        (main(model=REASONER), "default", LONG),  # CCR: explicit requests have default's
        (main(user(PICTURE)), "default", LONG),
        (main(user(PICTURE)), "image", LONG),
        (safety_check(), "default", LONG),
        (safety_check(), "classifier", LONG),
    ],
)
def test_fallbacks_follow_the_first_choice(scenario_request: Request, key: str, fallback: Target):
    plain = decide(scenario_request, facts(), CONFIG, provider_facts=KnownTargets()).targets
    assert len(plain) == 1
    config = replace(CONFIG, fallback={key: (fallback, plain[0], fallback)})
    assert decide(scenario_request, facts(), config, provider_facts=KnownTargets()).targets == (*plain, fallback)


def test_a_missing_fallback_list_is_not_replaced_by_defaults():
    config = replace(CONFIG, fallback={"default": (LONG,)})
    assert decide(main(thinking="enabled"), facts(), config, provider_facts=KnownTargets()).targets == (THINK,)


@pytest.mark.parametrize(
    ("known", "router", "providers"),
    [
        pytest.param(Facts({}, never_counted, 120_001), ALL_ROUTES, KnownTargets(), id="bytes decide"),
        pytest.param(Facts({}, never_counted, 40_001, 70_000), ALL_ROUTES, KnownTargets(), id="after a long prompt"),
        pytest.param(Facts({}, never_counted, 4_000_000), ONLY_DEFAULT, KnownTargets(), id="no longContext route"),
        pytest.param(
            Facts({}, never_counted, 60_000), ALL_ROUTES, KnownTargets(windows={DEFAULT: 32_768}), id="window"
        ),
        pytest.param(
            Facts({}, never_counted, 4_000_000),
            ONLY_DEFAULT,
            KnownTargets(windows={DEFAULT: 32_768}),
            id="window, but no longContext route",
        ),
    ],
)
def test_not_counted_where_it_cannot_matter(known: Facts, router: RouterConfig, providers: KnownTargets):
    assert route(main(), known, router, providers).tokens is None


def test_images_without_bytes_are_part_of_the_bound():
    request = main(*(user(PICTURE) for _ in range(40)))
    assert route(request, facts(62_000, body_bytes=20_000)).scenario == "longContext"


def test_counted_once():
    asked: list[int] = []

    def tokens() -> int:
        asked.append(1)
        return 50_000

    providers = KnownTargets(windows={DEFAULT: 40_000})
    decision = route(main(), Facts({}, tokens, 200_000, 70_000), replace(ALL_ROUTES, think=None), providers)
    assert decision.tokens == 50_000
    assert asked == [1]


def test_a_window_is_measured_as_the_target_counts_and_the_threshold_as_we_do():
    window = KnownTargets(windows={DEFAULT: 100_000})

    def known(tokens: int, own: int) -> Facts:
        return replace(facts(tokens), tokens_at=lambda target: own if target == DEFAULT else tokens)

    router = replace(ALL_ROUTES, think=None, long_context_threshold=150_000)
    assert route(main(), known(90_000, 104_000), router, window).scenario == "longContext"
    assert "104,000 tokens do not fit" in route(main(), known(90_000, 104_000), router, window).reason
    assert route(main(), known(104_000, 90_000), router, window).scenario == "default"
    assert route(main(), known(149_000, 160_000), router).scenario == "default"
    assert route(main(), known(151_000, 140_000), router).scenario == "longContext"
