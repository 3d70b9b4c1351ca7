"""The policy after a failure, as a table."""

import pytest

from ccrouter.errors import SETTINGS_AT_FAULT, CCRouterError, ErrorDetail, RequestError, UpstreamError, upstream_failure
from ccrouter.gateway.next_step import (
    LONGEST_PAUSE_SECONDS,
    PAUSE_SECONDS,
    Again,
    AnotherKey,
    AnotherTarget,
    GiveUp,
    Mended,
    Situation,
    Step,
    next_step,
    pause_before,
)
from ccrouter.pipeline.build import TransformerError
from ccrouter.upstream.refusals import ContextTooSmall, FieldRefused, OutputTooLarge

NOTHING = Situation(keys_left=False, targets_left=False)
KEY = Situation(keys_left=True, targets_left=False)
TARGET = Situation(keys_left=False, targets_left=True)
BOTH = Situation(keys_left=True, targets_left=True)


def upstream(status: int, message: str = "words", *, retryable: bool | None = None) -> UpstreamError:
    return UpstreamError(ErrorDetail("t", message, status), retryable=retryable)


CAP = "max_tokens must be less than or equal to 16384"
SHRINK = "input length and `max_tokens` exceed context limit: 186433 + 20000 > 200000"
LONG = "prompt is too long: 219898 tokens > 200000 maximum"
FIRST = Again(PAUSE_SECONDS)

TABLE: list[tuple[CCRouterError, Situation, Step]] = [
    *[(upstream(status), KEY, AnotherKey()) for status in (401, 402, 403, 429)],
    *[(upstream(status), BOTH, AnotherKey()) for status in (401, 402, 403, 429)],
    *[(upstream(status), TARGET, AnotherTarget()) for status in (401, 402, 403, 404, 429)],
    *[(upstream(status), NOTHING, GiveUp()) for status in (401, 402, 403, 404, 429)],
    *[(upstream(status), NOTHING, FIRST) for status in (408, 500, 502, 503, 504, 529)],
    *[(upstream(status), KEY, FIRST) for status in (500, 502, 503, 529)],
    *[(upstream(status), TARGET, FIRST) for status in (500, 502, 503, 529)],
    (upstream_failure("cut"), TARGET, FIRST),
    (upstream(500), Situation(keys_left=False, targets_left=True, repeats=1), AnotherTarget()),
    (upstream(500), Situation(keys_left=False, targets_left=False, repeats=1), Again(2 * PAUSE_SECONDS)),
    (upstream(500), Situation(keys_left=False, targets_left=False, repeats=2), GiveUp()),
    (upstream(500), Situation(keys_left=False, targets_left=False, same_target=0), GiveUp()),
    *[
        (upstream(status), Situation(keys_left=True, targets_left=False, repeats=2), AnotherKey())
        for status in (500, 529)
    ],
    *[
        (upstream(status), Situation(keys_left=True, targets_left=True, repeats=1), AnotherTarget())
        for status in (500, 529)
    ],
    (upstream(404), KEY, AnotherKey()),
    (upstream(404), BOTH, AnotherTarget()),
    *[(upstream(status), BOTH, AnotherTarget()) for status in (408, 504)],
    *[
        (upstream(status), Situation(keys_left=True, targets_left=False, repeats=1), AnotherKey())
        for status in (408, 504)
    ],
    *[(upstream(status), Situation(keys_left=False, targets_left=False, repeats=1), GiveUp()) for status in (408, 504)],
    (upstream_failure("untrusted", code=SETTINGS_AT_FAULT), BOTH, AnotherTarget()),
    (upstream_failure("untrusted", code=SETTINGS_AT_FAULT), KEY, GiveUp()),
    (upstream(400, "bad request"), BOTH, GiveUp()),
    (upstream(413), BOTH, GiveUp()),
    (upstream(422), BOTH, GiveUp()),
    (upstream(400, "retry me", retryable=True), TARGET, AnotherTarget()),
    (upstream(500, retryable=False), BOTH, GiveUp()),
    (TransformerError("x"), BOTH, GiveUp()),
    (RequestError("cannot be used"), BOTH, AnotherTarget()),
    (RequestError("cannot be used"), KEY, GiveUp()),
    (upstream(400, CAP), NOTHING, Mended(OutputTooLarge(16384))),
    (upstream(400, CAP), Situation(keys_left=True, targets_left=True, mended=3), GiveUp()),
    (upstream(400, "property 'x' is unsupported"), NOTHING, Mended(FieldRefused("x"))),
    (upstream(400, SHRINK), BOTH, Mended(ContextTooSmall(200000, 186433, 20000))),
    (upstream(400, LONG), BOTH, AnotherTarget(ContextTooSmall(200000, 219898))),
    (upstream(400, LONG), KEY, GiveUp(too_long=ContextTooSmall(200000, 219898))),
    (upstream(413, "Input is too long for requested model."), TARGET, AnotherTarget(ContextTooSmall())),
    (
        upstream(400, "input length and `max_tokens` exceed context limit: 199500 + 20000 > 200000"),
        NOTHING,
        GiveUp(too_long=ContextTooSmall(200000, 199500, 20000)),
    ),
]


@pytest.mark.parametrize(("error", "situation", "step"), TABLE)
def test_policy(error: CCRouterError, situation: Situation, step: Step) -> None:
    assert next_step(error, situation, dice=1.0) == step


def test_pauses_double_within_bounds_and_jitter() -> None:
    assert [pause_before(repeats, 1.0) for repeats in range(3)] == [0.4, 0.8, 1.6]
    assert pause_before(0, 0.0) == PAUSE_SECONDS / 2
    assert pause_before(50, 1.0) == LONGEST_PAUSE_SECONDS
