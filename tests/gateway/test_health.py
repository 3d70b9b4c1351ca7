"""What outlives the daemon, and what each holder method does to it. The clock is given."""

from pathlib import Path

import orjson

from ccrouter.config.types import Target
from ccrouter.errors import ErrorDetail
from ccrouter.gateway.health import Health
from ccrouter.pipeline.learned import NOTHING, Learned

TARGET = Target("mock", "a,model:with/commas")
KEYS = ("sk-first-key-0123456789", "sk-second-key-0123456789")
LIMIT = ErrorDetail("rate_limit_error", "slow down", 429, retry_after=30.0)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


async def test_resting_keys_and_learned_limits_survive_a_restart(tmp_path: Path) -> None:
    clock, path = Clock(), tmp_path / "router-state.json"
    health = Health(path, clock)
    health.failed(TARGET, KEYS[0], LIMIT, 300)
    health.learn(TARGET, Learned(8192, frozenset({"temperature"}), {"max_tokens": "max_completion_tokens"}))
    health.save()
    again = Health(path, clock)
    assert again.keys(TARGET, KEYS, None) == (KEYS[1],)
    assert again.learned(TARGET) == health.learned(TARGET)
    assert again.learned(Target("mock", "other")) == NOTHING
    clock.now += 31
    assert set(again.keys(TARGET, KEYS, None)) == set(KEYS)
    assert "sk-" not in path.read_text()


async def test_a_damaged_file_is_as_none(tmp_path: Path) -> None:
    path = tmp_path / "router-state.json"
    for content in (
        b"{",
        orjson.dumps({"keys": 7, "learned": []}),
        orjson.dumps({"learned": {"x": 7}, "tokens": {"x": 7}}),
    ):
        path.write_bytes(content)
        assert Health(path, Clock()).keys(TARGET, KEYS, None) == KEYS


def test_a_session_keeps_its_key_while_it_is_well() -> None:
    health = Health(clock=Clock())
    firsts = {session: health.keys(TARGET, KEYS, session)[0] for session in map(str, range(40))}
    assert set(firsts.values()) == set(KEYS)
    assert firsts == {session: health.keys(TARGET, KEYS, session)[0] for session in firsts}


async def test_a_success_ends_the_rest_and_clear_ends_all() -> None:
    clock = Clock()
    health = Health(clock=clock)
    health.failed(TARGET, KEYS[0], LIMIT, 300)
    health.failed(TARGET, KEYS[1], LIMIT, 300)
    assert health.keys(TARGET, KEYS, None) == ()
    assert health.ready_at(TARGET, KEYS) == clock.now + 30
    assert health.rest_of(TARGET, KEYS) is not None
    health.succeeded(TARGET, KEYS[0], clock.now + 1)
    assert health.keys(TARGET, KEYS, None) == (KEYS[0],)
    health.clear("other")
    assert health.keys(TARGET, KEYS, None) == (KEYS[0],)
    health.clear("mock")
    assert health.keys(TARGET, KEYS, None) == KEYS


def test_no_key_and_the_same_key_twice() -> None:
    health = Health(clock=Clock())
    assert health.keys(TARGET, (), "session") == ()
    assert health.keys(TARGET, (KEYS[0], KEYS[0]), "session") == (KEYS[0],)
