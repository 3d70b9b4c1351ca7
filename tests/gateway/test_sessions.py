"""What is remembered of a conversation."""

from ccrouter.config.types import Target
from ccrouter.gateway.sessions import SessionUsage
from ccrouter.model.events import Usage


def test_the_whole_prompt_counts_and_agents_are_apart() -> None:
    sessions = SessionUsage()
    sessions.remember(("s", None), Usage(input=10, cache_read=100, cache_write=1000, output=5))
    sessions.remember(("s", "agent"), Usage(input=7))
    assert sessions.last_input(("s", None)) == 1110
    assert sessions.last_input(("s", "agent")) == 7
    assert sessions.last_input(None) is None


def test_an_answer_without_usage_changes_nothing() -> None:
    sessions = SessionUsage()
    sessions.remember(("s", None), Usage(input=10))
    sessions.remember(("s", None), Usage())
    sessions.remember(None, Usage(input=3))
    assert sessions.last_input(("s", None)) == 10


def test_the_oldest_are_forgotten() -> None:
    sessions = SessionUsage(limit=2)
    for name in "abac":
        sessions.remember((name, None), Usage(input=1))
    assert [sessions.last_input((name, None)) for name in "abc"] == [1, None, 1]


def test_who_answered_last_is_remembered() -> None:
    sessions = SessionUsage()
    sessions.remember(("s", None), Usage(input=10), Target("p", "one"))
    sessions.remember(("s", None), Usage(input=20), Target("p", "two"))
    assert sessions.last_target(("s", None)) == Target("p", "two")
    assert sessions.last_target(("s", "agent")) is None
    assert sessions.last_target(None) is None
