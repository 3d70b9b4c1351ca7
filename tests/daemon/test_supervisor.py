"""The supervisor, its workers being small scripts: what it makes of those that die, and of a port it cannot have."""

import asyncio
import os
import socket
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("several workers need Linux or macOS", allow_module_level=True)

from ccrouter.daemon import pulse, restarts, supervisor
from ccrouter.daemon.handshake import Identity
from ccrouter.daemon.supervisor import Daemon, Supervisor, bound, ending, private_folder, remove_left_behind
from ccrouter.startup import Ready, StartFailed

READY = """
import json, os, sys, time
print(json.dumps({"ready": {"host": "127.0.0.1", "port": 1, "pid": os.getpid(), "instance": "i"}}), flush=True)
"""
FAILED = """
import json
print(json.dumps({"failed": {"kind": "config", "message": "The configuration cannot be used"}}), flush=True)
"""


@pytest.fixture(autouse=True)
def leave_signals_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Supervisor, "_listen_to_signals", lambda self: None)


@pytest.fixture
def announced() -> list[Ready]:
    return []


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    assert not list(tmp_path.glob(".workers-*")), "the workers' folder is left"


def daemon(home: Path, script: str, workers: int = 2) -> Daemon:
    return Daemon(
        command=[sys.executable, "-c", script],
        environment=dict(os.environ),
        identity=Identity("i", "token"),
        workers=workers,
        host="127.0.0.1",
        port=0,
        home=home,
    )


