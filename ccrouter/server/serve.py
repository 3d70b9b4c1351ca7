"""The daemon's process: build, bind, announce, serve, stop with grace."""

import asyncio
import contextlib
import faulthandler
import gc
import logging
import os
import signal
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from aiohttp import web

from ccrouter.config.locations import journal_file, presets_folder, router_state_file
from ccrouter.gateway.gateway import Gateway
from ccrouter.gateway.health import Health
from ccrouter.gateway.journal import Journal
from ccrouter.gateway.overriding import ProjectOverrides
from ccrouter.gateway.project_files import Folders, project_folders
from ccrouter.log_levels import apply_log_level
from ccrouter.runtime import build
from ccrouter.server.accepting import Acceptor
from ccrouter.server.admin import STOP, status_of
from ccrouter.server.app import make_app
from ccrouter.server.c_heap import one_heap
from ccrouter.server.crowd import crowd
from ccrouter.server.loop_errors import handle_loop_error
from ccrouter.server.memory import give_back
from ccrouter.server.peers import Peers
from ccrouter.server.presets import Presets
from ccrouter.server.reload import watch
from ccrouter.server.state import State
from ccrouter.server.upkeep import Upkeep
from ccrouter.server.workers import Workers
from ccrouter.sharing.room import ALONE, Room
from ccrouter.startup import Ready, StartFailed, listen_failure
from ccrouter.upstream.client import UpstreamClient
from ccrouter.upstream.late_authorities import read_authorities

if TYPE_CHECKING:
    from ccrouter.sharing.seat import Seat

logger = logging.getLogger("ccrouter.server")

RETIRE_SECONDS = 2.0
"""How long a worker that another takes over from leaves idle connections open: a client that has just decided to send
on one of them would find it closed."""
STOP_SECONDS = 30.0
"""How long open streams may go on after a stop was asked for."""


def run(
    config_path: Path,
    *,
    environment: Mapping[str, str],
    announce: Callable[[Ready], None],
    instance: str,
    admin_token: str,
    seat: "Seat | None" = None,
) -> int:
    """Serve until stopped; the exit code. `announce` is called once, when the socket answers. `seat`: as one of several
    workers.

    Raises:
        StartFailed: the configuration cannot be used, or the address cannot be bound.
    """
    one_heap()
    tell_where_it_broke()
    built = build(config_path, environment)
    if built.service is None:
        raise StartFailed(f"The configuration {config_path} cannot be used", built.problems, kind="config")
    service = built.service
    apply_log_level(service.config.log, service.config.log_level)

    def make_state(gateway: Gateway) -> State:
        return State(service, gateway, config_path, environment, instance, admin_token, problems=built.problems)

    folders = project_folders(config_path.parent, environment)
    workers = one_of_workers(seat, admin_token) if seat is not None else None
    spare_the_requests()
    return new_loop_run(Serving(make_state, announce, config_path.parent, folders, workers).run())


def tell_where_it_broke() -> None:
    """Should native code crash, or the supervisor end a worker that hangs, Python's stack goes to standard error: the
    log, of a daemon in the background.
    """
    with contextlib.suppress(RuntimeError, ValueError, OSError):  # there is none, or it is no file
        faulthandler.enable()


def one_of_workers(seat: "Seat", admin_token: str) -> Workers:
    """This process, in its seat."""
    from ccrouter.sharing.board import Board

    return Workers(seat, Board(seat.board, seat.folder), Peers(seat.folder, admin_token))


GARBAGE_THRESHOLD = 2_000
"""New containers between two looks for garbage that holds itself; Python's own is 700."""


def spare_the_requests() -> None:
    """Leave out what each request would pay for and nobody uses.

    What is there when serving begins stays to the end: the collector need not walk through its 70,000 objects again and
    again. A served request leaves no circles behind (`untraced`), so looking for them can be rare. Together that was a
    tenth of a small request's time. Log records tell no thread, process or line.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD, 10, 10)
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    setattr(logging, "_srcfile", None)  # noqa: B010 - the switch that the logging HOWTO ("Optimization") names


def new_loop_run(main: Coroutine[Any, Any, int]) -> int:
    """Run `main` on uvloop where it exists (not on Windows), on asyncio's own loop elsewhere."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(main)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


