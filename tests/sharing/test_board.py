"""What one process writes on the board, another reads; nothing is lost, whoever dies."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("several workers need Linux or macOS", allow_module_level=True)

from ccrouter.model.json import Json
from ccrouter.sharing import board as module
from ccrouter.sharing.board import PLACE_BYTES, PULSES, Board, new_board_file
from ccrouter.sharing.room import Key

TOPIC = ("main", "rest")


@pytest.fixture
def memory() -> Iterator[int]:
    descriptor = new_board_file()
    yield descriptor
    os.close(descriptor)


class Heard:
    """A follower that keeps what it is told, and the present values."""

    def __init__(self, board: Board, topic: tuple[str, str] = TOPIC) -> None:
        self.told: list[tuple[Key, Json]] = []
        self.values: dict[Key, Json] = {}
        board.follow(topic, self)

    def __call__(self, key: Key, value: Json) -> None:
        self.told.append((key, value))
        if value is None:
            self.values.pop(key, None)
        else:
            self.values[key] = value


def test_what_one_writes_the_other_hears_when_it_looks(memory: int) -> None:
    one, other = Board(memory), Board(memory)
    heard = Heard(other)
    assert one.put(TOPIC, ("p", "key", None), {"until": 1.5})
    assert heard.told == []
    other.look()
    assert heard.told == [(("p", "key", None), {"until": 1.5})]
    other.look()
    assert len(heard.told) == 1


def test_pulses_are_seen_by_all_and_change_nothing_else(memory: int) -> None:
    one, other = Board(memory), Board(memory)
    one.put(TOPIC, ("k",), 1)
    for place in (0, 1, PULSES - 1):
        one.beat(place)
    one.beat(1)
    assert [other.pulse(place) for place in (0, 1, 2, PULSES - 1)] == [1, 2, 0, 1]
    assert Heard(other).values == {("k",): 1}


def test_nobody_hears_of_their_own_changes(memory: int) -> None:
    board = Board(memory)
    heard = Heard(board)
    board.put(TOPIC, ("k",), 1)
    board.look()
    assert heard.told == []


def test_only_the_last_value_counts(memory: int) -> None:
    one, other = Board(memory), Board(memory)
    heard = Heard(other)
    for number in range(5):
        one.put(TOPIC, ("k",), number)
    other.look()
    assert heard.told == [(("k",), 4)]


def test_topics_are_apart(memory: int) -> None:
    one, other = Board(memory), Board(memory)
    mine, elsewhere = Heard(other), Heard(other, ("preset a", "rest"))
    one.put(TOPIC, ("k",), 1)
    one.put(("preset a", "rest"), ("k",), 2)
    other.look()
    assert (mine.values, elsewhere.values) == ({("k",): 1}, {("k",): 2})


def test_a_value_that_is_taken_away_is_gone_for_all(memory: int) -> None:
    one, other = Board(memory), Board(memory)
    heard = Heard(other)
    one.put(TOPIC, ("k",), 1)
    other.look()
    one.put(TOPIC, ("k",), None)
    other.look()
    assert heard.told == [(("k",), 1), (("k",), None)]
    assert one.put(TOPIC, ("never there",), None)


def test_a_key_that_comes_back_elsewhere_is_not_taken_for_gone(memory: int) -> None:
    one, other = Board(memory), Board(memory)
    heard = Heard(other)
    one.put(TOPIC, ("k",), 1)
    other.look()
    one.put(TOPIC, ("k",), None)
    one.put(TOPIC, ("another",), 2)
    one.put(TOPIC, ("third",), 3)
    one.put(TOPIC, ("k",), 4)
    other.look()
    assert heard.values == {("k",): 4, ("another",): 2, ("third",): 3}


def test_who_comes_late_hears_all(memory: int) -> None:
    one = Board(memory)
    for number in range(100):
        one.put(TOPIC, (number,), number)
    one.put(TOPIC, (7,), None)
    heard = Heard(Board(memory))
    assert heard.values == {(number,): number for number in range(100) if number != 7}


def test_who_missed_more_than_the_ring_holds_hears_all(memory: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RING", 16)
    one, other = Board(memory), Board(memory)
    heard = Heard(other)
    one.put(TOPIC, ("early",), 0)
    other.look()
    one.put(TOPIC, ("early",), None)
    for number in range(40):
        one.put(TOPIC, (number % 10,), number)
    other.look()
    assert heard.values == {(number % 10,): number for number in range(30, 40)}


def test_what_a_process_owns_goes_with_it(memory: int) -> None:
    one, other = Board(memory), Board(memory)
    heard = Heard(other)
    one.put(TOPIC, ("busy", 41), 3, owner=41)
    one.put(TOPIC, ("busy", 42), 1, owner=42)
    one.put(TOPIC, ("rest",), 1)
    other.look()
    one.forget(41)
    other.look()
    assert heard.values == {("busy", 42): 1, ("rest",): 1}


def test_who_forgets_hears_of_it_too(memory: int) -> None:
    board = Board(memory)
    heard = Heard(board)
    Board(memory).put(TOPIC, ("busy", 41), 3, owner=41)
    board.forget(41)
    assert heard.told == [(("busy", 41), 3), (("busy", 41), None)]


def test_what_is_too_large_is_refused_and_the_old_value_gone(memory: int) -> None:
    one, other = Board(memory), Board(memory)
    heard = Heard(other)
    assert one.put(TOPIC, ("k",), "small")
    assert not one.put(TOPIC, ("k",), "x" * PLACE_BYTES)
    other.look()
    assert heard.values == {}


def test_a_key_that_is_no_text_is_refused(memory: int) -> None:
    assert not Board(memory).put(TOPIC, (b"\xff".decode("utf-8", "surrogateescape"),), 1)


def test_a_full_board_refuses_new_keys_and_keeps_the_old(memory: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PLACES", 4)
    board = Board(memory)
    assert [board.put(TOPIC, (number,), number) for number in range(5)] == [True, True, True, True, False]
    assert board.put(TOPIC, (0,), 9)
    board.put(TOPIC, (1,), None)
    assert board.put(TOPIC, (4,), 4)
    assert Heard(Board(memory)).values == {(0,): 9, (2,): 2, (3,): 3, (4,): 4}


def test_exclusive_begins_with_what_others_have_written(memory: int) -> None:
    one, other = Board(memory), Board(memory)
    heard = Heard(other)
    one.put(TOPIC, ("k",), 1)
    with other.exclusive():
        assert heard.values == {("k",): 1}
        with other.exclusive():
            other.put(TOPIC, ("k",), 2)
    assert Heard(Board(memory)).values == {("k",): 2}


def in_a_process(work: Callable[[], None]) -> int:
    """Run it in a fork; its process id."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return child


