"""When a worker counts as hanging."""

from ccrouter.daemon.pulse import CHECK_SECONDS, HUNG_SECONDS, Pulse

LOOKS = int(HUNG_SECONDS / CHECK_SECONDS)


def looked_at(pulse: Pulse, *counts: int) -> Pulse:
    for count in counts:
        pulse = pulse.after(count)
    return pulse


def test_one_that_stands_still_long_enough_hangs() -> None:
    assert not looked_at(Pulse(7), *[7] * (LOOKS - 1)).hangs
    assert looked_at(Pulse(7), *[7] * LOOKS).hangs


def test_one_beat_is_enough_to_start_anew() -> None:
    assert not looked_at(Pulse(7), *[7] * (LOOKS - 1), 8, *[8] * (LOOKS - 1)).hangs


def test_a_place_that_another_had_counts_on_from_there() -> None:
    assert not looked_at(Pulse(900), 900, 901, *[901] * (LOOKS - 1)).hangs
