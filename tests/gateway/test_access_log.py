"""The line of a request: its cost is there where it is known."""

import logging

import pytest

from ccrouter.gateway.access_log import RequestLine, log_line
from ccrouter.gateway.types import Record
from ccrouter.model.events import Usage


@pytest.mark.parametrize(
    ("cost", "words"), [(0.0123, "cost=0.012300"), (0.0000086, "cost=0.000009"), (0.0, "cost=0.000000"), (None, None)]
)
def test_cost(cost: float | None, words: str | None) -> None:
    line = log_line(Record("req_1", cost=cost))
    assert words in line if words is not None else "cost=" not in line


def test_the_message_is_the_line(caplog: pytest.LogCaptureFixture) -> None:
    """A `%` in it is no place for an argument."""
    record = Record("req_1", reason="more than 50%d of it")
    with caplog.at_level(logging.INFO):
        logging.getLogger("ccrouter.requests").info(RequestLine(record))
    assert caplog.messages == [log_line(record)]
    assert "50%d" in caplog.text


def test_all_that_a_line_can_tell() -> None:
    record = Record(
        "req_1",
        session="5f0c2c5e-0000",
        scenario="think",
        reason="thinking is\nenabled",
        target="p,m",
        streamed=True,
        status=200,
        attempts=2,
        usage=Usage(5, 7, 100, 20),
        first_byte=0.0126,
        total=2.0,
        error="torn twice",
        failures=["p,m: too busy", "short"],
        rescued_by=("q,n", "r,o"),
        hints="qwen (built in)",
        looks=3,
        cost=0.5,
    )
    assert log_line(record) == (
        "id=req_1 session=5f0c2c5e status=200 scenario=think target=p,m in=125 cached=100 out=7 first_byte=13ms "
        'total=2000ms attempts=2 stream=yes reason="thinking is enabled" cost=0.500000 hints="qwen (built in)" looks=3 '
        'rescued=2 rescued_by="q,n > r,o" error="torn twice" failed="p,m: too busy" failed=short'
    )
    assert log_line(Record("req_2")) == (
        "id=req_2 session=- status=- scenario=- target=- in=0 cached=0 out=0 first_byte=- total=- attempts=0 stream=no "
        'reason=""'
    )
