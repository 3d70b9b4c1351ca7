"""The log file: one line a record, rotated, readable by its owner only, and never a reason to fail.

A line by itself costs a request some 20 µs, for what it needs has left the processor's caches since the last one; of
several in a row each costs a quarter. So the lines of requests wait for each other, a few hundredths of a second.
"""

import asyncio
import logging
import logging.handlers
import os
import sys
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import IO, TypeAlias

from ccrouter.log_levels import level_of
from ccrouter.log_messages import MOST_WAITING, Gathering, Unhurried

MAX_BYTES = 10 * 1024 * 1024
BACKUPS = 5
ROTATION_PAUSE_SECONDS = 60.0
"""After a rotation that failed (on Windows a reader keeps the file from being renamed) the next try waits this long."""

WAIT_SECONDS = 0.05
"""How long a request's line may wait for others."""

STANDARD_OUTPUTS = (1, 2)

ExceptionInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def open_log(
    path: Path, level: str | int = "info", *, common: bool = False, terminal: IO[str] | None = None
) -> logging.Handler:
    """A handler that writes to `path`: 10 MB a file, 5 older files, mode 0600. `common`: other processes write it, too.
    `terminal` gets the same lines.

    Where the file cannot be written, the handler writes to stderr, after one line there that says why. Nothing is
    raised, neither here nor for a record: a full disk loses log lines, not requests.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = (CommonLogFile if common else LogFile)(path, terminal=terminal)
    except OSError as error:
        handler = QuietStreamHandler(sys.stderr)
        reason = error.strerror or str(error)
        line = f"The log {path} cannot be written ({reason}); logging to standard error instead."
        handler.handle(logging.LogRecord("ccrouter.log", logging.WARNING, __file__, 0, line, None, None))
    handler.setLevel(level_of(level))
    handler.setFormatter(OneLine())
    return handler


class OneLine(logging.Formatter):
    """`2026-11-20T09:45:00.123+01:00 INFO ccrouter.gateway: text`; a traceback follows on indented lines."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._second = -1
        self._date, self._offset = "", ""

    def format(self, record: logging.LogRecord) -> str:
        """The record's line. The base class gets to the same in twice the time, which each request would pay."""
        if record.exc_info or record.exc_text or record.stack_info:
            return super().format(record)
        line = f"{self.formatTime(record)} {record.levelname} {record.name}: {record.getMessage()}"
        return in_one_line(line)

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - logging's name
        """Local time with its offset, in milliseconds. Finding the offset is dear: it is done once a second."""
        second = int(record.created)
        if second != self._second:
            text = datetime.fromtimestamp(second).astimezone().isoformat()
            self._date, self._offset = text[:19], text[19:]
            self._second = second
        return f"{self._date}.{int(record.created % 1 * 1000):03d}{self._offset}"

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """A line break inside a message (from a client or an upstream) must not look like another record."""
        return in_one_line(super().formatMessage(record))

    def formatException(self, ei: ExceptionInfo) -> str:  # noqa: N802 - logging's name
        """The traceback, indented, so that a line that starts with a time is always a record."""
        return "\n".join(f"    {line}" for line in super().formatException(ei).splitlines())


def in_one_line(text: str) -> str:
    """`text` with its line breaks written out."""
    return text.replace("\r", "\\r").replace("\n", "\\n")


