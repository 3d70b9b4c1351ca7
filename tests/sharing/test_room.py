"""A part's own values; nothing at all where there is one process."""

import logging
import os
import sys
from collections.abc import Iterator

import pytest

if sys.platform == "win32":
    pytest.skip("several workers need Linux or macOS", allow_module_level=True)

from ccrouter.model.json import Json
from ccrouter.sharing.board import PLACE_BYTES, Board, new_board_file
from ccrouter.sharing.room import ALONE, Key, Room


@pytest.fixture
def memory() -> Iterator[int]:
    descriptor = new_board_file()
    yield descriptor
    os.close(descriptor)


def test_alone_nothing_is_told() -> None:
    told: list[Key] = []
    ALONE.follow("rest", lambda key, value: told.append(key))
    with ALONE.exclusive(), ALONE.locked("state"):
        ALONE.put("rest", ("k",), 1)
    ALONE.look()
    assert told == []
    assert not ALONE.shared


def test_rooms_of_one_part_share_and_others_do_not(memory: int) -> None:
    mine = Room(Board(memory), "main")
    other_board = Board(memory)
    told: list[tuple[str, Key, Json]] = []
    for part in ("main", "preset a"):
        Room(other_board, part).follow("rest", lambda key, value, part=part: told.append((part, key, value)))
    mine.put("rest", ("k",), 1)
    other_board.look()
    assert told == [("main", ("k",), 1)]


def test_who_leaves_is_told_no_more(memory: int) -> None:
    board = Board(memory)
    told: list[Key] = []
    room = Room(board, "preset a")
    room.follow("rest", lambda key, value: told.append(key))
    room.leave()
    Room(Board(memory), "preset a").put("rest", ("k",), 1)
    board.look()
    assert told == []


def test_what_is_its_own_goes_with_the_process(memory: int) -> None:
    board = Board(memory)
    Room(board, "main").put("open", ("t",), 1, own=True)
    Room(board, "main").put("rest", ("k",), 1)
    board.forget(os.getpid())
    told: list[Key] = []
    Room(Board(memory), "main").follow("open", lambda key, value: told.append(key))
    Room(Board(memory), "main").follow("rest", lambda key, value: told.append(key))
    assert told == [("k",)]


def test_what_does_not_fit_is_said_once(memory: int, caplog: pytest.LogCaptureFixture) -> None:
    room = Room(Board(memory), "main")
    with caplog.at_level(logging.WARNING):
        for number in range(3):
            room.put("rest", (number,), "x" * PLACE_BYTES)
    assert len([record for record in caplog.records if "not shared between the workers" in record.message]) == 1
