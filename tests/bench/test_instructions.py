"""Counting instructions: what is read from callgrind, and what is compared."""

import pytest
from rich.console import Console

from bench.__main__ import chosen
from bench.instructions import measurable, requests_of, table, totals
from bench.scenarios import all_scenarios


def test_reads_the_total_of_a_dump():
    assert totals("version: 1\nevents: Ir\nfn=(1) main\n1 5\n\ntotals: 30117423\n") == 30_117_423
    with pytest.raises(ValueError, match="without totals"):
        totals("version: 1\nevents: Ir\n")


def test_leaves_out_what_keeps_a_pace():
    assert set(all_scenarios()) - set(measurable()) == {"paced-64", "open-1000"}


def test_every_connection_is_used_more_than_once():
    assert requests_of(all_scenarios()["small-32"]) >= 3 * 32
    assert requests_of(all_scenarios()["long-200k"]) == 3


def test_the_table_gives_the_multiple_of_the_floor_and_does_without_one():
    console = Console(width=100)
    with console.capture() as captured:
        console.print(table({"small": {"pass-through": [500e3, 600e3, 700e3], "ccrouter": [1.2e6]}}))
        console.print(table({"small": {"ccrouter": [1.2e6]}}))
    first, second = (line.split() for line in captured.get().splitlines() if line.startswith("small"))
    assert first == ["small", "600", "k", "1,200", "k", "2.00", "0.0", "%", "2"]
    assert second == ["small", "1,200", "k", "0.0", "%", "2"]


def test_without_a_command_the_comparison_runs():
    assert chosen(["--quick"]) == ("comparison", ["--quick"])
    assert chosen(["instructions", "--rounds", "1"]) == ("instructions", ["--rounds", "1"])
