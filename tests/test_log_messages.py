"""Messages that can wait: who gets them, and how."""

import logging
from collections.abc import Callable, Generator

import pytest

from ccrouter.log_messages import Gathering, Unhurried, UnhurriedLog
from tests.unhurried import Said


class Gatherer(Gathering):
    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[Unhurried] = []
        self.records: list[logging.LogRecord] = []

    def gather(self, message: Unhurried) -> None:
        self.waiting.append(message)

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def without_records(self) -> list[str]:
        return list(map(str, self.waiting))


class Listener(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(record.getMessage())


@pytest.fixture
def gatherer() -> Generator[Gatherer]:
    """On the parent of the messages' logger, as the daemon's is on the root."""
    logger, parent, handler = logging.getLogger(Said.logger), logging.getLogger("ccrouter.test"), Gatherer()
    parent.addHandler(handler)
    parent.setLevel(logging.INFO)
    yield handler
    parent.propagate = True
    parent.setLevel(logging.NOTSET)
    parent.removeHandler(handler)
    logger.filters.clear()
    logger.handlers.clear()
    logger.setLevel(logging.NOTSET)
    logger.disabled = False
    logging.setLogRecordFactory(logging.LogRecord)


def alone() -> None:
    """Nobody else hears: pytest gives each logger that does not propagate a handler of its own before a test begins."""
    logging.getLogger("ccrouter.test").propagate = False


def test_the_one_who_gathers_gets_them_without_records(gatherer: Gatherer) -> None:
    alone()
    log = UnhurriedLog(Said)
    for text in "abc":
        log.log(Said(text))
    assert (gatherer.without_records, gatherer.records) == (["a", "b", "c"], [])


def listened(logger: logging.Logger, gatherer: Gatherer) -> None:
    del gatherer
    logger.addHandler(Listener())


def filtered(logger: logging.Logger, gatherer: Gatherer) -> None:
    del gatherer
    logger.addFilter(lambda record: True)


def filtered_by_the_handler(logger: logging.Logger, gatherer: Gatherer) -> None:
    del logger
    gatherer.addFilter(lambda record: True)


def other_records(logger: logging.Logger, gatherer: Gatherer) -> None:
    del logger, gatherer

    class Own(logging.LogRecord):
        pass

    logging.setLogRecordFactory(Own)


@pytest.mark.parametrize("change", [listened, filtered, filtered_by_the_handler, other_records])
def test_whoever_else_sees_records_sees_theirs(
    gatherer: Gatherer, change: Callable[[logging.Logger, Gatherer], None]
) -> None:
    alone()
    log, logger = UnhurriedLog(Said), logging.getLogger(Said.logger)
    change(logger, gatherer)
    for text in ("50%", "more"):
        log.log(Said(text))
    assert gatherer.without_records == []
    assert [record.getMessage() for record in gatherer.records] == ["50%", "more"]
    assert [handler.heard for handler in logger.handlers if isinstance(handler, Listener)] in ([], [["50%", "more"]])


def test_who_comes_later_is_heard_once_nothing_waits_any_more(gatherer: Gatherer) -> None:
    alone()
    log, logger, listener = UnhurriedLog(Said), logging.getLogger(Said.logger), Listener()
    log.log(Said("a"))
    logger.addHandler(listener)
    gatherer.waiting.clear()
    log.log(Said("b"))
    assert listener.heard == ["b"]


def disabled(logger: logging.Logger, gatherer: Gatherer) -> None:
    del gatherer
    logger.disabled = True


def silent(logger: logging.Logger, gatherer: Gatherer) -> None:
    del gatherer
    logger.setLevel(logging.WARNING)


def only_warnings(logger: logging.Logger, gatherer: Gatherer) -> None:
    del logger
    gatherer.setLevel(logging.WARNING)


def refusing(logger: logging.Logger, gatherer: Gatherer) -> None:
    del gatherer
    logger.addFilter(lambda record: False)


@pytest.mark.parametrize("change", [disabled, silent, only_warnings, refusing])
def test_who_wants_none_gets_none(gatherer: Gatherer, change: Callable[[logging.Logger, Gatherer], None]) -> None:
    alone()
    log, logger = UnhurriedLog(Said), logging.getLogger(Said.logger)
    change(logger, gatherer)
    log.log(Said("a"))
    assert (gatherer.without_records, gatherer.records) == ([], [])


def test_the_record_is_as_if_made_with_the_message() -> None:
    record = logging.LogRecord("", logging.INFO, "", 0, None, None, None)
    began = record.created - record.relativeCreated / 1000
    message = Said("50%")
    message.created = 1_000_000_000.25
    message.fill(record)
    assert (record.name, record.getMessage(), record.created) == (Said.logger, "50%", 1_000_000_000.25)
    assert record.msecs == pytest.approx(250)
    assert record.created - record.relativeCreated / 1000 == pytest.approx(began)