def test_processes_that_count_together_lose_nothing(memory: int) -> None:
    def count() -> None:
        board = Board(memory)
        heard = Heard(board)
        for _ in range(500):
            with board.exclusive():
                number = heard.values.get(("turn",), 0)
                assert isinstance(number, int)
                heard.values["turn",] = number + 1
                board.put(TOPIC, ("turn",), number + 1)

    for child in [in_a_process(count) for _ in range(3)]:
        os.waitpid(child, 0)
    assert Heard(Board(memory)).values == {("turn",): 1500}


def test_who_is_killed_amid_a_write_blocks_nobody_and_spoils_nothing(memory: int) -> None:
    board = Board(memory)
    board.put(TOPIC, ("before",), 1)

    def die_writing() -> None:
        dying = Board(memory)
        Heard(dying)

        def remember(place: int, name: bytes) -> None:
            os.kill(os.getpid(), signal.SIGKILL)

        with dying.exclusive():
            dying._sequence = [dying._sequence[0]]  # pyright: ignore[reportAttributeAccessIssue] - never announced
            dying._remember = remember  # pyright: ignore[reportAttributeAccessIssue]
            dying.put(TOPIC, ("torn",), 2)

    _, status = os.waitpid(in_a_process(die_writing), 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    board.put(TOPIC, ("after",), 3)
    assert Heard(Board(memory)).values == {("before",): 1, ("after",): 3}


def test_a_file_lock_holds_across_processes(memory: int, tmp_path: Path) -> None:
    counter = tmp_path / "count"
    counter.write_text("0")

    def count() -> None:
        board = Board(memory, tmp_path)
        for _ in range(200):
            with board.locked("journal"):
                counter.write_text(str(int(counter.read_text()) + 1))

    for child in [in_a_process(count) for _ in range(3)]:
        os.waitpid(child, 0)
    assert counter.read_text() == "600"


def test_without_its_folder_a_file_lock_is_done_without(memory: int, tmp_path: Path) -> None:
    with Board(memory, tmp_path / "gone").locked("state"):
        pass
    with Board(memory).locked("state"):
        pass
