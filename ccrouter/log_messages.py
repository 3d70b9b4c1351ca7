"""Log messages that can wait: they are put into words when many of them are written in one go.

A line costs a request little work, but much to fetch the code and data for it, which have left the processor's caches
since the request before: 18 µs by `logger.info`, a third of that here. The first of several messages looks for who is
to have them; the others are laid beside it.
"""

import logging
import time
from typing import ClassVar, Final

MOST_WAITING: Final = 100
"""Messages. One more, and they are written."""


class Unhurried:
    """A message of level INFO whose line may be written a moment later. What it says may not change until then.

    What tells of trouble is never one: that is written at once.
    """

    __slots__ = ("created",)
    logger: ClassVar[str]
    """By name."""

    def __init__(self) -> None:
        self.created = time.time()

    def fill(self, record: logging.LogRecord) -> None:
        """Make `record` the one that would have been made with the message."""
        record.name, record.msg = self.logger, self
        record.relativeCreated += (self.created - record.created) * 1000
        record.created, record.msecs = self.created, self.created % 1 * 1000


class Gathering(logging.Handler):
    """A handler that takes messages without records."""

    waiting: list[Unhurried]
    """What it writes soon. Whoever finds something in it may lay a message beside that."""

    def gather(self, message: Unhurried) -> None:
        """Write its line soon, after all that came before."""
        raise NotImplementedError


class UnhurriedLog:
    """Logs messages of one kind."""

    def __init__(self, kind: type[Unhurried]) -> None:
        self._logger = logging.getLogger(kind.logger)
        self._waiting: list[Unhurried] = []
        """The handler's, or one that stays empty."""

    def log(self, message: Unhurried) -> None:
        """`logger.info(message)`. Who is to have it is looked for where nothing waits: at most 20 times a second, or
        once in `MOST_WAITING` messages."""
        if 0 < len(self._waiting) < MOST_WAITING:
            self._waiting.append(message)
            return
        if not self._logger.isEnabledFor(logging.INFO):
            return
        handler = sole_handler(self._logger)
        if handler is None:
            self._logger.info(message)
        else:
            self._waiting = handler.waiting
            handler.gather(message)


def sole_handler(logger: logging.Logger) -> Gathering | None:
    """The handler that has what the logger is told, where nobody else would see, change or refuse the record."""
    if logger.filters or logging.getLogRecordFactory() is not logging.LogRecord:
        return None
    found: Gathering | None = None
    at: logging.Logger | None = logger
    while at is not None:
        for handler in at.handlers:
            if found is not None or not isinstance(handler, Gathering):
                return None
            if handler.filters or handler.level > logging.INFO:
                return None
            found = handler
        at = at.parent if at.propagate else None
    return found
