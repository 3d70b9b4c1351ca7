"""What the supervisor gives a worker arrives, and goes no further."""

import os
from pathlib import Path

import pytest

from ccrouter.sharing.seat import SEAT_VARIABLE, Seat, take_seat


def test_a_seat_arrives_as_it_was_given() -> None:
    descriptors = [os.dup(0) for _ in range(4)]
    for descriptor in descriptors:
        os.set_inheritable(descriptor, True)
    seat = Seat(
        (descriptors[0], descriptors[1]), descriptors[2], descriptors[3], Path("/x y/é"), 77, 12.5, 4, 5, terminal=True
    )
    environment = {**seat.variables(), "OTHER": "1"}
    try:
        assert take_seat(environment) == seat
        assert environment == {"OTHER": "1"}
        assert not any(os.get_inheritable(descriptor) for descriptor in descriptors)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def test_without_one_the_process_is_no_worker() -> None:
    assert take_seat({}) is None


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match=SEAT_VARIABLE):
        take_seat({SEAT_VARIABLE: '{"board": "x"}'})
