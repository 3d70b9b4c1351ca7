"""Keys rest when they should, as long as they should, and no longer. The clock is given."""

import pytest

from ccrouter.errors import ErrorDetail
from ccrouter.upstream.cooldown import (
    ANSWER_SECONDS,
    CAP_SECONDS,
    NOTHING_RESTS,
    PROBE_SECONDS,
    KeyStates,
    Place,
    availability,
    cleared,
    failed,
    fingerprint,
    order,
    probing,
    pruned,
    ready_at,
    succeeded,
)

NOW = 1_000_000.0
A, B = "key-a", "key-b"


def detail(status: int, retry_after: float | None = None, code: str | None = None) -> ErrorDetail:
    return ErrorDetail("x", "slow down", status, code, retry_after)


def after(status: int, *, at: float = NOW, states: KeyStates = NOTHING_RESTS, **more: float | str | None) -> KeyStates:
    return failed(states, "p", A, "m", detail=detail(status, **more), now=at)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("status", [400, 404, 408, 413, 422, 500, 502, 503, 504, 529])
def test_what_is_not_the_keys_fault_rests_nothing(status: int) -> None:
    assert after(status) == NOTHING_RESTS


def test_a_limit_rests_the_key_for_that_model_only() -> None:
    states = after(429, retry_after=30.0)
    assert availability(states, "p", A, "m", NOW + 29) == "resting"
    assert availability(states, "p", A, "other", NOW) == "ready"
    assert availability(states, "p", B, "m", NOW) == "ready"
    assert availability(states, "q", A, "m", NOW) == "ready"


@pytest.mark.parametrize(("status", "code"), [(401, None), (402, None), (403, None), (429, "insufficient_quota")])
def test_authentication_and_billing_rest_the_whole_key(status: int, code: str | None) -> None:
    states = after(status, code=code)
    assert availability(states, "p", A, "other", NOW) == "resting"
    assert availability(states, "p", A, "other", NOW + CAP_SECONDS) == "probe"


@pytest.mark.parametrize(
    ("asked", "rests"), [(30.0, 30.0), (0.01, 1.0), (156 * 3600.0, CAP_SECONDS), (18 * 86400.0, CAP_SECONDS)]
)
def test_waits_are_believed_up_to_the_cap(asked: float, rests: float) -> None:
    states = after(429, retry_after=asked)
    assert availability(states, "p", A, "m", NOW + rests - 0.001) == "resting"
    assert availability(states, "p", A, "m", NOW + rests) == "probe"


def test_without_a_time_rests_double_up_to_the_cap() -> None:
    states, waits, now = NOTHING_RESTS, list[float](), NOW
    for _ in range(9):
        states = after(429, states=states, at=now)
        until = states.rests[Place("p", A, "m")].until
        waits.append(until - now)
        now = until
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300, 300]


def test_requests_that_are_limited_together_are_one_failure() -> None:
    states = NOTHING_RESTS
    for number in range(64):
        states = after(429, states=states, at=NOW + number / 100)
    assert states.rests[Place("p", A, "m")].until == NOW + 5
    assert after(429, states=states, at=NOW + 5).rests[Place("p", A, "m")].until == NOW + 15
    assert after(429, states=states, at=NOW + 1, retry_after=30.0).rests[Place("p", A, "m")].until == NOW + 31


def test_a_success_that_began_before_the_rest_ends_nothing() -> None:
    states = after(429)
    assert succeeded(states, "p", A, "m", begun=NOW - 1) == states
    assert succeeded(states, "p", A, "m", begun=NOW) == NOTHING_RESTS


def test_while_a_probe_is_under_way_the_key_may_be_back_soon() -> None:
    states = probing(after(429, retry_after=10.0), "p", A, "m", NOW + 11)
    assert ready_at(states, "p", (A,), "m", NOW + 12) == NOW + 12 + ANSWER_SECONDS
    assert ready_at(states, "p", (A,), "m", NOW + 10 + PROBE_SECONDS) == NOW + 11 + PROBE_SECONDS
    assert ready_at(states, "p", (A,), "m", NOW + 11 + PROBE_SECONDS) is None


def test_one_probe_goes_first_and_its_success_ends_the_rest() -> None:
    states = after(429, retry_after=10.0)
    later = NOW + 11
    assert availability(states, "p", A, "m", later) == "probe"
    states = probing(states, "p", A, "m", later)
    assert availability(states, "p", A, "m", later + 1) == "resting"
    assert succeeded(states, "p", A, "m", begun=later) == NOTHING_RESTS


def test_a_probe_that_fails_rests_it_longer_and_one_that_is_lost_lets_the_next_try() -> None:
    states = probing(after(429, retry_after=10.0), "p", A, "m", NOW + 11)
    again = failed(states, "p", A, "m", detail=detail(429), now=NOW + 12)
    assert availability(again, "p", A, "m", NOW + 12 + 9) == "resting"
    assert availability(again, "p", A, "m", NOW + 12 + 10) == "probe"
    assert availability(states, "p", A, "m", NOW + 11 + PROBE_SECONDS) == "probe"


def test_a_probe_that_fails_for_another_reason_proves_nothing() -> None:
    states = probing(after(429, retry_after=10.0), "p", A, "m", NOW + 11)
    assert availability(failed(states, "p", A, "m", detail=detail(500), now=NOW + 12), "p", A, "m", NOW + 12) == "probe"


def test_a_success_clears_the_key_and_this_model_alone() -> None:
    states = failed(after(429), "p", A, "other", detail=detail(429), now=NOW)
    assert set(succeeded(states, "p", A, "m", begun=NOW).rests) == {Place("p", A, "other")}
    assert succeeded(NOTHING_RESTS, "p", A, "m", begun=NOW) is NOTHING_RESTS


def test_the_sessions_own_key_comes_first_and_resting_ones_not_at_all() -> None:
    keys = ("a", "b", "c")
    assert order(NOTHING_RESTS, "p", keys, "m", now=NOW, first=1) == ("b", "c", "a")
    states = failed(NOTHING_RESTS, "p", "b", "m", detail=detail(429, 10.0), now=NOW)
    assert order(states, "p", keys, "m", now=NOW, first=1) == ("c", "a")
    assert order(states, "p", keys, "m", now=NOW + 10, first=1) == ("c", "a", "b")


def test_when_the_first_comes_back() -> None:
    states = failed(NOTHING_RESTS, "p", A, "m", detail=detail(429, 10.0), now=NOW)
    assert ready_at(states, "p", (A, B), "m", NOW) is None
    states = failed(states, "p", B, "m", detail=detail(429, 7.0), now=NOW)
    assert ready_at(states, "p", (A, B), "m", NOW) == NOW + 7
    assert ready_at(states, "p", (A, B), "m", NOW + 7) is None
    assert ready_at(states, "p", (), "m", NOW) is None


def test_clearing_and_forgetting() -> None:
    states = failed(after(429), "q", A, "m", detail=detail(401), now=NOW)
    assert set(cleared(states, "p").rests) == {Place("q", A, None)}
    assert cleared(states) == NOTHING_RESTS
    assert set(pruned(states, NOW + 2 * 86400).rests) == set()
    assert pruned(states, NOW + 60) == states


def test_fingerprints_tell_apart_and_tell_nothing() -> None:
    assert fingerprint("sk-one") != fingerprint("sk-two")
    assert "sk" not in fingerprint("sk-one")
    assert fingerprint(None) == "none"
