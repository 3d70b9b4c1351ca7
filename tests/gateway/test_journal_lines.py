"""Records in one piece: found, counted, bounded."""

import orjson
import pytest

from ccrouter.gateway.journal_lines import Lines, records_in


def line(name: str, **more: object) -> bytes:
    return orjson.dumps({"id": name, "at": 1.0, **more})


def test_records_are_found_by_their_ids() -> None:
    lines = Lines(10, 10_000)
    assert lines.find("req_1") is None
    lines.add([line("req_1"), line("req_12")])
    lines.add([line('a "quoted" one')])
    for name in ("req_1", "req_12", 'a "quoted" one'):
        assert lines.find(name) == line(name)
    for name in ("req_2", "eq_1", "", "req_"):
        assert lines.find(name) is None


def test_what_a_record_says_is_no_id() -> None:
    lines = Lines(10, 10_000)
    lines.add([line("req_1", reason='{"id":"req_2","at"'), line("req_3", inner={"id": "req_2", "at": 1.0})])
    assert lines.find("req_2") is None


def test_the_newest_comes_first_and_counts() -> None:
    lines = Lines(10, 10_000)
    lines.add([line("req_1", cost=1), line("req_2")])
    lines.add([line("req_1", cost=2)])
    assert [orjson.loads(found)["id"] for found in lines.newest()] == ["req_1", "req_2", "req_1"]
    assert lines.find("req_1") == line("req_1", cost=2)


@pytest.mark.parametrize("at_once", [1, 3, 100])
def test_they_are_bounded_in_number(at_once: int) -> None:
    lines = Lines(7, 10_000)
    made = [line(f"req_{number}") for number in range(100)]
    for start in range(0, 100, at_once):
        lines.add(made[start : start + at_once])
    assert list(lines.newest()) == made[:-8:-1]


@pytest.mark.parametrize("at_once", [1, 3, 100])
def test_they_are_bounded_in_bytes(at_once: int) -> None:
    made = [line(f"req_{number:03}", error="e" * 50) for number in range(100)]
    lines = Lines(100, 4 * len(made[0]) + 5)
    for start in range(0, 100, at_once):
        lines.add(made[start : start + at_once])
    assert list(lines.newest()) == made[:-5:-1]


def test_one_that_is_too_large_is_not_kept() -> None:
    lines = Lines(10, 100)
    lines.add([line("req_1"), line("large", error="e" * 200)])
    assert list(lines.newest()) == []


def test_of_a_file_the_records_are_taken_whatever_their_order() -> None:
    found = list(records_in([b'{"at":2.0,"id":"req_1"}', b'{"id":"req_2","at', b"[]", b'{"at":3}', line("req_3")]))
    assert [orjson.loads(each) for each in found] == [{"id": "req_1", "at": 2.0}, {"id": "req_3", "at": 1.0}]
    lines = Lines(10, 10_000)
    lines.add(found)
    assert lines.find("req_1") == found[0]
