"""What a group's strategy is told of its members."""

import pytest

from ccrouter.config.types import Target
from ccrouter.gateway.measurements import Measurements
from ccrouter.upstream.strategies import Measured

A, B = Target("p", "a"), Target("p", "b")
NOW = 1_000_000.0


def test_requests_are_counted_and_first_tokens_averaged() -> None:
    measurements = Measurements()
    measurements.began(A)
    measurements.began(A)
    assert measurements.of([A, B]) == {A: Measured(2), B: Measured()}
    measurements.ended(A, 1.0, NOW)
    assert measurements.of([A]) == {A: Measured(1, 1.0, NOW)}
    measurements.began(A)
    measurements.ended(A, 2.0, NOW + 1)
    measurements.ended(A, None, NOW + 2)
    told = measurements.of([A])[A]
    assert (told.open_requests, told.measured_at) == (0, NOW + 1)
    assert told.first_token == pytest.approx(1.3)
