"""Never more than the limit within any minute, and never a wait that is longer than needed. The clock is given."""

import random

import pytest

from ccrouter.upstream.rate_window import Window, given_back, taken, wait_for

NOW = 1000.0


def after(limit: int, *entries: tuple[float, int]) -> Window:
    window = Window(limit)
    for when, amount in entries:
        window = taken(window, amount, NOW + when)
    return window


@pytest.mark.parametrize(
    ("window", "amount", "at", "seconds"),
    [
        (after(3), 1, 0, 0),
        (after(3, (0, 1), (1, 1)), 1, 2, 0),
        (after(3, (0, 1), (1, 1), (2, 1)), 1, 2, 58),  # until the first is a minute old
        (after(3, (0, 1), (1, 1), (2, 1)), 2, 2, 59),  # until the second is, too
        (after(3, (0, 1), (1, 1), (2, 1)), 1, 59.5, 0.5),
        (after(3, (0, 1), (1, 1), (2, 1)), 1, 60, 0),
        (after(3, (0, 1), (1, 1), (2, 1)), 3, 61.5, 0.5),
        (after(100, (0, 60), (10, 30)), 10, 11, 0),
        (after(100, (0, 60), (10, 30)), 11, 11, 49),
        (after(100, (0, 60), (10, 30)), 90, 11, 59),
        (after(100), 5000, 0, 0),  # larger than the limit: alone
        (after(100, (0, 1)), 5000, 20, 40),
        (after(100, (0, 5000)), 1, 20, 40),
        (after(100, (0, 5000)), 0, 20, 40),
    ],
)
def test_how_long_to_wait(window: Window, amount: int, at: float, seconds: float) -> None:
    assert wait_for(window, amount, NOW + at) == seconds


def test_what_is_taken_within_one_second_leaves_together() -> None:
    window = after(2, (0.25, 1), (0.75, 1))
    assert len(window.entries) == 1
    assert wait_for(window, 1, NOW + 1) == 59.75


def test_a_window_stays_small() -> None:
    window = Window(10_000_000)
    for step in range(20_000):
        window = taken(window, 1, NOW + step / 100)
    assert len(window.entries) <= 61
    assert sum(much for _, much in window.entries) in range(6000, 6101)


def test_what_was_not_used_is_given_back_latest_first() -> None:
    window = after(10, (0, 4), (5, 4), (9, 2))
    assert wait_for(window, 1, NOW + 10) == 50
    back = given_back(window, 3)
    assert [much for _, much in back.entries] == [4, 3]
    assert wait_for(back, 3, NOW + 10) == 0
    assert given_back(window, 100).entries == ()
    assert given_back(Window(1), 1) == Window(1)


def test_nothing_is_nothing() -> None:
    assert taken(Window(1), 0, NOW) == Window(1)


@pytest.mark.parametrize("seed", range(20))
def test_no_minute_holds_more_than_the_limit(seed: int) -> None:
    dice = random.Random(seed)
    limit = dice.choice([1, 2, 7, 100])
    window, now, sent = Window(limit), NOW, list[tuple[float, int]]()
    for _ in range(200):
        amount = dice.randrange(1, limit + 1)
        now += wait_for(window, amount, now) + dice.choice([0.0, 0.0, dice.random(), dice.random() * 30])
        assert wait_for(window, amount, now) < 1e-6, f"seed {seed}"  # whoever waited as told may go
        window = taken(window, amount, now)
        sent.append((now, amount))
    for end, _ in sent:
        # A hair is left for what floating point makes of a minute.
        assert sum(amount for when, amount in sent if 0 <= end - when < 60 - 1e-6) <= limit, f"seed {seed}"
