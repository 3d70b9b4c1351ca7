"""The line of a request: its cost is there where it is known."""

import logging

import pytest

from ccrouter.gateway.access_log import RequestLine, log_line
from ccrouter.gateway.types import Record


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
