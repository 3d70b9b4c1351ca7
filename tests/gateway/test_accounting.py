"""Which requests count as answered, by whom, and when another one stepped in."""

from dataclasses import replace

import pytest

from ccrouter.config.types import Target
from ccrouter.gateway.accounting import account, answered_by, fell_back
from ccrouter.gateway.types import Record
from ccrouter.model.events import Usage
from ccrouter.usage.sessions import Sessions

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
    assert answered_by(record) == target


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


def test_a_request_without_a_session_leaves_no_trace() -> None:
    sessions = Sessions()
    account(sessions, replace(SERVED, session=None))
    assert sessions.get("s") is None
    account(sessions, SERVED)
    session = sessions.get("s")
    assert session is not None
    assert session.last is not None
    assert session.last.target == Target("p", "m/x:free")