class Serving:
    """One run of the server."""

    def __init__(
        self,
        state: Callable[[Gateway], State],
        announce: Callable[[Ready], None],
        home: Path,
        folders: Folders,
        workers: Workers | None = None,
    ) -> None:
        self._make_state = state
        self._workers = workers
        self._folders = folders
        self._home = home
        self._announce = announce
        self._stop = asyncio.Event()
        self._at_once = False
        self._gently = False
        self._acceptor: Acceptor | None = None

    async def run(self) -> int:
        """Serve until a signal or `POST /admin/stop`."""
        asyncio.get_running_loop().set_exception_handler(handle_loop_error)
        client = UpstreamClient()
        workers = self._workers
        room = Room(workers.board, "main") if workers is not None else ALONE
        health = Health(router_state_file(self._home), room=room)
        journal = Journal(journal_file(self._home), room=room)
        overrides = ProjectOverrides(self._folders, room=room)
        state = self._make_state(Gateway(client, health, overrides, journal, room))
        state.presets = Presets(
            presets_folder(self._home),
            client,
            state.environment,
            lambda: state.service.config.proxy_url,
            workers.board if workers is not None else None,
        )
        await state.presets.refresh()

        def let_go() -> bool:
            return any([state.let_go(), client.let_idle_go()])

        app = make_app(state)
        app[STOP] = self._stop.set if workers is None else workers.stop_daemon
        if workers is not None:
            state.workers, state.started_at = workers, workers.seat.began
            app.on_response_prepare.append(self._close_after)
        runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        upkeep = Upkeep()
        try:
            await self._listen(runner, state)
            self._listen_to_signals()
            upkeep.begin(watch(state), "watching the configuration")
            upkeep.begin(state.presets.watch(), "watching the presets")
            upkeep.begin(
                give_back(lambda: state.requests_total, lambda: state.open_requests, crowd.see, let_go, journal.settle),
                "giving memory back",
            )
            if workers is not None:
                asyncio.get_running_loop().add_reader(workers.seat.lifeline, self._supervisor_has_gone)
                upkeep.begin(workers.keep_up(lambda: status_of(state), self._acceptor), "talking to the other workers")
            self._announce(Ready(state.host, state.port, os.getpid(), state.instance))
            logger.info("listening on %s:%s", state.host, state.port)
            if any(provider.api_base_url.startswith("https:") for provider in state.service.config.providers):
                upkeep.begin(asyncio.to_thread(read_authorities), "reading the certificate authorities")
            await self._stop.wait()
            upkeep.end()
            await self._let_finish(runner, state)
        finally:
            await runner.cleanup()
            await client.close()
            health.save()
            journal.save()
            state.presets.save()
            if workers is not None:
                workers.leave(status_of(state))
        logger.info("stopped")
        return 0

    async def _listen(self, runner: web.AppRunner, state: State) -> None:
        config = state.service.config
        if self._workers is not None:
            assert runner.server is not None, "the runner is set up"
            server, sockets = runner.server, self._workers.seat.listening()
            await web.UnixSite(runner, self._workers.peers.own_socket).start()
            state.host, state.port = config.host, int(sockets[0].getsockname()[1])
            room = Room(self._workers.board, "daemon")
            self._acceptor = Acceptor(sockets, server, lambda: len(server.connections), room)
            try:
                self._acceptor.start()
            except OSError as error:
                raise listen_failure(error, config.host, config.port) from error
            return
        # reuse_address would let two daemons share a port on Windows; there the option means something else.
        site = web.TCPSite(runner, config.host, config.port, reuse_address=os.name == "posix", backlog=1024)
        try:
            await site.start()
        except OSError as error:
            raise listen_failure(error, config.host, config.port) from error
        address = runner.addresses[0]
        state.host, state.port = config.host, int(address[1])

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()

        def stop(number: int, frame: FrameType | None) -> None:
            del number, frame
            loop.call_soon_threadsafe(self._asked_to_stop)

        for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
            number = getattr(signal, name, None)
            if number is None:
                continue
            try:
                loop.add_signal_handler(number, self._asked_to_stop)
            except (NotImplementedError, RuntimeError, ValueError):
                # Windows has no loop signal handlers; a thread that is not the main one has no handlers at all.
                with contextlib.suppress(ValueError):
                    signal.signal(number, stop)
        if self._workers is not None:
            loop.add_signal_handler(signal.SIGHUP, self._asked_to_retire)

    def _asked_to_retire(self) -> None:
        """Another worker takes over: connections that are kept alive may bring a last request."""
        self._gently = True
        self._stop.set()

    def _supervisor_has_gone(self) -> None:
        """Killed, most likely. Nobody would end this worker, so it ends as if asked to."""
        assert self._workers is not None
        self._workers.orphaned = True
        asyncio.get_running_loop().remove_reader(self._workers.seat.lifeline)
        logger.error("the supervisor has gone, so this worker ends")
        self._asked_to_stop()

    async def _close_after(self, request: web.Request, response: web.StreamResponse) -> None:
        """While this worker retires, an answer is its connection's last: the client's next one reaches another."""
        del request
        if self._gently:
            response.force_close()
            response.headers["Connection"] = "close"

    def _asked_to_stop(self) -> None:
        """The first time, open streams may finish; the second time, nothing is waited for."""
        if self._stop.is_set():
            self._at_once = True
        self._stop.set()

    async def _let_finish(self, runner: web.AppRunner, state: State) -> None:
        if self._acceptor is not None:
            self._acceptor.stop()
        for site in list(runner.sites):
            await site.stop()
        await asyncio.sleep(0)  # what has just arrived begins
        loop = asyncio.get_running_loop()
        if self._gently and runner.server is not None:
            until = loop.time() + RETIRE_SECONDS
            while runner.server.connections and not self._at_once and loop.time() < until:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        if runner.server is not None:
            # Connections that are kept alive bring new requests for as long as they stay: idle ones end now, the others
            # after their answer. The client connects anew, to the next daemon.
            runner.server.pre_shutdown()
        deadline = loop.time() + STOP_SECONDS
        # A bounded wait, once in a daemon's life: polling is good enough.
        while state.open_requests and not self._at_once and loop.time() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        if state.open_requests:
            logger.warning("stopping with %d requests cut off", state.open_requests)
