"""The log file: format, rotation, permissions, and calm when it cannot be written."""

import asyncio
import io
import logging
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Generator
from pathlib import Path

import pytest

from ccrouter.daemon import logs
from ccrouter.daemon.logs import CommonLogFile, LogFile, OneLine, open_log
from ccrouter.log_messages import MOST_WAITING, UnhurriedLog
from tests.unhurried import Said

POSIX = pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")


def record(message: str, *arguments: object, level: int = logging.INFO) -> logging.LogRecord:
    return logging.LogRecord("ccrouter.test", level, __file__, 1, message, arguments or None, None)


def served(number: int) -> logging.LogRecord:
    return logging.LogRecord("ccrouter.test", logging.INFO, __file__, 1, Said(f"served {number}"), None, None)


@pytest.fixture
def logger(tmp_path: Path) -> Generator[logging.Logger]:
    """Writes to `x.log`."""
    logger, handler = logging.getLogger(Said.logger), open_log(tmp_path / "x.log")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield logger
    logger.propagate = True
    logger.setLevel(logging.NOTSET)
    logger.removeHandler(handler)
    handler.close()


def messages(log: Path) -> list[str]:
    return [line.partition(": ")[2] for line in log.read_text().splitlines()]


def lines_of_all(folder: Path) -> list[str]:
    """Of the log and its older files, the oldest first."""
    files = sorted(folder.iterdir(), reverse=True)
    assert len(files) > 2
    return [line for file in files for line in file.read_text().splitlines()]


def test_a_record_is_one_line_with_an_iso_time(tmp_path: Path) -> None:
    log = tmp_path / "folder" / "x.log"
    handler = open_log(log, "info")
    handler.handle(record("hello %s\nFAKE 2026 line", "Wörld"))
    handler.close()
    lines = log.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1
    time, level, name, rest = lines[0].split(" ", 3)
    assert (level, name, rest) == ("INFO", "ccrouter.test:", "hello Wörld\\nFAKE 2026 line")
    assert time[10] == "T"
    assert time[-6] in "+-"


def test_a_traceback_is_indented() -> None:
    try:
        raise ValueError("inner\ntext")
    except ValueError:
        entry = logging.LogRecord("n", logging.ERROR, __file__, 1, "failed", None, sys.exc_info())
    first, *rest = OneLine().format(entry).splitlines()
    assert first.endswith("ERROR n: failed")
    assert rest
    assert all(line.startswith("    ") for line in rest)


@POSIX
def test_only_the_owner_reads_it_and_its_older_files(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_text("from an older version\n")
    log.chmod(0o644)
    handler = LogFile(log, max_bytes=200, backups=2)
    for number in range(20):
        handler.handle(record(f"line {number:02d} " + "x" * 50))
    handler.close()
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["x.log", "x.log.1", "x.log.2"]
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in files] == [0o600] * 3
    assert "line 19" in log.read_text()


def test_an_unwritable_log_falls_back_to_stderr_with_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    handler = open_log(tmp_path / "file" / "x.log", "info")
    handler.handle(record("still heard"))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert "cannot be written" in lines[0]
    assert lines[1].endswith("still heard")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_raises_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    handler = open_log(Path("/dev/full"), "info")
    for _ in range(3):
        handler.handle(record("x" * 10_000))
    handler.close()
    assert capsys.readouterr().err == ""


def test_a_rotation_that_fails_loses_no_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "x.log"
    handler = LogFile(log, max_bytes=100, backups=2)

    def refuse(source: str, destination: str) -> None:
        raise PermissionError(13, "used by another process")  # what Windows says while a reader has the file open

    monkeypatch.setattr(os, "rename", refuse)
    for number in range(5):
        handler.handle(record(f"line {number} " + "x" * 60))
    monkeypatch.undo()
    handler.close()
    assert [f"line {number}" in log.read_text() for number in range(5)] == [True] * 5


