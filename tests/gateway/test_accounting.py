"""Which requests count as answered, by whom, and when another one stepped in."""

import time
from dataclasses import replace

import pytest

from ccrouter.config.types import ModelPrices, ProviderConfig, Target
from ccrouter.errors import upstream_failure
from ccrouter.gateway.accounting import account, enter_usage, fell_back
from ccrouter.gateway.attempts import Outcome
from ccrouter.gateway.types import Record
from ccrouter.model.events import Usage
from ccrouter.usage.sessions import Finished, Sessions

SERVED = Record("req_1", session="s", target="p,m/x:free", status=200, usage=Usage(1, 2), conversation=True, total=1.0)


@pytest.mark.parametrize(
    ("record", "target"),
    [
        (SERVED, Target("p", "m/x:free")),
        (replace(SERVED, rescued_by=("q,n", "r,o")), Target("r", "o")),
        (replace(SERVED, error="torn"), Target("p", "m/x:free")),  # it had counted by then
        (replace(SERVED, error="failed after pings", usage=Usage()), None),
        (replace(SERVED, status=500), None),
        (replace(SERVED, target="-"), None),
    ],
)
def test_who_answered(record: Record, target: Target | None) -> None:
    sessions = Sessions()
    sessions.begun("s")
    account(sessions, record)
    session = sessions.get("s")
    assert session is not None
    assert session.open == 0
    assert (session.last.target if session.last is not None else None) == target
    assert sessions.totals.requests == (0 if target is None else 1)


@pytest.mark.parametrize(
    ("record", "fallback"),
    [
        (SERVED, False),
        (replace(SERVED, failures=["p,m/x:free: 500"]), False),  # the same one again
        (replace(SERVED, failures=["p,m/x: 500"]), True),
        (replace(SERVED, rescued_by=("q,n",)), True),
    ],
)
def test_fallback(record: Record, fallback: bool) -> None:
    assert fell_back(record) is fallback


PROVIDER = ProviderConfig("p", "https://x.y/v1", prices={"*": ModelPrices(1.0, 10.0)})


@pytest.mark.parametrize(
    ("outcome", "usage", "cost"),
    [
        (Outcome(Usage(100, 20)), Usage(100, 20), 0.0003),
        # Two rounds: the client is told the last prompt, both are paid for.
        (Outcome(Usage(200, 30), answers=(Usage(100, 20), Usage(200, 10))), Usage(300, 30), 0.0006),
        (Outcome(Usage(200, 30), answers=(Usage(100, 20), Usage())), Usage(100, 20), None),
        (Outcome(Usage(0, 0), answers=()), Usage(), None),  # the router's own words: nobody was asked
        (Outcome(Usage(100, 20), failure=upstream_failure("torn")), Usage(100, 20), None),
    ],
)
def test_what_an_answer_used_and_cost(outcome: Outcome, usage: Usage, cost: float | None) -> None:
    record = replace(SERVED, usage=Usage())
    enter_usage(record, outcome, PROVIDER)
    assert (record.usage, record.told) == (usage, outcome.usage)
    assert record.cost == (None if cost is None else pytest.approx(cost))


def test_a_rescued_answer_has_no_known_cost() -> None:
    record = replace(SERVED, rescued_by=("q,n",))
    enter_usage(record, Outcome(Usage(100, 20)), PROVIDER)
    assert record.cost is None


def test_a_request_without_a_session_counts_in_the_whole_alone() -> None:
    sessions = Sessions()
    account(sessions, replace(SERVED, session=None))
    assert sessions.get("s") is None
    assert sessions.totals.requests == 1
    account(sessions, SERVED)
    session = sessions.get("s")
    assert session is not None
    assert session.last is not None
    assert session.last.target == Target("p", "m/x:free")


def test_an_answer_that_the_user_does_not_see_is_not_the_last() -> None:
    sessions = Sessions()
    account(sessions, SERVED)
    account(sessions, replace(SERVED, target="p,mini", conversation=False))
    session = sessions.get("s")
    assert session is not None
    assert session.last is not None
    assert session.last.target == Target("p", "m/x:free")
    assert session.totals.requests == 2


def test_what_is_told_of_the_last_answer() -> None:
    sessions = Sessions()
    served = replace(SERVED, streamed=True, first_byte=0.5, told=Usage(7), scenario="think", reason="why", cost=0.1)
    before = time.time()
    account(sessions, served)
    session = sessions.get("s")
    assert session is not None
    last = session.last
    assert last is not None
    assert before <= last.at <= time.time()
    assert last == Finished(
        target=Target("p", "m/x:free"),
        scenario="think",
        reason="why",
        usage=Usage(1, 2),
        told=Usage(7),
        fallback=False,
        first_byte=0.5,
        total=1.0,
        cost=0.1,
        at=last.at,
    )
