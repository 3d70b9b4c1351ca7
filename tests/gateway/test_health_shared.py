"""Several workers' healths know the same: what one finds out, the others go by at their very next look."""

import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

if sys.platform == "win32":
    pytest.skip("several workers need Linux or macOS", allow_module_level=True)

from ccrouter.config.types import Target
from ccrouter.errors import ErrorDetail
from ccrouter.gateway.health import Health
from ccrouter.gateway.sessions import SessionUsage
from ccrouter.model.events import Usage
from ccrouter.pipeline.learned import Learned
from ccrouter.sharing.board import Board, new_board_file
from ccrouter.sharing.room import Room
from ccrouter.tokens.counter import PromptTokens
from ccrouter.upstream.strategies import least_busy, round_robin

TARGET = Target("p", "m")
KEYS = ("k1", "k2")
LIMITED = ErrorDetail("rate_limit_error", "slow down", 429, retry_after=30.0)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def memory() -> Iterator[int]:
    descriptor = new_board_file()
    yield descriptor
    os.close(descriptor)


def health(memory: int, clock: Clock, path: Path | None = None) -> Health:
    return Health(path, clock, Room(Board(memory), "main"))


async def test_a_key_that_rests_in_one_rests_in_the_other(memory: int) -> None:
    clock = Clock()
    one, other = health(memory, clock), health(memory, clock)
    one.failed(TARGET, "k1", LIMITED, 300.0)
    assert other.keys(TARGET, KEYS, None) == ("k2",)
    assert other.ready_at(TARGET, ("k1",)) == clock.now + 30
    rest = other.rest_of(TARGET, ("k1",))
    assert rest is not None
    assert (rest.status, rest.reason, rest.failures) == (429, "slow down", 1)
    assert list(other.states().rests.values()) == list(one.states().rests.values())


async def test_a_long_reason_is_cut_for_the_others(memory: int) -> None:
    clock = Clock()
    one, other = health(memory, clock), health(memory, clock)
    one.failed(TARGET, "k1", ErrorDetail("rate_limit_error", "慢" * 200, 429), 300.0)
    assert other.keys(TARGET, KEYS, None) == ("k2",)


async def test_failures_in_a_row_are_counted_over_both(memory: int) -> None:
    clock = Clock()
    one, other = health(memory, clock), health(memory, clock)
    detail = ErrorDetail("rate_limit_error", "slow down", 429)
    one.failed(TARGET, "k1", detail, 300.0)
    clock.now += 60
    other.failed(TARGET, "k1", detail, 300.0)
    (rest,) = one.states().rests.values()
    assert (rest.failures, rest.until - rest.since) == (2, 10.0)


async def test_only_one_probe_goes_first(memory: int) -> None:
    clock = Clock()
    one, other = health(memory, clock), health(memory, clock)
    one.failed(TARGET, "k1", LIMITED, 300.0)
    clock.now += 31
    assert one.begin(TARGET, "k1")
    assert other.keys(TARGET, ("k1",), None) == ()
    one.succeeded(TARGET, "k1", clock.now)
    assert other.keys(TARGET, ("k1",), None) == ("k1",)


async def test_the_probe_of_a_dead_worker_holds_nobody_up(memory: int) -> None:
    clock = Clock()
    one, other = health(memory, clock), health(memory, clock)
    one.failed(TARGET, "k1", LIMITED, 300.0)
    clock.now += 31
    one.begin(TARGET, "k1")
    assert other.keys(TARGET, ("k1",), None) == ()
    Board(memory).forget(os.getpid())
    assert other.keys(TARGET, ("k1",), None) == ("k1",)


async def test_who_waits_for_a_rest_hears_that_it_ended_elsewhere(memory: int) -> None:
    clock = Clock()
    one, other = health(memory, clock), health(memory, clock)
    one.failed(TARGET, "k1", LIMITED, 300.0)
    other.states()
    freed = other._freed
    one.succeeded(TARGET, "k1", clock.now)
    other.states()
    assert freed.is_set()


async def test_clearing_reaches_all(memory: int) -> None:
    clock = Clock()
    one, other = health(memory, clock), health(memory, clock)
    one.failed(TARGET, "k1", LIMITED, 300.0)
    one.failed(Target("q", "m"), "k1", LIMITED, 300.0)
    assert other.clear("p") == 1
    assert [place.provider for place in one.states().rests] == ["q"]
    assert other.clear() == 1
    assert one.states().rests == {}


async def test_both_learn_and_nothing_is_lost(memory: int) -> None:
    clock = Clock()
    one, other = health(memory, clock), health(memory, clock)
    one.learn(TARGET, Learned(max_tokens_cap=8192, dropped=frozenset({"top_k"})))
    other.learn(TARGET, Learned(max_tokens_cap=4096, renamed={"max_tokens": "max_completion_tokens"}))
    both = Learned(4096, frozenset({"top_k"}), {"max_tokens": "max_completion_tokens"})
    assert one.learned(TARGET) == other.learned(TARGET) == both


