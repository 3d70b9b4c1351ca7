"""The process above the workers: it holds the listening sockets, starts workers, starts dead ones anew, ends them.

It serves nothing itself, so that nothing a request does can end it. The sockets stay open in it: a connection that
arrives while a worker dies or is replaced waits for another worker instead of being lost. (Sockets of the workers' own
with SO_REUSEPORT would each take their waiting connections with them: docs/decisions/0020-workers.md.)

Signals: SIGTERM and SIGINT let the workers finish what is open, a second one does not; SIGHUP replaces one worker after
another.
"""

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ccrouter.daemon.handshake import Failure, Identity, decode, identity_variables
from ccrouter.daemon.pulse import CHECK_SECONDS, HUNG_SECONDS, Pulse
from ccrouter.daemon.restarts import LONG_SECONDS, Deaths, hopeless
from ccrouter.daemon.spawn import START_SECONDS
from ccrouter.frozen import frozen
from ccrouter.sharing.board import PULSES, Board, new_board_file
from ccrouter.sharing.seat import Seat
from ccrouter.startup import Ready, StartFailed, listen_failure

LOG = logging.getLogger("ccrouter.daemon")

PREFIX = "ccrouter-workers-"
LONGEST_FOLDER = 65
"""Bytes. A socket's path has at most 103 on macOS, 107 on Linux."""
END_SECONDS = 35.0
"""More than a worker gives its open streams, so that it is the worker who decides."""
KILLED_SECONDS = 5.0


@frozen
class Daemon:
    """What is to be run: the workers' command line and environment, who they are, how many, and where they listen."""

    command: Sequence[str]
    environment: Mapping[str, str]
    identity: Identity
    workers: int
    host: str
    port: int
    home: Path
    """The config's folder."""
    terminal: bool = False
    """Workers write their log to standard error, too."""


@dataclass(eq=False, slots=True)
class Worker:
    """A worker process."""

    process: asyncio.subprocess.Process
    seat: int
    place: int
    """Of its pulse on the board."""
    pulse: Pulse
    began: float = field(default_factory=time.monotonic)
    serves: bool = False
    retired: bool = False
    """It was told to end."""


