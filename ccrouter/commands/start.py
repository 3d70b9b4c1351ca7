"""`ccr start`: one daemon that answers, whoever else starts one at the same time."""

import os
import time
from pathlib import Path
from typing import Literal, TypeAlias

import click

from ccrouter.commands.address import configured_address
from ccrouter.commands.locating import config_option, env_file_option, locate, served_config
from ccrouter.commands.service.starting import start_by_service
from ccrouter.commands.terminal import fact, good, note, rows
from ccrouter.config.types import MOST_WORKERS
from ccrouter.daemon.control import (
    Address,
    ControlError,
    Daemon,
    Foreign,
    Health,
    Probe,
    find_daemon,
    probe,
    read_status,
    wait_for,
)
from ccrouter.daemon.files import DaemonFiles, files_of, why_unwritable
from ccrouter.daemon.handshake import Failure
from ccrouter.daemon.service.base import ServiceUnavailable
from ccrouter.daemon.service.finding import service_of
from ccrouter.daemon.state import read_state
from ccrouter.model.json import as_list, as_object, as_str
from ccrouter.startup import StartFailed, endpoint_of

RACE_SECONDS = 2.0
"""How long a start that found the port taken waits for another start's daemon to answer there."""

STATE_SECONDS = 0.5
"""A daemon answers a moment before it has written its state."""

Outcome: TypeAlias = Literal["started", "already"]

workers_option = click.option(
    "--workers",
    type=click.IntRange(1, MOST_WORKERS),
    metavar="N",
    help="Serve with N processes, to use more cores [default: WORKERS of the config, else 1].",
)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@config_option
@env_file_option
@workers_option
@click.option("--foreground", "-f", is_flag=True, help="Serve in this process (containers, services).")
@click.pass_context
def start(
    context: click.Context, config: Path | None, env_file: Path | None, workers: int | None, foreground: bool
) -> None:
    """Start the daemon. Returns when it answers.

    A config of LiteLLM and the .env of the small proxies work as they are: docs/migrating.md. Process 1 of a container
    serves in the foreground by itself.
    """
    path = served_config(config, env_file)
    if not path.exists():
        context.exit(begin_first_run(path))
    if foreground or os.getpid() == 1:
        context.exit(serve_here(path, workers))
    outcome, daemon = ensure_daemon(path, workers)
    show_started(path, outcome, daemon)


def begin_first_run(path: Path) -> int:
    """Write the commented config and say how to go on; 1, as there is no provider to route to yet."""
    from ccrouter.config.first_run import first_run_message, write_first_config

    write_first_config(path)
    click.echo(first_run_message(path))
    return 1


def ensure_daemon(path: Path, workers: int | None = None) -> tuple[Outcome, Daemon]:
    """The daemon of the config at `path`, started where none answers: by its service, where one is installed.

    With so many `workers`, else with as many as the config says. Raises StartFailed, OSError.
    """
    files, daemon = locate(path)
    if daemon is not None:
        return "already", daemon if daemon.state is not None else _described(files, daemon)
    if (manager := service_of(path, os.environ)) is not None:
        if workers is not None:
            note("The service starts it, with as many workers as the config's WORKERS says.")
        try:
            return "started", start_by_service(files, manager)
        except ServiceUnavailable as error:
            note(f"The service could not be asked to start it, so it is started by hand. {error}")
    from ccrouter.daemon.spawn import spawn_daemon  # subprocess, which only a start needs

    announcement = spawn_daemon(files, os.environ, workers=workers)
    if isinstance(announcement, Failure):
        if announcement.kind == "port_taken":
            return "already", _winner_of_the_port(files, announcement)
        raise StartFailed(announcement.message, kind=announcement.kind)
    daemon = find_daemon(files.state, lambda: (announcement.host, announcement.port))
    if daemon is None:
        raise StartFailed(
            f"The daemon started at {announcement.endpoint} but does not answer now; the log is {files.log}."
        )
    return "started", daemon


def serve_here(path: Path, workers: int | None = None) -> int:
    """Serve in this process; the exit code. Raises StartFailed."""
    from ccrouter.commands.foreground import serve_in_foreground

    try:
        return serve_in_foreground(files_of(path), os.environ, workers)
    except StartFailed as error:
        if error.kind != "port_taken":
            raise
        address = configured_address(path, os.environ)
        answer = probe(endpoint_of(*address)) if address is not None else None
        if isinstance(answer, Health):
            message = f"ccrouter already runs at {answer.endpoint}; `ccr stop` ends it."
        else:
            message = port_taken_message(path, address, answer) or str(error)
        raise StartFailed(message, kind="port_taken") from error


def _winner_of_the_port(files: DaemonFiles, failure: Failure) -> Daemon:
    """The daemon of another `ccr start` that was quicker. Raises StartFailed where something else has the port."""
    address = configured_address(files.config, os.environ)
    if address is None:
        raise StartFailed(failure.message, kind=failure.kind)
    answer = wait_for(endpoint_of(*address), RACE_SECONDS)
    if isinstance(answer, Health):
        return _described(files, Daemon(answer, None))
    raise StartFailed(port_taken_message(files.config, address, answer) or failure.message, kind=failure.kind)


def _described(files: DaemonFiles, daemon: Daemon) -> Daemon:
    """The same daemon with its state, where it writes one in time."""
    deadline = time.monotonic() + STATE_SECONDS
    while time.monotonic() < deadline:
        state = read_state(files.state)
        if state is not None and state.instance == daemon.health.instance:
            return Daemon(daemon.health, state)
        time.sleep(0.02)
    return daemon


def port_taken_message(path: Path, address: Address | None, answer: Probe | None) -> str | None:
    """What has the port and what to do; None where the port is not known."""
    if address is None:
        return None
    host, port = address
    who = f" ({answer.hint})" if isinstance(answer, Foreign) and answer.hint else ""
    return f"Port {port} on {host} is taken by another program{who}. End that program, or set another PORT in {path}."


def show_started(path: Path, outcome: Outcome, daemon: Daemon) -> None:
    """Say where the daemon is, how to go on, and what the config's problems are."""
    state = daemon.state
    pid = f" (pid {state.pid})" if state is not None else ""
    version = f" {daemon.health.version}" if daemon.health.version else ""
    good(f"ccrouter{version} is {'already ' if outcome == 'already' else ''}running{pid}")
    fact("📡", "API Endpoint", daemon.endpoint, "cyan")
    fact("📄", "Config", state.config if state is not None and state.config else path)
    if state is not None and state.service:
        fact("🔁", "Service", state.service)
    if outcome == "already" and state is not None and state.config and Path(state.config) != path:
        note(f"It serves another config than {path}.")
    if (reason := why_unwritable(files_of(path).log)) is not None:
        note(f"The log {files_of(path).log} cannot be written ({reason}), so there will be none.")
    for problem in problems_of(daemon):
        note(problem)
    click.echo()
    rows([("ccr code", "start Claude Code through it"), ("ccr status", "routes, requests, problems")])


def problems_of(daemon: Daemon) -> list[str]:
    """The config's problems, a line each, as the daemon tells them; empty where it cannot be asked."""
    if daemon.state is None:
        return []
    try:
        problems = as_list(read_status(daemon.state).get("problems")) or []
    except ControlError:
        return []
    found = [as_object(problem) or {} for problem in problems]
    return [f"{as_str(problem.get('severity')) or 'problem'}: {as_str(problem.get('text')) or ''}" for problem in found]
