"""LOG and LOG_LEVEL."""

import logging
from collections.abc import Iterator

import pytest

from ccrouter.log_levels import TRACE, apply_log_level, level_of


@pytest.fixture(autouse=True)
def _level_as_before() -> Iterator[None]:  # pyright: ignore[reportUnusedFunction] - pytest calls it
    logger = logging.getLogger("ccrouter")
    before = logger.level
    yield
    logger.setLevel(before)


def test_level_names_of_pino_and_python() -> None:
    assert level_of("trace") == TRACE < logging.DEBUG
    assert level_of("WARN") == logging.WARNING
    assert level_of("fatal") == logging.CRITICAL
    assert level_of("whatever") == logging.INFO
    assert level_of(logging.ERROR) == logging.ERROR


def test_they_hold_for_every_logger_of_ours() -> None:
    requests = logging.getLogger("ccrouter.requests")
    apply_log_level(True, "warn")
    assert not requests.isEnabledFor(logging.INFO)
    assert requests.isEnabledFor(logging.WARNING)
    apply_log_level(False, "debug")
    assert not requests.isEnabledFor(logging.CRITICAL)