class Supervisor:
    """Runs the daemon once."""

    def __init__(self, daemon: Daemon, announce: Callable[[Ready], None]) -> None:
        self._daemon = daemon
        self._announce = announce
        self._folder = private_folder(daemon.home)
        self._board_file = new_board_file()
        self._board = Board(self._board_file)
        self._lifeline, self._life = os.pipe()
        self._sockets: list[socket.socket] = []
        self._workers: set[Worker] = set()
        self._free_pulses = list(reversed(range(PULSES)))
        """A new worker may start while the old one of its seat still ends: each has a place of its own."""
        self._deaths = [Deaths() for _ in range(daemon.workers)]
        self._tasks: set[asyncio.Task[None]] = set()
        self._stop = asyncio.Event()
        self._renewing = asyncio.Lock()
        self._began = time.time()
        self._why: str | None = None
        """Why it gave up."""

    async def run(self) -> int:
        """Serve until a signal; the exit code.

        Raises:
            StartFailed: the address cannot be bound, or a worker does not start.
        """
        try:
            self._sockets = await bound(self._daemon.host, self._daemon.port)
            port = int(self._sockets[0].getsockname()[1])
            self._listen_to_signals()
            await self._start_first()
            self._attend(self._watch())
            self._announce(Ready(self._daemon.host, port, os.getpid(), self._daemon.identity.instance))
            await self._stop.wait()
        finally:
            self._stop.set()
            for listener in self._sockets:
                listener.close()
            await self._end_all()
            os.close(self._life)
            shutil.rmtree(self._folder, ignore_errors=True)
        if self._why is not None:
            LOG.error("%s", self._why)
            return 1
        LOG.info("all workers have ended")
        return 0

    async def _start_first(self) -> None:
        """Start all workers, and return when one answers. Raises StartFailed where one cannot before that."""
        starting = [asyncio.ensure_future(self._start(seat)) for seat in range(self._daemon.workers)]
        stopped = asyncio.ensure_future(self._stop.wait())
        done, _ = await asyncio.wait({*starting, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        for task in starting:
            if task in done and isinstance(failure := task.result(), Failure):
                raise StartFailed(failure.message, kind=failure.kind)
        for seat, task in enumerate(starting):
            if task not in done:
                self._attend(self._join(seat, task))

    async def _join(self, seat: int, starting: "asyncio.Task[Worker | Failure]") -> None:
        """A further worker has started, or has not: then it is tried again."""
        found = await starting
        if isinstance(found, Failure) and not self._stop.is_set():
            await self._replace(seat, f"A worker did not start: {found.message}", 0.0)

    def _attend(self, work: Coroutine[None, None, None]) -> None:
        """Run it beside everything else, until the end."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _start(self, seat: int) -> Worker | Failure:
        """A worker that answers, watched from now on; or why there is none."""
        pulse = self._free_pulses.pop()
        place = Seat(
            tuple([listener.fileno() for listener in self._sockets]),
            self._board_file,
            self._lifeline,
            self._folder,
            os.getpid(),
            self._began,
            self._daemon.workers,
            pulse,
            self._daemon.terminal,
        )
        try:
            process = await asyncio.create_subprocess_exec(
                *self._daemon.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                env={**self._daemon.environment, **identity_variables(self._daemon.identity), **place.variables()},
                start_new_session=True,  # Ctrl-C in a terminal is for the supervisor, which passes it on
                pass_fds=place.descriptors,
            )
        except OSError as error:
            self._free_pulses.append(pulse)
            return Failure("other", f"The system starts no further process: {error.strerror or error}")
        worker = Worker(process, seat, pulse, Pulse(self._board.pulse(pulse)))
        self._workers.add(worker)  # from here on it is ended with the others, whatever happens
        assert process.stdout is not None
        try:
            line = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
        except TimeoutError:
            line = b""
        said = decode(line) if line else None
        if isinstance(said, Ready):
            LOG.info("worker %d serves", process.pid)
            worker.serves = True
            self._attend(self._see_off(worker))
            return worker
        await self._end(worker, KILLED_SECONDS)
        if said is None:
            said = Failure("other", f"A worker ended with exit code {process.returncode} before it answered")
        return said

    async def _watch(self) -> None:
        """End workers that hang, for instance in a transformer of the user's that never returns: their connections
        would wait for ever. `_see_off` then sees that there is another.
        """
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            for worker in list(self._workers):
                if not worker.serves:
                    continue
                worker.pulse = worker.pulse.after(self._board.pulse(worker.place))
                if worker.pulse.hangs:
                    worker.pulse = Pulse(worker.pulse.count)
                    self._attend(self._end_hanging(worker))

    async def _end_hanging(self, worker: Worker) -> None:
        LOG.error("worker %d hangs: nothing of it for %g s; where, it says here:", worker.process.pid, HUNG_SECONDS)
        send(worker, signal.SIGABRT)  # Python's faulthandler writes where it is, unless it is stopped
        try:
            await asyncio.wait_for(worker.process.wait(), KILLED_SECONDS)
        except TimeoutError:
            send(worker, signal.SIGKILL)

    async def _see_off(self, worker: Worker) -> None:
        """Wait for the worker's end; where nobody asked for it, see that there is another."""
        code = await worker.process.wait()
        self._clean_up(worker)
        if worker.retired or self._stop.is_set():
            return
        lived = time.monotonic() - worker.began
        await self._replace(worker.seat, f"Worker {worker.process.pid} {ending(code)} after {lived:.1f} s", lived)

    async def _replace(self, seat: int, what: str, lived: float) -> None:
        """Start workers for the seat until one serves. `what` happened to the last one, which lived so many seconds."""
        while True:
            deaths = self._deaths[seat] = self._deaths[seat].after(lived)
            if hopeless(self._deaths) and not self._some_live_long():
                return self._give_up(f"{what}. Workers keep ending right after their start, so the daemon ends.")
            LOG.error("%s; another is started in %.1f s", what, deaths.pause)
            if await self._stopped_within(deaths.pause):
                return None
            found = await self._start(seat)
            if isinstance(found, Worker) or self._stop.is_set():
                return None
            what, lived = f"A worker did not start: {found.message}", 0.0

    def _clean_up(self, worker: Worker) -> None:
        """What the worker counted for itself goes with it; nobody asks it any more."""
        if worker in self._workers:
            self._workers.remove(worker)
            self._free_pulses.append(worker.place)
        (self._folder / f"{worker.process.pid}.sock").unlink(missing_ok=True)
        self._board.forget(worker.process.pid)

    def _some_live_long(self) -> bool:
        """Whatever became of others: there is somebody to serve."""
        long_ago = time.monotonic() - LONG_SECONDS
        return any(worker.serves and not worker.retired and worker.began <= long_ago for worker in self._workers)

    def _give_up(self, why: str) -> None:
        self._why = why
        self._stop.set()

    async def _stopped_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._stop.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def _renew(self) -> None:
        """Replace every worker, one after the other; the old one ends when the new one answers."""
        async with self._renewing:
            for old in sorted(self._workers, key=lambda worker: worker.seat):
                if self._stop.is_set() or old.retired or old not in self._workers:
                    continue
                new = await self._start(old.seat)
                if isinstance(new, Failure):
                    if not self._stop.is_set():
                        LOG.error("workers not renewed, the old ones go on: %s", new.message)
                    return
                LOG.info("worker %d takes over from %d", new.process.pid, old.process.pid)
                old.retired = True
                send(old, signal.SIGHUP)

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._asked_to_stop)
        # Of a terminal the signal says that it was closed.
        loop.add_signal_handler(signal.SIGHUP, self._asked_to_stop if os.isatty(0) else self._asked_to_renew)

    def _asked_to_stop(self) -> None:
        """The first time, open streams may finish; the second time, nothing is waited for."""
        if self._stop.is_set():
            for worker in self._workers:
                send(worker, signal.SIGTERM)
        self._stop.set()

    def _asked_to_renew(self) -> None:
        self._attend(self._renew())

    async def _end_all(self) -> None:
        """End every worker, and wait for it."""
        while self._workers:  # one may just be starting
            await asyncio.gather(*[self._end(worker, END_SECONDS) for worker in list(self._workers)])
        for task in list(self._tasks):
            task.cancel()

    async def _end(self, worker: Worker, seconds: float) -> None:
        """End the worker, by force where it takes longer than `seconds`."""
        worker.retired = True
        send(worker, signal.SIGTERM)
        try:
            await asyncio.wait_for(worker.process.wait(), seconds)
        except TimeoutError:
            LOG.error("worker %d did not end within %g s and is killed", worker.process.pid, seconds)
            send(worker, signal.SIGKILL)
            await worker.process.wait()
        self._clean_up(worker)


def send(worker: Worker, number: signal.Signals) -> None:
    """Send the signal; a process that has ended is fine.

    Not by `Process.send_signal`: it asks for the exit status first, which asyncio then waits for in vain.
    """
    if worker.process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker.process.pid, number)


