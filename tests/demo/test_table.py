"""The table: aligned, within the width, the same without a terminal."""

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from ccrouter.demo.client import Outcome
from ccrouter.demo.scenarios import demo_requests
from ccrouter.demo.table import OutcomeTable

REQUEST = demo_requests()[0]
GOOD = Outcome(REQUEST, "default", "demo,demo-chat", "an ordinary request", "Hello " * 60, 49_697, 12, 4.31, 80.0)
BAD = Outcome(REQUEST, "default", "demo,demo-chat", "an ordinary request", failure="the stream ended early")


def printed(width: int, *outcomes: Outcome) -> list[str]:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    table = OutcomeTable(console)
    table.heading()
    for outcome in outcomes:
        table.row(outcome)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [72, 80, 100, 140, 200])
def test_no_line_is_wider_than_the_terminal(width: int):
    chinese = Outcome(REQUEST, "default", "提供商,模型" * 9, "理由" * 40, "回答" * 90, 1, 1, 1.0, 1.0)
    assert max(cell_len(line) for line in printed(width, GOOD, BAD, chinese)) <= width


def test_narrow_terminals_get_why_and_answer_below():
    heading, rule, row, why, answer = printed(80, GOOD)
    assert heading.split() == ["scenario", "provider,model", "tokens", "in", "out", "first", "byte"]
    assert set(rule.strip()) == {"─"}
    assert row.split() == ["default", "demo,demo-chat", "49,697", "12", "4.3", "ms"]
    assert why.split(maxsplit=1) == ["why", "an ordinary request"]
    assert answer.strip().endswith("…")


def test_numbers_stand_under_their_headings():
    heading, _, row, *_ = printed(80, GOOD)
    assert heading.index("tokens in") + len("tokens in") == row.index("49,697") + len("49,697")
    assert heading.index("first byte") + len("first byte") == row.index("4.3 ms") + len("4.3 ms")


def test_wide_terminals_get_one_line():
    assert len(printed(160, GOOD, GOOD)) == 4


def test_a_failure_says_so():
    assert "FAILED: the stream ended early" in "\n".join(printed(80, BAD))
