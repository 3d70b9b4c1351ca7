"""The orders of a group's members. Clock, dice and measurements are given."""

import random
from collections import Counter
from dataclasses import replace

import pytest

from ccrouter.config.types import STRATEGIES, Strategy, Target
from ccrouter.upstream.strategies import (
    EXPLORATION,
    FORGET_SECONDS,
    ORDERS,
    Circumstances,
    Measured,
    smoothed,
)

A, B, C = Target("p", "a"), Target("p", "b"), Target("q", "c")
MEMBERS = (A, B, C)
NOW = 1_000_000.0
GIVEN = Circumstances(NOW, 0, random.Random(7))


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("members", [(), (A,), MEMBERS])
def test_every_member_once(strategy: Strategy, members: tuple[Target, ...]) -> None:
    for turn in range(20):
        assert sorted(ORDERS[strategy](members, replace(GIVEN, turn=turn)), key=str) == sorted(members, key=str)


def test_in_order() -> None:
    assert ORDERS["in_order"](MEMBERS, GIVEN) == MEMBERS


def test_round_robin() -> None:
    first = [ORDERS["round_robin"](MEMBERS, replace(GIVEN, turn=turn))[0] for turn in range(6)]
    assert first == [A, B, C, A, B, C]


def test_weights_are_kept_and_none_comes_last() -> None:
    given = replace(GIVEN, weights={A: 3.0, B: 1.0, C: 0.0})
    orders = [ORDERS["weighted"](MEMBERS, given) for _ in range(4000)]
    first = Counter(order[0] for order in orders)
    assert 0.70 < first[A] / 4000 < 0.80
    assert {order[2] for order in orders} == {C}


def test_least_busy() -> None:
    given = replace(GIVEN, measured={A: Measured(2), B: Measured(1)})
    assert ORDERS["least_busy"](MEMBERS, given) == (C, B, A)


def test_latency_prefers_the_quick_tries_the_unknown_and_forgets() -> None:
    quick, slow = Measured(0, 0.2, NOW), Measured(0, 2.0, NOW)
    measured = {A: slow, B: quick, C: replace(quick, first_token=1.0)}
    first = Counter(ORDERS["latency"](MEMBERS, replace(GIVEN, measured=measured))[0] for _ in range(4000))
    assert abs(first[B] / 4000 - (1 - EXPLORATION)) < 0.03
    assert first[A] > 0
    assert first[C] > 0
    never_explores = random.Random(7)
    never_explores.random = lambda: 1.0  # type: ignore[method-assign]
    given = replace(GIVEN, measured={A: slow, B: quick}, dice=never_explores)
    assert ORDERS["latency"](MEMBERS, given) == (C, B, A)
    old = replace(quick, measured_at=NOW - FORGET_SECONDS - 1)
    given = replace(given, measured={A: slow, B: quick, C: old})
    assert ORDERS["latency"](MEMBERS, given)[0] == C


def test_the_average_moves_and_what_is_old_is_forgotten() -> None:
    assert smoothed(None, 0.0, 1.0, NOW) == 1.0
    assert smoothed(1.0, NOW, 2.0, NOW + 1) == pytest.approx(1.3)
    assert smoothed(1.3, NOW, 9.0, NOW + 1 + FORGET_SECONDS) == 9.0
