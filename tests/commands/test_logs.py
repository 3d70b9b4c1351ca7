"""`ccr logs`."""

import itertools
import os
import random
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ccrouter.commands import logs
from ccrouter.commands.logs import follow_log, tail

if TYPE_CHECKING:
    from tests.commands.conftest import Ccr


@pytest.mark.parametrize("block", [1, 3, 64 * 1024])
def test_the_last_lines_whatever_the_block(tmp_path: Path, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "BLOCK_BYTES", block)
    seed = 20261120
    dice = random.Random(seed)
    file = tmp_path / "log"
    for _ in range(150):
        text = "".join(dice.choice(["a", "\n", "\n", "ü"]) for _ in range(dice.randrange(20)))
        file.write_text(text, encoding="utf-8")
        lines = text.encode().splitlines(keepends=True)
        for count in range(6):
            expected = b"".join(lines[len(lines) - min(count, len(lines)) :])
            assert b"".join(tail(file, count)) == expected, (seed, text, count)


def test_following_goes_through_rotation_truncation_and_absence(tmp_path: Path) -> None:
    file = tmp_path / "log"
    steps = iter(
        [
            (lambda: file.write_bytes(b"1\n2\n3\n"), b"1\n2\n3\n"),
            (lambda: append(file, b"4\n"), b"4\n"),
            (lambda: rotate(file, b"last of the old\n", b"first of the new\n"), b"last of the old\nfirst of the new\n"),
            (lambda: file.write_bytes(b"short\n"), b"short\n"),
        ]
    )
    parts = follow_log(file, 10, poll=0.01)
    for step, expected in steps:
        thread = threading.Timer(0.05, step)
        thread.start()
        seen = b""
        while len(seen) < len(expected):
            seen += next(parts)
        thread.join()
        assert seen == expected
    parts.close()


def test_following_begins_with_the_last_lines(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_bytes(b"1\n2\n3\n")
    parts = follow_log(file, 2, poll=0.01)
    assert b"".join(itertools.islice(parts, 1)) == b"2\n3\n"
    parts.close()


def append(file: Path, text: bytes) -> None:
    with file.open("ab") as stream:
        stream.write(text)


def rotate(file: Path, last: bytes, first: bytes) -> None:
    append(file, last)
    file.rename(file.with_suffix(".1"))
    time.sleep(0.03)
    file.write_bytes(first)


def test_the_command(ccr: "Ccr") -> None:
    missing = ccr.run("logs")
    assert missing.returncode == 1
    assert "no log yet" in missing.stderr
    (ccr.folder / "claude-code-router.log").write_text("one\ntwo\nthree\n")
    assert ccr.run("logs", "-n", "2").stdout == "two\nthree\n"
    assert ccr.run("logs").stdout == "one\ntwo\nthree\n"


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_ctrl_c_ends_following_cleanly(ccr: "Ccr") -> None:
    (ccr.folder / "claude-code-router.log").write_text("one\n")
    process = ccr.spawn("logs", "-f")
    assert process.stdout is not None
    assert process.stdout.readline() == "one\n"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=5)
    assert errors == ""
    assert process.returncode == 130
