"""Starting the daemon in the background and waiting until it really answers."""

import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from queue import Empty, Queue
from typing import IO

from ccrouter.daemon.files import DaemonFiles
from ccrouter.daemon.handshake import Announcement, Failure, decode, identity_variables, new_identity

START_SECONDS = 30.0
ENDING_SECONDS = 2.0
STDERR_LINES = 15

WINDOWS = sys.platform == "win32"


def daemon_command(config: Path, workers: int | None = None) -> list[str]:
    """The command line of the daemon that serves `config`, with so many workers where that is not the config's to say.

    -P: the daemon runs in the config's folder, and a `json.py` that lies there must not be taken for Python's own.
    """
    more = [] if workers is None else ["--workers", str(workers)]
    return [sys.executable, "-P", "-m", "ccrouter", "start", "--foreground", "--config", str(config), *more]


def spawn_daemon(
    files: DaemonFiles,
    environment: Mapping[str, str],
    *,
    workers: int | None = None,
    command: Sequence[str] | None = None,
    timeout: float = START_SECONDS,
) -> Announcement:
    """Start the daemon, detached from this terminal, and wait for its announcement at most `timeout` seconds.

    `workers`: how many processes serve, where the config is not to say.

    A daemon that dies without a word, or says nothing in time (it is ended then), gives a Failure that says where to
    look. Raises OSError where it cannot be started at all.
    """
    files.config.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        log = _append_to(files.log)
        if log is not None:
            stack.enter_context(log)
        begin = log.tell() if log is not None else 0
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command or daemon_command(files.config, workers),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log if log is not None else subprocess.DEVNULL,
            env={**environment, **identity_variables(new_identity())},
            cwd=files.config.parent,
            start_new_session=not WINDOWS,
            creationflags=detached_flags(),
        )
        assert process.stdout is not None
        stack.enter_context(process.stdout)
        try:
            line = read_line(process.stdout, timeout)
        except BaseException:
            _end(process)
            raise
        announcement = decode(line) if line else None
        if announcement is None:
            return _silent_failure(process, files, begin, timeout if line is None else None)
        # The parent must take the exit status, or the ended daemon stays a zombie for as long as the parent lives.
        threading.Thread(target=process.wait, name="reap-daemon", daemon=True).start()
        return announcement


def detached_flags() -> int:
    """Windows' creation flags for a process of its own group, without a console; 0 elsewhere."""
    names = ("DETACHED_PROCESS", "CREATE_NEW_PROCESS_GROUP", "CREATE_NO_WINDOW")
    flags = 0
    for name in names:
        flags |= int(getattr(subprocess, name, 0))
    return flags


def read_line(stream: IO[bytes], timeout: float) -> bytes | None:
    """The next line, b"" at the end of the stream, None when `timeout` seconds pass without either.

    A thread, because Windows cannot wait for a pipe in any other way.
    """
    lines: Queue[bytes] = Queue()
    threading.Thread(target=lambda: lines.put(stream.readline()), name="read-handshake", daemon=True).start()
    try:
        return lines.get(timeout=timeout)
    except Empty:
        return None


def last_lines(path: Path, begin: int, count: int = STDERR_LINES) -> list[str]:
    """The last `count` lines that were written to `path` after the offset `begin`; empty where it cannot be read."""
    try:
        with path.open("rb") as stream:
            stream.seek(max(begin, stream.seek(0, os.SEEK_END) - 64 * 1024))
            return stream.read().decode("utf-8", "replace").splitlines()[-count:]
    except OSError:
        return []


def _append_to(path: Path) -> IO[bytes] | None:
    """None where the log cannot be written: the daemon says so itself and starts all the same."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError:
        return None
    os.lseek(descriptor, 0, os.SEEK_END)
    return os.fdopen(descriptor, "ab")


def _silent_failure(
    process: "subprocess.Popen[bytes]", files: DaemonFiles, begin: int, waited: float | None
) -> Failure:
    """`waited` is None when the daemon ended or wrote something else, else the seconds it said nothing."""
    code = _end(process)
    by_hand = f"`ccr start --foreground --config {files.config}` shows more"
    if waited is not None:
        what = f"The daemon did not answer within {waited:g} s and was ended; the log is {files.log}, and {by_hand}."
    else:
        what = f"The daemon ended with exit code {code} before it answered; {by_hand}."
    return Failure("other", "\n".join([what, *(f"  {line}" for line in last_lines(files.log, begin))]))


def _end(process: "subprocess.Popen[bytes]") -> int:
    """End the process, politely at first; its exit code."""
    with suppress(subprocess.TimeoutExpired):
        return process.wait(0.2)  # it closed its stdout because it is about to end
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        return process.wait(ENDING_SECONDS)
    process.kill()
    return process.wait()