async def test_token_counts_are_corrected_by_what_either_has_seen(memory: int) -> None:
    clock = Clock()
    one, other = health(memory, clock), health(memory, clock)
    for _ in range(4):
        one.calibrations.learn(TARGET, PromptTokens(messages=1000), 1300)
    other.states()
    assert other.calibrations.of(TARGET).answers == 4
    assert other.calibrations.of(TARGET).factors == pytest.approx(one.calibrations.of(TARGET).factors, abs=1e-6)


async def test_turns_go_round_over_both(memory: int) -> None:
    clock = Clock()
    workers = [health(memory, clock), health(memory, clock)]
    members = [Target("a", "m"), Target("b", "m"), Target("c", "m")]
    weights = dict.fromkeys(members, 1.0)
    first = [round_robin(members, workers[turn % 2].circumstances("g", weights))[0] for turn in range(6)]
    assert first == [*members, *members]
    looked = workers[0].circumstances("g", weights, keep_turn=True).turn
    assert looked == workers[1].circumstances("g", weights, keep_turn=True).turn == 6


async def test_requests_under_way_elsewhere_make_a_member_busy(memory: int) -> None:
    clock = Clock()
    one, other = health(memory, clock), health(memory, clock)
    a, b = Target("a", "m"), Target("b", "m")
    weights = {a: 1.0, b: 1.0}
    one.circumstances("g", weights)
    one.begin(a, None)
    assert least_busy([a, b], other.circumstances("g", weights)) == (b, a)
    other.begin(b, None)
    other.begin(b, None)
    assert least_busy([a, b], one.circumstances("g", weights)) == (a, b)
    Board(memory).forget(os.getpid())  # both are this process
    assert least_busy([b, a], Health(room=Room(Board(memory), "main")).circumstances("g", weights)) == (b, a)


async def test_first_tokens_measured_elsewhere_count(memory: int) -> None:
    clock = Clock()
    one, other = health(memory, clock), health(memory, clock)
    one.circumstances("g", {TARGET: 1.0})
    one.begin(TARGET, None)
    one.end(TARGET, 0.75)
    other.dice = random.Random(1)
    known = other.circumstances("g", {TARGET: 1.0}).measured[TARGET]
    assert (known.first_token, known.measured_at, known.open_requests) == (0.75, clock.now, 0)


async def test_the_file_is_read_by_the_first_alone(memory: int, tmp_path: Path) -> None:
    clock = Clock()
    path = tmp_path / "state.json"
    before = Health(path, clock)
    before.failed(TARGET, "k1", LIMITED, 300.0)
    before.learn(TARGET, Learned(max_tokens_cap=10))
    before.save()
    one = health(memory, clock, path)
    one.succeeded(TARGET, "k1", clock.now)
    late = health(memory, clock, path)
    assert late.states().rests == {}, "the file is older than what the first worker knows"
    assert late.learned(TARGET).max_tokens_cap == 10


async def test_what_one_saves_holds_what_the_other_found_out(memory: int, tmp_path: Path) -> None:
    clock = Clock()
    path = tmp_path / "state.json"
    one, other = health(memory, clock, path), health(memory, clock, path)
    one.failed(TARGET, "k1", LIMITED, 300.0)
    one.learn(TARGET, Learned(max_tokens_cap=10))
    other.failed(TARGET, "k2", LIMITED, 300.0)
    other.save()
    kept = orjson.loads(path.read_bytes())
    assert len(kept["keys"]) == 2
    assert kept["learned"]["p,m"]["max_tokens_cap"] == 10
    one.save()


def test_a_conversation_is_remembered_wherever_it_goes(memory: int) -> None:
    one, other = (SessionUsage(limit=2, room=Room(Board(memory), "main")) for _ in range(2))
    one.remember(("s1", None), Usage(input=10, cache_read=5), TARGET)
    one.remember(("s1", "agent"), Usage(input=7))
    assert (other.last_input(("s1", None)), other.last_target(("s1", None))) == (15, TARGET)
    assert (other.last_input(("s1", "agent")), other.last_target(("s1", "agent"))) == (7, None)
    other.remember(("s2", None), Usage(input=3), TARGET)
    assert one.last_input(("s1", None)) is None, "the oldest is forgotten by all"
    assert one.last_input(("s2", None)) == 3


def test_parts_of_the_program_do_not_mix(memory: int) -> None:
    clock = Clock()
    main = health(memory, clock)
    preset = Health(None, clock, Room(Board(memory), "preset a"))
    main._room.put("learned", ("p", "m"), {"max_tokens_cap": 5, "dropped": [], "renamed": {}})
    assert preset.learned(TARGET).max_tokens_cap is None
