"""The curves: what is sent, and what is fitted."""

import orjson
import pytest

from bench.growth import Panel, open_streams, rows, series
from bench.load import Reply, check
from bench.memory import BATCH, batch, growth, settled
from bench.scenarios import sized_conversation


def test_a_conversation_has_the_size_and_only_its_end_is_new():
    scenario = sized_conversation(50_000, unseen=False)
    assert 195_000 <= len(scenario.body) <= 205_000
    first, second = (orjson.loads(scenario.numbered(number))["messages"] for number in (1, 2))
    assert first[:-1] == second[:-1]
    assert first[-1] != second[-1]
    assert [message["role"] for message in first[-2:]] == ["assistant", "user"]
    check("upstream", scenario.answer, Reply(200, b"".join(scenario.answer.parts), 0.0, 0.0))


def test_of_an_unseen_one_no_message_was_there_before():
    scenario = sized_conversation(10_000, unseen=True)
    first, second = (orjson.loads(scenario.numbered(number))["messages"] for number in (1, 2))
    assert all(one["content"] != other["content"] for one, other in zip(first, second, strict=True))


def test_all_streams_are_open_at_once():
    scenario = open_streams(250)
    assert (scenario.requests, scenario.in_flight) == (250, 250)


def test_the_line_goes_through_the_points():
    fitted = series((1.0, 2.0, 4.0), (5.0, 7.0, 11.0))
    assert (fitted.line.slope, fitted.line.intercept) == pytest.approx((2.0, 3.0))
    assert fitted.line.fit == pytest.approx(1.0)
    assert series((1.0, 2.0), (5.0, 5.0)).line.fit == 1.0
    assert series((1.0, 2.0, 3.0), (1.0, 3.0, 1.0)).line.fit == pytest.approx(0.0)


def test_the_table_ends_with_the_line():
    table = rows(Panel("t", "streams", "ms", {"one": series((1, 2), (3, 5))}))
    assert table[:2] == [["1", "3.00"], ["2", "5.00"]]
    assert table[2:] == [["slope, ms for each stream", "2.0000"], ["at 0, ms", "1.00"], ["r²", "1.000"]]


def test_memory_counts_after_the_warm_up():
    rising_at_first = [40.0, 60.0, *[70.0] * 8]
    assert growth(settled(rising_at_first)) == pytest.approx(0.0)
    leaking = [50.0 + number for number in range(10)]
    assert growth(settled(leaking)) == pytest.approx(7.0)


def test_a_batch_of_the_mixture_is_a_thousand_requests():
    assert BATCH == 1000
    assert [(scenario.name, scenario.in_flight, count) for scenario, count in batch()] == [
        ("small-32", 32, 970),
        ("first-turn", 24, 24),
        ("long-200k", 6, 6),
    ]