class QuietStreamHandler(logging.StreamHandler[IO[str]]):
    """Writes records to a stream; one that cannot be written is lost without a word."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """There is no better place to say that the log cannot be written."""


class LogFile(logging.handlers.RotatingFileHandler, Gathering):
    """The rotated file. Where stdout or stderr is this very file (`ccr start` arranges that), they follow it.

    Lines are in the order of their records. An `Unhurried` message may wait; any other record, the end of the process
    and whatever else closes or flushes the handler have everything written.
    """

    def __init__(
        self, path: Path, max_bytes: int = MAX_BYTES, backups: int = BACKUPS, terminal: IO[str] | None = None
    ) -> None:
        self._next_rotation = 0.0
        self._size = 0
        self.waiting: list[Unhurried] = []
        self._late = logging.LogRecord("", logging.INFO, "(unknown file)", 0, None, None, None)
        """The record of each waiting message in turn."""
        self._terminal = terminal
        super().__init__(path, maxBytes=max_bytes, backupCount=backups)
        self._followers = [descriptor for descriptor in STANDARD_OUTPUTS if _is_same_file(descriptor, path)]

    def _open(self) -> TextIOWrapper:
        descriptor = _open_private(self.baseFilename)
        self._size = os.fstat(descriptor).st_size
        return os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")

    def emit(self, record: logging.LogRecord) -> None:
        """Have the record's line written, now or soon. The caller holds the handler's lock."""
        if isinstance(record.msg, Unhurried):
            self._wait(record.msg)
        else:
            self._write(self._lines_waiting() + self._line(record))

    def gather(self, message: Unhurried) -> None:
        """Have its line written soon."""
        self.acquire()
        try:
            self._wait(message)
        finally:
            self.release()

    def flush(self) -> None:
        """Write what waits."""
        self.acquire()
        try:
            self._write(self._lines_waiting())
        finally:
            self.release()

    def _wait(self, message: Unhurried) -> None:
        first = not self.waiting
        self.waiting.append(message)
        if len(self.waiting) > MOST_WAITING or (first and not self._flush_soon()):
            self._write(self._lines_waiting())

    def _flush_soon(self) -> bool:
        """False where no event loop could do it.

        Nobody calls it off where everything is written sooner, so that what is laid beside a message while that is
        being written has its time, too.
        """
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return False
        loop.call_later(WAIT_SECONDS, self.flush)
        return True

    def _lines_waiting(self) -> str:
        """The lines of what waits, which then waits no more."""
        number = len(self.waiting)  # nobody who lays something beside them asks for the lock
        lines: list[str] = []
        for message in self.waiting[:number]:
            message.fill(self._late)
            lines.append(self._line(self._late))
        del self.waiting[:number]
        return "".join(lines)

    def _line(self, record: logging.LogRecord) -> str:
        """Nothing for a record whose arguments do not fit its message."""
        try:
            return f"{self.format(record)}\n"
        except Exception:  # noqa: BLE001 - as logging's own handlers do
            return ""

    def _write(self, lines: str) -> None:
        """In one go: no other process' line comes between. A text stream's own way takes three times as long."""
        if not lines:
            return
        written = lines.encode("utf-8", "backslashreplace")
        with suppress(OSError, ValueError):  # a full disk loses lines, and a file that is closed
            if self._is_full(len(written)):
                self.doRollover()
            if self.stream is None:
                self.stream = self._open()
            self._size += os.write(self.stream.fileno(), written)
        if self._terminal is not None:
            with suppress(OSError, ValueError):
                self._terminal.write(lines)
                self._terminal.flush()

    def _is_full(self, more: int) -> bool:
        """Whether so many bytes are too many for the file, except for a while after a rotation that failed.

        The base class asks the file system and formats the record a second time for each line; how long the file is
        is known without (but for what stdout and stderr add, which is little).
        """
        return self._size + more >= self.maxBytes and time.monotonic() >= self._next_rotation

    def doRollover(self) -> None:  # noqa: N802 - logging's name
        """Rotate; where that is not possible go on in the same file."""
        _point_at_nothing(self._followers)  # Windows renames no file that is open, and these hold it open
        try:
            super().doRollover()
        except OSError:
            self._next_rotation = time.monotonic() + ROTATION_PAUSE_SECONDS
            if self.stream is None or self.stream.closed:
                self.stream = self._open()
        if self.stream is not None:
            for descriptor in self._followers:
                os.dup2(self.stream.fileno(), descriptor)


class CommonLogFile(LogFile):
    """The same file, written by several processes: one of them rotates it, the others follow. Linux and macOS."""

    def _is_full(self, more: int) -> bool:
        """How long the file is only the file system knows: others write it, too."""
        if self.stream is None or time.monotonic() < self._next_rotation:
            return False
        return os.fstat(self.stream.fileno()).st_size + more >= self.maxBytes

    def doRollover(self) -> None:  # noqa: N802 - logging's name
        """Rotate, unless another process has done so meanwhile; then write where the others do."""
        with _alone_in(Path(self.baseFilename).parent):
            if self.stream is None or _is_same_file(self.stream.fileno(), Path(self.baseFilename)):
                super().doRollover()
                return
            self.stream.close()
            self.stream = self._open()
        for descriptor in self._followers:
            os.dup2(self.stream.fileno(), descriptor)


@contextmanager
def _alone_in(folder: Path) -> Generator[None]:
    """No other process rotates a log of this folder meanwhile."""
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _open_private(path: str) -> int:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with suppress(OSError):
        Path(path).chmod(0o600)  # a file that another version left readable for everyone
    return descriptor


def _is_same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


def _point_at_nothing(descriptors: Iterable[int]) -> None:
    nothing = os.open(os.devnull, os.O_WRONLY)
    for descriptor in descriptors:
        os.dup2(nothing, descriptor)
    os.close(nothing)
