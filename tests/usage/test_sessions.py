"""What sessions have used: sums, the last answer, speed, and the bound."""

from dataclasses import replace
from typing import Any

import pytest

from ccrouter.config.types import Target
from ccrouter.model.events import Usage
from ccrouter.usage.sessions import Finished, Sessions, session_report, tokens_per_second


def finished(**changes: object) -> Finished:
    fields: dict[str, object] = {
        "target": Target("p", "m"),
        "scenario": "default",
        "reason": "why",
        "usage": Usage(100, 50, 900, 10),
        "told": Usage(100, 50, 900, 10),
        "fallback": False,
        "first_byte": 1.0,
        "total": 2.0,
        "cost": 0.25,
        "at": 1000.0,
    }
    return Finished(**(fields | changes))  # pyright: ignore[reportArgumentType]


def answered(sessions: Sessions, session: str = "s", *, seen: bool = True, **changes: object) -> None:
    """An answer of the session has ended; whether the user has `seen` it."""
    last = finished(**changes)
    sessions.answered(session, last.usage, last.cost, last if seen else None)


def test_sums_and_the_last_answer() -> None:
    sessions = Sessions()
    sessions.begun("s")
    sessions.begun("s")
    answered(sessions)
    answered(sessions, seen=False, target=Target("p", "mini"), scenario="background", cost=None)
    session = sessions.get("s")
    assert session is not None
    assert session_report(session) == {
        "open": 0,
        "provider": "p",
        "model": "m",
        "scenario": "default",
        "reason": "why",
        "fallback": False,
        "at": 1000.0,
        "last": {
            "input": 100, "cached": 900, "cache_write": 10, "output": 50, "prompt": 1010,
            "tokens_per_second": 50.0, "first_token_ms": 1000, "cost": 0.25,
        },
        "total": {
            "requests": 2, "input": 200, "cached": 1800, "cache_write": 20, "output": 100, "cost": 0.25, "unpriced": 1,
        },
    }  # fmt: skip


def test_the_context_is_the_last_prompt_and_the_sum_is_all_of_it() -> None:
    """Searches and looks take several requests, each with the conversation in its prompt."""
    sessions = Sessions()
    sessions.begun("s")
    answered(sessions, usage=Usage(300, 30, 800), told=Usage(200, 30, 400))
    session = sessions.get("s")
    assert session is not None
    report: Any = session_report(session)
    assert (report["last"]["prompt"], report["last"]["input"], report["total"]["input"]) == (600, 200, 300)
    assert (report["total"]["cached"], sessions.totals.cached) == (800, 800)


def test_a_failed_request_only_ends() -> None:
    sessions = Sessions()
    sessions.begun("s")
    session = sessions.get("s")
    assert session is not None
    assert session.open == 1
    sessions.failed("s")
    assert session_report(session) == {
        "open": 0,
        "total": {"requests": 0, "input": 0, "cached": 0, "cache_write": 0, "output": 0, "cost": 0.0, "unpriced": 0},
    }


def test_no_price_is_no_cost() -> None:
    sessions = Sessions()
    answered(sessions, cost=None)
    session = sessions.get("s")
    assert session is not None
    assert (session.totals.as_json()["cost"], session.totals.unpriced) == (None, 1)


def test_the_sessions_not_heard_of_for_longest_are_forgotten() -> None:
    sessions = Sessions(limit=2)
    for name in ("a", "b", "a", "c"):
        answered(sessions, name)
    assert [name for name in "abc" if sessions.get(name)] == ["a", "c"]
    answered(sessions, "b")  # begun before it was forgotten
    assert [name for name in "abc" if sessions.get(name)] == ["b", "c"]


@pytest.mark.parametrize(
    ("changes", "speed"),
    [
        ({}, 50.0),
        ({"first_byte": None}, 25.0),  # not streamed
        ({"first_byte": 1.99}, 25.0),  # came as one piece
        ({"usage": Usage(1, None)}, None),
        ({"usage": Usage(1, 0)}, None),
        ({"total": 0.0, "first_byte": None}, None),
    ],
)
def test_speed(changes: dict[str, object], speed: float | None) -> None:
    assert tokens_per_second(replace(finished(), **changes)) == speed  # pyright: ignore[reportArgumentType]
