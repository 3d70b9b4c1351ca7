"""What people see of keys: never a whole one."""

import orjson
import pytest

from ccrouter.config.types import ProviderConfig
from ccrouter.model.json import Json
from ccrouter.upstream.cooldown import NOTHING_RESTS, KeyStates, Place, Rest, fingerprint
from ccrouter.upstream.key_report import key_report

NOW = 1000.0
LONG, SHORT = "sk-or-v1-0123456789abcdef", "sk-short"
PROVIDER = ProviderConfig("p", "http://127.0.0.1:1", (LONG, SHORT))


def report(rests: dict[Place, Rest], *providers: ProviderConfig) -> list[Json]:
    return key_report(providers or (PROVIDER,), KeyStates(rests), NOW)


def test_what_does_not_rest_is_ready() -> None:
    assert key_report([PROVIDER, ProviderConfig("local", "http://x")], NOTHING_RESTS, NOW) == [
        {
            "name": "p",
            "keys": [
                {"key": "sk-…cdef", "fingerprint": fingerprint(LONG), "state": "ready", "rests": []},
                {"key": "****", "fingerprint": fingerprint(SHORT), "state": "ready", "rests": []},
            ],
        },
        {"name": "local", "keys": []},
    ]


@pytest.mark.parametrize(
    ("rest", "state"),
    [
        (Rest(NOW, NOW + 1, 429, "r"), "resting"),
        (Rest(NOW, NOW + 1, 429, "r", probe=NOW), "resting"),
        (Rest(0, NOW, 429, "r"), "probing"),
        (Rest(0, NOW, 429, "r", probe=NOW), "probing"),
    ],
)
def test_states(rest: Rest, state: str) -> None:
    [provider] = report({Place("p", fingerprint(LONG), "m"): rest})
    assert isinstance(provider, dict)
    keys = orjson.loads(orjson.dumps(provider["keys"]))
    assert [key["state"] for key in keys] == [state, "ready"]
    assert [found["state"] for found in keys[0]["rests"]] == [state]


def test_the_worst_rest_is_the_keys_state_and_the_whole_keys_comes_first() -> None:
    place = Place("p", fingerprint(LONG))
    rests = {
        Place("p", fingerprint(LONG), "m"): Rest(0, NOW + 5, 429, "slow down", 2),
        place: Rest(0, NOW - 5, 401, "no", probe=NOW - 1),
        Place("q", fingerprint(LONG)): Rest(0, NOW + 9, 401, "another provider's"),
        Place("p", "gone"): Rest(0, NOW + 9, 401, "a key that is not in the config any more"),
    }
    keys = orjson.loads(orjson.dumps(report(rests)))[0]["keys"]
    assert keys[0]["state"] == "resting"
    assert keys[0]["rests"] == [
        {
            "model": None,
            "state": "probing",
            "since": 0,
            "until": NOW - 5,
            "status": 401,
            "reason": "no",
            "failures": 1,
            "probe": NOW - 1,
        },
        {
            "model": "m",
            "state": "resting",
            "since": 0,
            "until": NOW + 5,
            "status": 429,
            "reason": "slow down",
            "failures": 2,
            "probe": None,
        },
    ]
    assert keys[1]["rests"] == []


def test_a_provider_that_repeats_a_key_does_not_give_it_away() -> None:
    rests = {Place("p", fingerprint(SHORT)): Rest(0, NOW + 5, 401, f"Incorrect API key provided: {SHORT}. Or {LONG}?")}
    told = orjson.dumps(report(rests)).decode()
    assert "Incorrect API key provided: ****. Or sk-…cdef?" in told
    assert SHORT not in told
    assert LONG not in told