def test_stdout_and_stderr_follow_a_rotation(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    program = (
        "import logging, os, pathlib, sys\n"
        "from ccrouter.daemon.logs import LogFile\n"
        "handler = LogFile(pathlib.Path(sys.argv[1]), max_bytes=50, backups=3)\n"
        "handler.handle(logging.LogRecord('n', 20, '', 1, 'first ' + 'x' * 40, None, None))\n"
        "handler.handle(logging.LogRecord('n', 20, '', 1, 'second ' + 'x' * 40, None, None))\n"
        "os.write(2, b'late words\\n'); os.write(1, b'late print\\n')\n"
    )
    with log.open("ab") as stream:
        subprocess.run([sys.executable, "-c", program, str(log)], stdout=stream, stderr=stream, check=True)
    now, before = log.read_text(), (tmp_path / "x.log.1").read_text()
    assert "late words" in now
    assert "late print" in now
    assert "late" not in before


@POSIX
def test_several_writers_rotate_once_and_lose_no_line(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    handlers = [CommonLogFile(log, max_bytes=2_000, backups=5) for _ in range(3)]
    for number in range(120):
        handlers[number % 3].handle(record("line %03d of many, to fill the file", number))
    for handler in handlers:
        handler.close()
    files = sorted(tmp_path.iterdir())
    lines = [line for file in files for line in file.read_text().splitlines()]
    assert sorted(lines) == [f"line {number:03d} of many, to fill the file" for number in range(120)]
    sizes = [file.stat().st_size for file in files]
    assert len(files) == 3, f"rotated too often: {sizes}"
    assert max(sizes) <= 2_000


@POSIX
def test_a_writer_that_slept_through_rotations_goes_on_in_the_new_file(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    awake, asleep = (CommonLogFile(log, max_bytes=200, backups=2) for _ in range(2))
    for number in range(50):
        awake.handle(record("line %d", number))
    asleep.handle(record("the first after a long sleep"))
    for handler in (awake, asleep):
        handler.close()
    assert "the first after a long sleep" in log.read_text()


async def test_lines_of_requests_wait_a_moment_for_each_other(tmp_path: Path) -> None:
    handler = open_log(tmp_path / "x.log")
    for number in range(3):
        handler.handle(served(number))
    assert messages(tmp_path / "x.log") == []
    await asyncio.sleep(3 * logs.WAIT_SECONDS)
    assert messages(tmp_path / "x.log") == ["served 0", "served 1", "served 2"]
    handler.handle(served(3))
    await asyncio.sleep(3 * logs.WAIT_SECONDS)
    assert messages(tmp_path / "x.log")[3:] == ["served 3"]
    handler.close()


async def test_they_have_the_time_of_their_message(tmp_path: Path) -> None:
    handler = open_log(tmp_path / "x.log")
    earlier = served(0)
    assert isinstance(earlier.msg, Said)
    earlier.msg.created = 1_000_000_000.25
    handler.handle(earlier)
    handler.flush()
    time, level, name, text = (tmp_path / "x.log").read_text().split(" ", 3)
    assert ":40.250" in time
    assert (level, name, text) == ("INFO", f"{Said.logger}:", "served 0\n")
    handler.close()


async def test_messages_without_records_are_written_with_the_others_in_order(
    tmp_path: Path, logger: logging.Logger
) -> None:
    log = UnhurriedLog(Said)
    logger.propagate = False  # only now, or pytest gives it a handler
    for number in range(3):
        log.log(Said(f"served {number}"))
    assert messages(tmp_path / "x.log") == []
    logger.warning("trouble")
    assert messages(tmp_path / "x.log") == ["served 0", "served 1", "served 2", "trouble"]
    for number in range(3, 6):
        log.log(Said(f"served {number}"))
    await asyncio.sleep(3 * logs.WAIT_SECONDS)
    assert messages(tmp_path / "x.log")[4:] == ["served 3", "served 4", "served 5"]
    for number in range(MOST_WAITING + 1):
        log.log(Said(f"served {number}"))
    assert len(messages(tmp_path / "x.log")) == 7 + MOST_WAITING + 1


async def test_no_message_is_lost_between_threads(tmp_path: Path, logger: logging.Logger) -> None:
    log = UnhurriedLog(Said)
    logger.propagate = False  # only now, or pytest gives it a handler

    def trouble() -> None:
        for _ in range(500):
            logger.warning("trouble")

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [asyncio.ensure_future(asyncio.to_thread(trouble)) for _ in range(2)]
        for number in range(5_000):
            log.log(Said(f"served {number}"))
            if number % 100 == 0:
                await asyncio.sleep(0)
        await asyncio.gather(*threads)
        await asyncio.sleep(3 * logs.WAIT_SECONDS)
        lines = messages(tmp_path / "x.log")
    finally:
        sys.setswitchinterval(interval)
    assert [line for line in lines if line != "trouble"] == [f"served {number}" for number in range(5_000)]
    assert lines.count("trouble") == 1_000


async def test_any_other_line_waits_for_nothing_and_comes_after_them(tmp_path: Path) -> None:
    handler = open_log(tmp_path / "x.log")
    handler.handle(served(0))
    handler.handle(record("trouble", level=logging.ERROR))
    handler.handle(served(1))
    assert messages(tmp_path / "x.log") == ["served 0", "trouble"]
    handler.handle(record("news"))
    assert messages(tmp_path / "x.log")[2:] == ["served 1", "news"]
    handler.close()


async def test_not_too_many_wait(tmp_path: Path) -> None:
    handler = open_log(tmp_path / "x.log")
    for number in range(MOST_WAITING):
        handler.handle(served(number))
    assert messages(tmp_path / "x.log") == []
    handler.handle(served(MOST_WAITING))
    assert messages(tmp_path / "x.log") == [f"served {number}" for number in range(MOST_WAITING + 1)]
    handler.close()


async def test_what_waits_is_written_when_the_log_is_closed(tmp_path: Path) -> None:
    handler = open_log(tmp_path / "x.log")
    handler.handle(served(0))
    handler.close()
    assert messages(tmp_path / "x.log") == ["served 0"]


async def test_a_thread_without_a_loop_writes_for_all(tmp_path: Path) -> None:
    handler = open_log(tmp_path / "x.log")
    handler.handle(served(0))
    thread = threading.Thread(target=handler.handle, args=(record("from a thread"),))
    thread.start()
    await asyncio.to_thread(thread.join)
    assert messages(tmp_path / "x.log") == ["served 0", "from a thread"]
    handler.close()


def test_without_an_event_loop_nothing_waits(tmp_path: Path) -> None:
    handler = open_log(tmp_path / "x.log")
    for number in range(2):
        handler.handle(served(number))
        assert len(messages(tmp_path / "x.log")) == number + 1
    handler.close()


async def test_what_waits_is_written_at_the_end_of_the_process(tmp_path: Path) -> None:
    program = (
        "import asyncio, logging, pathlib, sys\n"
        "from ccrouter.daemon.logs import open_log\n"
        "from ccrouter.log_messages import Unhurried\n"
        "class Served(Unhurried): logger = 'x'; __str__ = lambda self: 'served'\n"
        "logging.getLogger().addHandler(open_log(pathlib.Path(sys.argv[1])))\n"
        "logging.getLogger().setLevel(logging.INFO)\n"
        "async def main():\n"
        "    logging.info(Served())\n"
        "    sys.exit(3)\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, str(tmp_path / "x.log"))
    assert await process.wait() == 3
    assert messages(tmp_path / "x.log") == ["served"]


async def test_a_record_that_cannot_be_put_into_words_takes_no_other_along(tmp_path: Path) -> None:
    handler = open_log(tmp_path / "x.log")
    handler.handle(served(0))
    handler.handle(record("%d", "no number"))
    handler.handle(record("after"))
    assert messages(tmp_path / "x.log") == ["served 0", "after"]
    handler.close()


@pytest.mark.parametrize("kind", [LogFile, pytest.param(CommonLogFile, marks=POSIX)])
async def test_lines_that_waited_are_whole_and_in_order_over_a_rotation(tmp_path: Path, kind: type[LogFile]) -> None:
    handler = kind(tmp_path / "x.log", max_bytes=200, backups=9)
    for number in range(60):
        handler.handle(served(number))
        if number % 7 == 0:
            handler.flush()
    handler.close()
    assert lines_of_all(tmp_path) == [f"served {number}" for number in range(60)]


async def test_the_terminal_gets_the_same_lines(tmp_path: Path) -> None:
    terminal = io.StringIO()
    handler = open_log(tmp_path / "x.log", terminal=terminal)
    handler.handle(served(0))
    handler.handle(record("hello"))
    assert terminal.getvalue() == (tmp_path / "x.log").read_text()
    assert len(terminal.getvalue().splitlines()) == 2
    terminal.close()
    handler.handle(record("nobody at the terminal"))
    handler.close()
    assert messages(tmp_path / "x.log")[2:] == ["nobody at the terminal"]
