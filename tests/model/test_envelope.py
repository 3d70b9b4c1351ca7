"""What a provider's state travels in."""

import pytest

from ccrouter.model.envelope import MARK, Envelope, is_sealed, seal, unseal

CASES = [
    Envelope("deepseek", "reasoning_content"),
    Envelope("open router", "reasoning_details", [{"type": "reasoning.encrypted", "data": "x" * 100, "index": 0}]),
    Envelope("ünïcode", "k", {"a": None, "b": [1, 2.5, True]}),
]


@pytest.mark.parametrize("envelope", CASES)
def test_round_trip(envelope: Envelope) -> None:
    signature = seal(envelope)
    assert unseal(signature) == envelope
    assert is_sealed(signature)
    assert seal(envelope) == signature


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pkiMOYds",  # Anthropic's own look like this
        MARK,
        MARK + "not base64!",
        MARK + "e30",  # {}
        MARK + "W10",  # []
        MARK + "eyJvIjoxLCJrIjoieCJ9",  # the origin is a number
    ],
)
def test_what_is_not_ours_or_damaged_is_none(signature: str | None) -> None:
    assert unseal(signature) is None


def test_every_truncation_is_none() -> None:
    signature = seal(CASES[1])
    for length in range(len(signature)):
        assert unseal(signature[:length]) is None
