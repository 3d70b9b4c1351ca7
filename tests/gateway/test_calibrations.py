"""What is kept for each target, when it is written, and what an answer really told."""

import pytest

from ccrouter.config.types import Target
from ccrouter.gateway import calibrations as module
from ccrouter.gateway.calibrations import Calibrations, told_prompt
from ccrouter.model.events import Usage
from ccrouter.tokens import UNKNOWN, PromptTokens
from ccrouter.tokens.calibration import SAMPLE, YOUNG

TARGET = Target("mock", "a,model:with/commas")
PROMPT = PromptTokens(messages=20_000)


def nothing() -> None:
    pass


def test_survive_on_disk() -> None:
    kept = Calibrations(nothing)
    kept.learn(TARGET, PROMPT, 24_000)
    kept.learn(Target("mock", "silent"), None, 24_000)
    again = Calibrations(nothing)
    again.load(kept.to_json())
    assert again.of(TARGET).tokens(PROMPT) == pytest.approx(24_000, rel=0.01)
    assert again.of(Target("mock", "silent")) == UNKNOWN
    again.load(["not", "an object"])
    again.load({"x": 7, "mock,m": None})
    assert again.of(TARGET).answers == 1


def test_written_at_first_and_then_now_and_then() -> None:
    written: list[None] = []
    kept = Calibrations(lambda: written.append(None))
    for _ in range(YOUNG):
        kept.learn(TARGET, PROMPT, 21_000)
    assert len(written) == YOUNG
    for _ in range(2 * SAMPLE):
        kept.learn(TARGET, PROMPT, 21_000)
    assert len(written) == YOUNG + 2
    kept.learn(TARGET, None, 21_000)
    kept.learn(TARGET, PROMPT, 7)
    assert len(written) == YOUNG + 2


def test_who_answered_longest_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_TARGETS", 2)
    kept = Calibrations(nothing)
    for name in "abac":
        kept.learn(Target("mock", name), PROMPT, 24_000)
    assert [kept.of(Target("mock", name)).answers for name in "abc"] == [2, 0, 1]


@pytest.mark.parametrize(
    ("usage", "told"),
    [
        (Usage(), None),
        (Usage(input=700), None),  # our own estimate, put where the upstream said nothing
        (Usage(input=700, output=5), None),
        (Usage(input=701), 701),
        (Usage(input=700, cache_read=0), 700),
        (Usage(input=4, cache_read=600, cache_write=50, output=9), 654),
        (Usage(cache_read=600), 600),
        (Usage(input=0), 0),
    ],
)
def test_what_was_told_and_what_was_our_own(usage: Usage, told: int | None) -> None:
    assert told_prompt(usage, estimate=700) == told
