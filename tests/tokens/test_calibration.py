"""What a provider's usage teaches: quickly, never too much, and kept over a restart."""

import random
from dataclasses import replace

import orjson
import pytest

from ccrouter.model.json import Json
from ccrouter.tokens.calibration import (
    BOUNDS,
    LEAST_TOKENS,
    SAMPLE,
    UNKNOWN,
    YOUNG,
    Calibration,
    from_json,
    learned,
    passed,
    to_json,
)
from ccrouter.tokens.counter import PromptTokens


def text(tokens: int) -> PromptTokens:
    return PromptTokens(messages=tokens)


def off(calibration: Calibration, prompt: PromptTokens, true: float) -> float:
    """How far the calibrated count is from the truth, as a share of it."""
    return abs(calibration.tokens(prompt) - true) / true


def test_nothing_learned_is_our_own_count():
    prompt = PromptTokens(system=1000, messages=200, tools=3000, media=1600)
    assert (prompt.text, prompt.total) == (4200, 5800)
    assert UNKNOWN.tokens(prompt) == 5800
    assert UNKNOWN.tokens(PromptTokens()) == 0
    assert UNKNOWN.scaled(77) == 77


@pytest.mark.parametrize("factor", [0.65, 0.8, 0.95, 1.0, 1.1, 1.35, 1.6])
@pytest.mark.parametrize("overhead", [0, 350])
@pytest.mark.parametrize("size", [12_000, 20_000, 150_000])
def test_one_answer_is_enough_for_a_text(factor: float, overhead: int, size: int):
    known = learned(UNKNOWN, text(size), round(size * factor + overhead))
    for grown in (1.0, 1.1, 1.5, 3.0):
        assert off(known, text(round(size * grown)), size * grown * factor + overhead) < 0.05


def test_a_short_prompt_teaches_the_overhead_and_a_long_one_the_factor():
    short = learned(UNKNOWN, text(200), 200 + 350)
    assert short.factors[2] > 250
    assert off(short, text(20_000), 20_350) < 0.05
    long = learned(UNKNOWN, text(20_000), 24_350)
    assert long.factors[0] == pytest.approx(1.2, abs=0.02)
    assert long.factors[2] < 50


def test_images_do_not_spoil_the_texts_and_have_their_own_factor():
    mixed = PromptTokens(messages=20_000, media=1_300)
    known = learned(UNKNOWN, text(20_000), 22_000)
    known = learned(known, mixed, 22_000 + 25_000)  # gpt-4o-mini's pictures
    assert off(known, text(20_000), 22_000) < 0.05
    assert off(known, mixed, 47_000) < 0.05
    dropped = learned(learned(UNKNOWN, text(20_000), 22_000), mixed, 22_000)  # a text model gets none of it
    assert off(dropped, mixed, 22_000) < 0.02
    assert off(dropped, PromptTokens(messages=20_000, media=2_600), 22_000) < 0.05


def test_a_first_answer_with_images_is_right_for_the_same_mix():
    mixed = PromptTokens(messages=3_000, media=4_800)
    known = learned(UNKNOWN, mixed, 3_300 + 1_200)
    assert off(known, mixed, 4_500) < 0.05


@pytest.mark.parametrize("true", [0, 1, LEAST_TOKENS - 1, 3_000, 7_900, 70_000, 10**9, -5])
def test_nonsense_teaches_nothing(true: int):
    # Zeros, the uncached rest alone (Anthropic's input_tokens), the sum of many rounds.
    known = learned(UNKNOWN, text(20_000), 22_000)
    after = learned(known, text(20_000), true)
    assert after.factors == known.factors
    assert (after.answers, after.seen) == (1, 2)


def test_tiny_prompts_teach_nothing():
    assert learned(UNKNOWN, text(5), 400).factors == UNKNOWN.factors
    assert learned(UNKNOWN, PromptTokens(), 400).answers == 0


def test_one_odd_usage_moves_little_and_many_are_believed():
    known = UNKNOWN
    for _ in range(10):
        known = learned(known, text(20_000), 22_000)
    once = learned(known, text(20_000), 40_000)
    assert off(once, text(20_000), 22_000) < 0.08
    for _ in range(4):
        once = learned(once, text(20_000), 22_000)
    assert off(once, text(20_000), 22_000) < 0.02
    another = known  # a model was exchanged behind its name
    for _ in range(25):
        another = learned(another, text(20_000), 30_000)
    assert off(another, text(20_000), 30_000) < 0.02


def test_it_stays_within_its_bounds_whatever_comes():
    rng = random.Random(20261130)
    print("seed 20261130")
    for _ in range(50):
        known = UNKNOWN
        for _ in range(60):
            prompt = PromptTokens(rng.randrange(3_000), rng.randrange(200_000), rng.randrange(20_000))
            prompt = replace(prompt, media=rng.choice((0, 0, 1_600, 40_000)))
            known = learned(
                known, prompt, rng.choice((rng.randrange(10**6), round(prompt.total * rng.uniform(0.3, 4))))
            )
            assert all(low <= factor <= high for factor, (low, high) in zip(known.factors, BOUNDS, strict=True))
            assert all(known.spread[at][at] > 0 for at in range(3))
            assert 0 < known.tokens(text(10_000)) < 40_000


def test_a_prompt_is_counted_for_it_at_first_and_then_now_and_then():
    known, counted = UNKNOWN, 0
    for _ in range(YOUNG + 4 * SAMPLE):
        wanted = known.wants_count
        counted += wanted
        known = learned(known, text(9_000), 9_500) if wanted else passed(known)
    assert YOUNG + 3 <= counted <= YOUNG + 4


def test_kept_as_json():
    known = learned(learned(UNKNOWN, text(20_000), 22_000), PromptTokens(messages=900, media=1_600), 1_500)
    again = from_json(orjson.loads(orjson.dumps(to_json(known))))
    assert again.tokens(text(50_000)) == known.tokens(text(50_000))
    assert again.answers == known.answers
    after, before = learned(again, text(7_000), 7_500), learned(known, text(7_000), 7_500)
    assert after.factors == pytest.approx(before.factors, rel=1e-4)


GOOD = to_json(learned(UNKNOWN, text(20_000), 22_000))


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        [],
        {},
        {**GOOD, "factors": [1.0, 1.0]},
        {**GOOD, "factors": [1.0, None, 0.0]},
        {**GOOD, "factors": [1.0, float("nan"), 0.0]},
        {**GOOD, "spread": [[1.0, 0.0, 0.0]]},
        {**GOOD, "spread": [[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]},
        {**GOOD, "answers": 0},
        {**GOOD, "answers": "many"},
    ],
)
def test_a_damaged_one_is_forgotten(value: Json):
    assert from_json(value) == UNKNOWN


def test_one_from_disk_is_within_the_bounds_too():
    assert from_json({**GOOD, "factors": [900.0, -4.0, 1e9]}).factors == (3.0, 0.0, 6_000.0)
