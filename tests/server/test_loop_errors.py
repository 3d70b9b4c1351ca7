"""What the event loop reports of its own accord."""

import asyncio
import logging
from typing import Any

import pytest

from ccrouter.server.loop_errors import handle_loop_error


async def test_a_broken_connection_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    context: dict[str, Any] = {
        "message": "Fatal error on SSL protocol",
        "exception": ConnectionResetError(104, "reset"),
        "transport": object(),
    }
    with caplog.at_level(logging.DEBUG, "ccrouter.server"):
        handle_loop_error(asyncio.get_running_loop(), context)
    assert [record.levelname for record in caplog.records] == ["DEBUG"]


@pytest.mark.parametrize(
    "context",
    [
        {"message": "Task exception was never retrieved", "exception": OSError("disk full")},
        {"message": "Fatal error", "exception": RuntimeError("ours"), "transport": object()},
        {"message": "no exception at all"},
    ],
)
async def test_anything_else_is_told_as_ever(context: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    handle_loop_error(asyncio.get_running_loop(), context)
    assert [(record.levelname, record.name) for record in caplog.records] == [("ERROR", "asyncio")]