async def test_workers_that_keep_dying_end_the_daemon_with_a_reason(
    home: Path, announced: list[Ready], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(restarts, "FIRST_PAUSE", 0.001)
    code = await asyncio.wait_for(Supervisor(daemon(home, READY + "sys.exit(7)"), announced.append).run(), 60)
    assert code == 1
    assert len(announced) == 1
    assert "ended with exit code 7" in caplog.text
    assert "Workers keep ending right after their start, so the daemon ends." in caplog.records[-1].message


async def test_one_that_lives_long_keeps_the_daemon_alive(
    home: Path, announced: list[Ready], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first that starts lives, its file says so; all others die at once, more often than is hopeless."""
    monkeypatch.setattr(restarts, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(supervisor, "LONG_SECONDS", 0.0)
    first, deaths = home / "first", home / "deaths"
    script = f"""{READY}
try:
    os.close(os.open({str(first)!r}, os.O_CREAT | os.O_EXCL))
except FileExistsError:
    with open({str(deaths)!r}, "a") as file:
        file.write("x")
    sys.exit(7)
time.sleep(60)
"""
    running = Supervisor(daemon(home, script), announced.append)
    task = asyncio.ensure_future(running.run())
    while not (deaths.exists() and len(deaths.read_text()) > 2 * restarts.MOST_IN_A_ROW):
        await asyncio.sleep(0.02)
        running._deaths = [restarts.Deaths(restarts.MOST_IN_A_ROW)] * 2
    assert not task.done()
    running._asked_to_stop()
    assert await asyncio.wait_for(task, 30) == 0


async def test_the_first_failure_is_told_as_it_is(home: Path, announced: list[Ready]) -> None:
    with pytest.raises(StartFailed, match="The configuration cannot be used") as failed:
        await asyncio.wait_for(Supervisor(daemon(home, FAILED), announced.append).run(), 60)
    assert failed.value.kind == "config"
    assert announced == []


async def test_a_worker_that_says_nothing_is_a_failure_too(home: Path, announced: list[Ready]) -> None:
    with pytest.raises(StartFailed, match="exit code 3 before it answered"):
        await asyncio.wait_for(Supervisor(daemon(home, "import sys; sys.exit(3)"), announced.append).run(), 60)


async def test_workers_get_the_identity_and_their_seat(home: Path, announced: list[Ready]) -> None:
    told = home / "told"
    script = f"""{READY}
import pathlib
seat = json.loads(os.environ["CCR_WORKER"])
os.fstat(seat["board"]), os.fstat(seat["lifeline"]), [os.fstat(one) for one in seat["sockets"]]
own_session = os.getsid(0) == os.getpid()
pathlib.Path({str(told)!r}).write_text(os.environ["CCR_INSTANCE"] + str(seat["workers"]) + str(own_session))
time.sleep(60)
"""
    running = Supervisor(daemon(home, script, workers=1), announced.append)
    task = asyncio.ensure_future(running.run())
    while not (told.exists() and told.read_text()):  # noqa: ASYNC110 - another process writes it
        await asyncio.sleep(0.02)
    running._asked_to_stop()
    assert await asyncio.wait_for(task, 30) == 0
    assert told.read_text() == "i1True", "a session of its own: Ctrl-C in the terminal is for the supervisor"


BEATING = f"""{READY}
import pathlib
from ccrouter.sharing.board import Board
seat = json.loads(os.environ["CCR_WORKER"])
board = Board(seat["board"])
"""


async def test_one_that_hangs_is_ended_and_replaced(
    home: Path, announced: list[Ready], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The first worker stops beating, deaf to the gentler signal; the next goes on beating and is left alone."""
    monkeypatch.setattr(restarts, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(pulse, "HUNG_SECONDS", 5 * pulse.CHECK_SECONDS)
    monkeypatch.setattr(supervisor, "CHECK_SECONDS", 0.1)
    monkeypatch.setattr(supervisor, "KILLED_SECONDS", 0.2)
    hung, beating = home / "hung", home / "beating"
    script = f"""{BEATING}
import signal
first = not pathlib.Path({str(hung)!r}).exists()
pathlib.Path({str(hung)!r}).touch()
if first:
    board.beat(seat["pulse"])
    os.kill(os.getpid(), signal.SIGSTOP)
for beats in range(2000):
    board.beat(seat["pulse"])
    pathlib.Path({str(beating)!r}).write_text(str(beats))
    time.sleep(0.02)
"""
    running = Supervisor(daemon(home, script, workers=1), announced.append)
    task = asyncio.ensure_future(running.run())
    # Five times as long as one may stand still.
    while not (beating.exists() and int(beating.read_text() or 0) > 125):
        assert not task.done()
        await asyncio.sleep(0.02)
    running._asked_to_stop()
    assert await asyncio.wait_for(task, 30) == 0
    assert len([record for record in caplog.records if "hangs: nothing of it for" in record.message]) == 1
    assert "was ended by signal 9 (SIGKILL)" in caplog.text


async def test_each_of_two_that_start_together_has_a_pulse_of_its_own(home: Path, announced: list[Ready]) -> None:
    script = f"""{BEATING}
pathlib.Path({str(home)!r}, f"pulse-{{seat['pulse']}}").touch()
time.sleep(60)
"""
    running = Supervisor(daemon(home, script, workers=2), announced.append)
    task = asyncio.ensure_future(running.run())
    while not all((home / f"pulse-{place}").exists() for place in range(2)):
        assert not task.done()
        await asyncio.sleep(0.02)
    running._asked_to_stop()
    assert await asyncio.wait_for(task, 30) == 0


async def test_a_port_that_is_taken_is_told() -> None:
    with socket.socket() as taker:
        taker.bind(("127.0.0.1", 0))
        taker.listen()
        with pytest.raises(StartFailed, match="is taken by another program") as failed:
            await bound("127.0.0.1", taker.getsockname()[1])
    assert failed.value.kind == "port_taken"


async def test_a_bound_socket_is_not_open_before_a_worker_listens() -> None:
    (one,) = await bound("127.0.0.1", 0)
    with one, socket.socket() as client:
        assert client.connect_ex(one.getsockname()) != 0


def test_the_private_folder_is_beside_the_config_where_that_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "LONGEST_FOLDER", len(os.fsencode(tmp_path)))
    made = private_folder(tmp_path)
    assert made.parent == tmp_path
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    made.rmdir()
    long = tmp_path / "longer"
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    elsewhere = private_folder(long)
    assert elsewhere.parent == tmp_path
    elsewhere.rmdir()
    monkeypatch.setattr(supervisor, "LONGEST_FOLDER", 4)
    last = private_folder(long)
    assert last.parent == Path("/tmp")
    last.rmdir()


def test_folders_in_which_nobody_answers_are_removed() -> None:
    with tempfile.TemporaryDirectory(prefix="ccr-", dir="/tmp") as short:
        home = Path(short)
        folders = [home / f".workers-{name}" for name in ("dead", "empty", "alive", "new")]
        for folder in folders:
            folder.mkdir()
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(folders[0] / "1.sock"))
        with socket.socket(socket.AF_UNIX) as alive:
            alive.bind(str(folders[2] / "2.sock"))
            alive.listen()
            for folder in folders[:3]:
                os.utime(folder, (1, 1))
            remove_left_behind(home, ".workers-")
        assert [folder.name for folder in folders if folder.exists()] == [".workers-alive", ".workers-new"]


def test_endings_in_words() -> None:
    assert ending(-9) == "was ended by signal 9 (SIGKILL)"
    assert ending(3) == "ended with exit code 3"
