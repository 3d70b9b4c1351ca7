"""`ccr start --foreground`: the server in this process; also what the background daemon is made of."""

import logging
import os
import sys
from collections.abc import MutableMapping
from datetime import datetime

from ccrouter import __version__
from ccrouter.daemon.files import DaemonFiles
from ccrouter.daemon.handshake import Announcer, Failure, Identity, new_identity, take_identity
from ccrouter.daemon.logs import OneLine, open_log
from ccrouter.daemon.readiness import Readiness
from ccrouter.daemon.service.definition import SERVICE_VARIABLE
from ccrouter.daemon.state import DaemonState, remove_state, write_state
from ccrouter.startup import Ready, StartFailed

LOG = logging.getLogger("ccrouter.daemon")


def serve_in_foreground(files: DaemonFiles, environment: MutableMapping[str, str]) -> int:
    """Serve until the end; the exit code.

    Started by `ccr start`, it makes the handshake's announcement; by the service that `ccr service` installs, it tells
    the service manager; by hand, it prints the endpoint and logs to stderr too. Raises StartFailed where the server
    cannot start.
    """
    given, asked = take_identity(environment)
    service, readiness = environment.pop(SERVICE_VARIABLE, ""), Readiness(environment)
    identity = given or new_identity()
    announcer = Announcer() if asked else None
    _set_up_logging(files, to_terminal=announcer is None and not service)

    def announce(ready: Ready) -> None:
        _leave_state(files, ready, identity, service)
        readiness.ready(ready.endpoint)
        if announcer is not None:
            announcer.announce(ready)
        elif not service:
            _greet(files, ready)

    try:
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


def _set_up_logging(files: DaemonFiles, *, to_terminal: bool) -> None:
    """One handler for the file on the root; the server sets the level of the "ccrouter" logger from the config."""
    root = logging.getLogger()
    root.setLevel(logging.WARNING)
    logging.getLogger("ccrouter").setLevel(logging.INFO)
    log = open_log(files.log, logging.NOTSET)
    root.addHandler(log)
    if to_terminal and isinstance(log, logging.FileHandler):
        terminal = logging.StreamHandler(sys.stderr)
        terminal.setFormatter(OneLine())
        root.addHandler(terminal)