def ending(code: int) -> str:
    """How a process ended, in words."""
    return f"was ended by signal {-code} ({signal.Signals(-code).name})" if code < 0 else f"ended with exit code {code}"


def private_folder(home: Path) -> Path:
    """A new folder that only this user may enter, where sockets can be. Raises OSError.

    Beside the config rather than in /tmp, which many systems rid of what is old; elsewhere where the config's folder
    cannot be written, or its path is too long for a socket in it. Those of daemons that ended without a chance to tidy
    up are removed.
    """
    shortest = Path("/tmp")  # noqa: S108 - what is made there is this user's alone (mkdtemp)
    places = [(home, ".workers-"), (Path(tempfile.gettempdir()), PREFIX), (shortest, PREFIX)]
    for folder, prefix in places:
        remove_left_behind(folder, prefix)
    for folder, prefix in places[:-1]:
        if len(os.fsencode(folder)) <= LONGEST_FOLDER:
            with contextlib.suppress(OSError):
                return Path(tempfile.mkdtemp(prefix=prefix, dir=folder))
    return Path(tempfile.mkdtemp(prefix=PREFIX, dir=shortest))


def remove_left_behind(place: Path, prefix: str) -> None:
    """Remove workers' folders in which nobody answers any more; one that is new may be of a daemon that just starts."""
    for folder in place.glob(f"{prefix}*"):
        with contextlib.suppress(OSError):
            new = time.time() - folder.stat().st_mtime < START_SECONDS
            if not new and not any(answers(path) for path in folder.glob("*.sock")):
                shutil.rmtree(folder, ignore_errors=True)


def answers(path: Path) -> bool:
    """True when a process listens on the socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


async def bound(host: str, port: int) -> list[socket.socket]:
    """Sockets bound to every address that `host` stands for. Raises StartFailed.

    They do not listen yet: the first worker that can serve sees to that, so that nobody finds a port that is open and
    does not answer. Of two daemons that start together it is the second that cannot listen then.
    """
    loop = asyncio.get_running_loop()
    try:
        server = await loop.create_server(asyncio.Protocol, host, port, reuse_address=True, start_serving=False)
    except OSError as error:
        raise listen_failure(error, host, port) from error
    sockets = [socket.socket(fileno=os.dup(listener.fileno())) for listener in server.sockets]
    server.close()
    return sockets
