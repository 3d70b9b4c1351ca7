"""What holds of every decision: it is a pure function, it does not depend on the order of keys, explicit beats all."""

import random
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest

from ccrouter.model.json import Json, JsonObject
from ccrouter.model.request import Request
from ccrouter.router import Facts
from tests.router.configured import CHAT, GEMINI, LOCAL, PROVIDERS, REASONER, config_of, known, told
from tests.router.requests import (
    FULL_PLAN,
    HAIKU,
    PICTURE,
    classed,
    main,
    probe,
    safety_check,
    search_helper,
    title,
    user,
)

AGENT = {"x-claude-code-agent-id": "a1", "x-claude-code-agent-type": "Explore"}

EVERYTHING: JsonObject = {
    "Providers": PROVIDERS,
    "tiers": {"opus": {"target": REASONER, "effort": "high"}, "sonnet": CHAT, "haiku": LOCAL},
    "aliases": {"quick": LOCAL, "big": "group,large"},
    "groups": {"large": [GEMINI, REASONER]},
    "fallback": {"rule": [CHAT], "default": ["big"], "*": [LOCAL]},
    "Router": {
        "think": {"target": REASONER, "effort": "max", "max_tokens": 16_000},
        "longContext": GEMINI,
        "subagent": {"Explore": "quick", "*": CHAT},
        "compaction": "big",
        "image": GEMINI,
        "rules": [
            {"when": {"tier": "sonnet", "text": "test", "not": {"image": True, "effort": "max"}}, "use": LOCAL},
            {"when": {"header": {"x-a": "1", "x-b": True}, "tokens": {"min": 50, "max": 5000}}, "use": GEMINI},
        ],
    },
}

CASES: list[tuple[Request, Facts]] = [
    (main(), known()),
    (main(user("Hello.")), known()),
    (main(user("Hello.")), known(headers={"x-a": "1", "x-b": "2"})),
    (main(user("Hello."), model="claude-opus-4-8[1m]"), known()),
    (main(user("Hello."), model=HAIKU), known()),
    (main(user("Hello.", FULL_PLAN)), known()),
    (main(user("Hello.", PICTURE)), known()),
    (main(user("Hello.")), known(90_000)),
    (main(user("Hello.")), known(headers=AGENT)),
    (main(user("Hello.")), known(headers=classed("compaction"))),
    (main(model="quick"), known()),
    (main(model=REASONER), known()),
    (probe("big"), known(10)),
    (safety_check(), known()),
    (search_helper(), known()),
    (title(), known()),
    (main(user("<CCR-SUBAGENT-MODEL>big</CCR-SUBAGENT-MODEL>Look.")), known()),
]


def shuffled(value: Json, dice: random.Random) -> Json:
    """The same JSON with the keys of all its objects in another order."""
    if isinstance(value, dict):
        names = list(value)
        dice.shuffle(names)
        return {name: shuffled(value[name], dice) for name in names}
    return [shuffled(item, dice) for item in value] if isinstance(value, list) else value


def shuffled_request(request: Request, dice: random.Random) -> Request:
    extras = shuffled(dict(request.extras), dice)
    assert isinstance(extras, dict)
    return replace(request, extras=extras)


@pytest.mark.parametrize("seed", range(6))
def test_the_order_of_keys_decides_nothing(seed: int, tmp_path: Path):
    dice = random.Random(seed)
    config, other = config_of(tmp_path, EVERYTHING), shuffled(EVERYTHING, dice)
    assert isinstance(other, dict)
    others = config_of(tmp_path, other)
    for request, facts in CASES:
        headers = dict(dice.sample(list(facts.headers.items()), len(facts.headers)))
        one, two = (
            told(request, config, facts),
            told(shuffled_request(request, dice), others, replace(facts, headers=headers)),
        )
        assert replace(one, request=request) == replace(two, request=request), request


def test_the_same_question_has_the_same_answer_and_nothing_is_changed(tmp_path: Path):
    config = config_of(tmp_path, EVERYTHING)
    before = deepcopy([request for request, _ in CASES])
    first = [told(request, config, facts) for request, facts in CASES]
    again = [told(request, config, facts) for request, facts in reversed(CASES)]
    assert first == again[::-1]
    assert [request for request, _ in CASES] == before
    assert {decision.scenario for decision in first} >= {
        "default", "background", "think", "longContext", "image", "subagent", "compaction", "rule", "explicit",
        "classifier",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["quick", "Quick[1m]", "anthropic/quick", LOCAL])
def test_explicit_beats_everything(name: str, tmp_path: Path):
    config = config_of(tmp_path, EVERYTHING)
    for request, facts in CASES:
        decision = told(replace(request, model=name), config, facts)
        assert (decision.scenario, str(decision.targets[0])) == ("explicit", LOCAL)
