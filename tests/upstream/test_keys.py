"""The order of keys."""

from ccrouter.upstream.keys import keys_in_order


def test_no_key_is_one_attempt_without() -> None:
    assert keys_in_order((), "session") == (None,)


def test_a_session_keeps_its_key_and_every_key_is_tried_once() -> None:
    keys = ("a", "b", "c")
    orders = {session: keys_in_order(keys, session) for session in map(str, range(50))}
    assert all(sorted(map(str, order)) == sorted(keys) for order in orders.values())
    assert orders == {session: keys_in_order(keys, session) for session in orders}
    assert {order[0] for order in orders.values()} == set(keys)


def test_without_a_session_the_first_key_comes_first() -> None:
    assert keys_in_order(("a", "b"), None) == ("a", "b")
