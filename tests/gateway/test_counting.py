"""A prompt's tokens by target, while the request is in hand and afterwards."""

from ccrouter.config.types import Config, Group, Member, RouterConfig, Target
from ccrouter.gateway.calibrations import Calibrations
from ccrouter.gateway.counting import TargetTokens
from ccrouter.gateway.prompt import Prompt
from ccrouter.model.request import Message, Request
from ccrouter.tokens import TokenCounter

A, B = Target("p", "a"), Target("p", "b")
GROUP = Target("group", "g")
CONFIG = Config((), RouterConfig(), groups={"g": Group("in_order", (Member(A), Member(B)))})


def taught() -> tuple[TargetTokens, Prompt]:
    """A prompt that `B` counts at twice what we do."""
    prompt = Prompt(TokenCounter(), Request("m", (Message("user", "one two three " * 2_000),)), 30_000)
    plain = Prompt(TokenCounter(), Request("m", (Message("user", "one two three " * 2_000),)), 30_000).parts()
    calibrations = Calibrations(lambda: None)
    for _ in range(20):
        calibrations.learn(B, plain, 2 * plain.total)
    return TargetTokens(prompt, CONFIG, calibrations), prompt


def test_each_target_has_its_own_count_a_group_its_smallest() -> None:
    tokens, prompt = taught()
    assert tokens(A) == prompt.parts().total
    assert tokens(B) > 1.5 * tokens(A)
    assert tokens(GROUP) == tokens(A)


def test_what_was_counted_stays_the_same_without_the_request() -> None:
    tokens, prompt = taught()
    assert tokens.settled() is None
    assert prompt.counted is None  # asking does not count
    counted = [tokens(target) for target in (A, B, GROUP)]
    settled = tokens.settled()
    assert settled is not None
    assert [settled(target) for target in (A, B, GROUP)] == counted
