"""When a dead worker is started again, and when it is given up."""

from ccrouter.daemon.restarts import LONG_SECONDS, LONGEST_PAUSE, MOST_IN_A_ROW, Deaths, hopeless


def after(*lived: float) -> Deaths:
    deaths = Deaths()
    for seconds in lived:
        deaths = deaths.after(seconds)
    return deaths


def test_a_worker_that_lived_long_is_replaced_at_once() -> None:
    assert after(LONG_SECONDS).pause == 0.1
    assert after(0.0, 0.0, 0.0, LONG_SECONDS).in_a_row == 1


def test_the_pause_doubles_and_has_an_end() -> None:
    assert [after(*[1.0] * times).pause for times in (1, 2, 3, 4)] == [0.1, 0.2, 0.4, 0.8]
    assert after(*[0.0] * 60).pause == LONGEST_PAUSE


def test_it_is_hopeless_when_no_seat_keeps_a_worker() -> None:
    bad = after(*[1.0] * MOST_IN_A_ROW)
    assert hopeless([bad, bad])
    assert not hopeless([bad, after(*[1.0] * (MOST_IN_A_ROW - 1))])
    assert not hopeless([bad, Deaths()])
