"""`ccr start --foreground`: the server in this process; also what the background daemon is made of."""

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Mapping, MutableMapping
from datetime import datetime

from ccrouter import __version__
from ccrouter.commands.address import read_basics
from ccrouter.config.types import Config
from ccrouter.daemon.files import DaemonFiles
from ccrouter.daemon.handshake import Announcer, Failure, Identity, new_identity, take_identity
from ccrouter.daemon.logs import open_log
from ccrouter.daemon.readiness import Readiness
from ccrouter.daemon.service.definition import SERVICE_VARIABLE
from ccrouter.daemon.spawn import daemon_command
from ccrouter.daemon.state import DaemonState, remove_state, write_state
from ccrouter.sharing.seat import Seat, take_seat
from ccrouter.startup import Ready, StartFailed

LOG = logging.getLogger("ccrouter.daemon")


def serve_in_foreground(files: DaemonFiles, environment: MutableMapping[str, str], workers: int | None = None) -> int:
    """Serve until the end; the exit code. `workers`: how many processes, where the config's word does not count.

    Started by `ccr start`, it makes the handshake's announcement; by the service that `ccr service` installs, it tells
    the service manager; by hand, it prints the endpoint and logs to stderr too. Raises StartFailed where the server
    cannot start.
    """
    seat = take_seat(environment)
    if seat is not None:
        return _work(files, environment, seat)
    given, asked = take_identity(environment)
    service, readiness = environment.pop(SERVICE_VARIABLE, ""), Readiness(environment)
    identity = given or new_identity()
    announcer = Announcer() if asked else None
    basics = read_basics(files.config, environment)
    number = workers or (basics.workers if basics is not None else 1)
    _set_up_logging(files, to_terminal=announcer is None and not service, common=number > 1)

    def announce(ready: Ready) -> None:
        _leave_state(files, ready, identity, service)
        readiness.ready(ready.endpoint)
        if announcer is not None:
            announcer.announce(ready)
        elif not service:
            _greet(files, ready)

    try:
        if number > 1 and basics is not None:
            return _supervise(
                files,
                environment,
                identity,
                basics=basics,
                workers=number,
                announce=announce,
                terminal=announcer is None and not service,
            )
        from ccrouter.server.serve import run

        return run(
            files.config,
            environment=environment,
            announce=announce,
            instance=identity.instance,
            admin_token=identity.admin_token,
        )
    except StartFailed as error:
        readiness.failed(str(error))
        if service:
            LOG.error("%s", error)  # `ccr start` and `ccr logs` show it from there
        if announcer is None:
            raise
        announcer.announce(Failure(error.kind, str(error)))
        return 1
    except Exception as error:
        what = f"The daemon failed: {type(error).__name__}: {error}. The traceback is in {files.log}."
        if announcer is not None:
            announcer.announce(Failure("other", what))
        elif service:
            LOG.exception("%s", what)
        raise
    finally:
        remove_state(identity.instance, os.getpid(), files.state, files.pid)


def _supervise(
    files: DaemonFiles,
    environment: Mapping[str, str],
    identity: Identity,
    *,
    basics: Config,
    workers: int,
    announce: Callable[[Ready], None],
    terminal: bool,
) -> int:
    """Have several workers serve. Raises StartFailed."""
    if sys.platform == "win32":
        raise StartFailed("Several workers need Linux or macOS. Start without --workers, and leave WORKERS out")
    from ccrouter.daemon.supervisor import Daemon, Supervisor

    daemon = Daemon(
        command=daemon_command(files.config),
        environment=environment,
        identity=identity,
        workers=workers,
        host=basics.host,
        port=basics.port,
        home=files.config.parent,
        terminal=terminal,
    )
    return asyncio.run(Supervisor(daemon, announce).run())


def _work(files: DaemonFiles, environment: MutableMapping[str, str], seat: Seat) -> int:
    """Serve as one of several workers: the supervisor hears how the start went, and keeps the daemon's files."""
    identity, _ = take_identity(environment)
    assert identity is not None, "the supervisor gives it"
    announcer = Announcer()
    _set_up_logging(files, to_terminal=seat.terminal, common=True)
    try:
        from ccrouter.server.serve import run

        return run(
            files.config,
            environment=environment,
            announce=announcer.announce,
            instance=identity.instance,
            admin_token=identity.admin_token,
            seat=seat,
        )
    except StartFailed as error:
        announcer.announce(Failure(error.kind, str(error)))
        return 1


def _leave_state(files: DaemonFiles, ready: Ready, identity: Identity, service: str) -> None:
    """Without the file the daemon serves all the same (a container's config folder may be read-only)."""
    state = DaemonState(
        pid=ready.pid,
        host=ready.host,
        port=ready.port,
        instance=identity.instance,
        admin_token=identity.admin_token,
        config=str(files.config),
        started_at=datetime.now().astimezone().isoformat(timespec="seconds"),
        version=__version__,
        service=service,
    )
    try:
        write_state(state, files.state, files.pid)
    except OSError as error:
        LOG.warning(
            "%s cannot be written (%s): `ccr stop` and `ccr status` will know less", files.state, error.strerror
        )


def _greet(files: DaemonFiles, ready: Ready) -> None:
    import click  # the daemon greets nobody

    from ccrouter.commands.terminal import fact, good

    good(f"ccrouter {__version__} is running (pid {ready.pid})")
    fact("📡", "API Endpoint", ready.endpoint, "cyan")
    fact("📄", "Config", files.config)
    click.echo("Press Ctrl-C to stop.")


def _set_up_logging(files: DaemonFiles, *, to_terminal: bool, common: bool) -> None:
    """One handler for the file on the root; the server sets the level of the "ccrouter" logger from the config."""
    root = logging.getLogger()
    root.setLevel(logging.WARNING)
    logging.getLogger("ccrouter").setLevel(logging.INFO)
    terminal = sys.stderr if to_terminal else None
    root.addHandler(open_log(files.log, logging.NOTSET, common=common, terminal=terminal))
