"""Resting keys there and back."""

import orjson
import pytest

from ccrouter.model.json import Json
from ccrouter.upstream.cooldown import NOTHING_RESTS, KeyStates, Place, Rest, fingerprint
from ccrouter.upstream.cooldown_json import from_json, to_json

A = fingerprint("sk-secret")
STATES = KeyStates(
    {
        Place("p", A): Rest(1000.0, 1300.5, 401, "no", 3),
        Place("p", A, "m/x:free"): Rest(1000.0, 1005.0, 429, "slow down"),
        Place("q", fingerprint("other")): Rest(1.0, 2.0, 402, ""),
    }
)


def test_there_and_back() -> None:
    assert from_json(orjson.loads(orjson.dumps(to_json(STATES)))) == STATES
    assert from_json(to_json(NOTHING_RESTS)) == NOTHING_RESTS


def test_a_probe_is_told_but_does_not_outlive_its_daemon() -> None:
    probing = KeyStates({Place("p", A): Rest(1000.0, 1300.0, 401, "no", probe=1301.0)})
    told = to_json(probing)
    assert isinstance(told, list)
    assert isinstance(told[0], dict)
    assert told[0]["probe"] == 1301.0
    assert from_json(told) == KeyStates({Place("p", A): Rest(1000.0, 1300.0, 401, "no")})


def test_no_key_is_in_it() -> None:
    assert b"sk-" not in orjson.dumps(to_json(STATES))


GOOD: dict[str, Json] = {"provider": "p", "key": A, "model": None, "since": 1, "until": 2, "status": 429}


@pytest.mark.parametrize(
    "value", [None, {}, "x", [], [None], [1, "x", []], *[[{**GOOD, name: {}}] for name in GOOD if name != "model"]]
)
def test_what_is_not_of_that_shape_is_left_out(value: Json) -> None:
    assert from_json(value) == NOTHING_RESTS


def test_what_is_not_said_is_usual() -> None:
    assert from_json([GOOD, 3]) == KeyStates({Place("p", A): Rest(1.0, 2.0, 429, "", 1)})
