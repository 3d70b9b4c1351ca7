"""Installing the service: everything is checked before anything is written, and what fails is taken back."""

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import field
from pathlib import Path

import click

from ccrouter.commands.address import configured_address
from ccrouter.commands.locating import locate
from ccrouter.commands.service.starting import start_by_service
from ccrouter.commands.service.surroundings import lacking, surroundings
from ccrouter.commands.start import ensure_daemon, port_taken_message
from ccrouter.commands.stop import stop_daemon
from ccrouter.commands.terminal import note
from ccrouter.config.foreign.detect import is_env_file
from ccrouter.config.interpolate import named_variables
from ccrouter.config.problems import ConfigError, Problem, has_errors
from ccrouter.config.read import decode
from ccrouter.config.source import dotenv_beside, read_source
from ccrouter.config.taking.dotenv_text import with_variables
from ccrouter.config.taking.put import write_private
from ccrouter.daemon.control import Daemon, Foreign, probe
from ccrouter.daemon.files import files_of
from ccrouter.daemon.service.base import ServiceFailed, ServiceManager, ServiceUnavailable, take
from ccrouter.daemon.service.definition import Installed, NotOurs, ServiceDefinition
from ccrouter.daemon.service.finding import find_installed
from ccrouter.daemon.spawn import daemon_command
from ccrouter.errors import CCRouterError
from ccrouter.frozen import frozen
from ccrouter.runtime import check
from ccrouter.startup import StartFailed, endpoint_of


@frozen
class Plan:
    """What an installation is going to do. Nothing in it is a secret but `lacking`'s values."""

    config: Path
    dotenv: Path
    """Where its variables may be: the file beside it, or it itself where it is one."""
    manager: ServiceManager
    content: bytes
    before: Installed | None
    problems: tuple[Problem, ...]
    """Of the config, read as the service will read it; errors among them come from what is `lacking`."""
    lacking: Mapping[str, str] = field(repr=False)
    """Variables of this shell that the config names and the service will not see."""
    withheld: tuple[str, ...]
    """Proxies of this shell that the service is not given, as a password is in them."""


def plan(path: Path, manager: ServiceManager, own: Mapping[str, str], *, replace: bool) -> Plan:
    """Look at everything, change nothing. `own` is what the service manager gives every service.

    Raises:
        CCRouterError: the service cannot be installed like this.
    """
    if is_passing(Path(sys.prefix)):
        raise CCRouterError(
            "This ccrouter lies in uv's cache, which is cleared now and then (`uvx`), so no service can "
            "start it. Install it (`uv tool install`), and install the service with that one. Nothing was changed."
        )
    if not path.exists():
        raise CCRouterError(f"There is no config at {path} to serve: `ccr init` sets one up.")
    before = find_installed(manager)
    if isinstance(before, NotOurs):
        raise CCRouterError(f"{before.file} {before.why}. Move it away, then install again. Nothing was changed.")
    if before is not None and not before.serves(path) and not replace:
        raise CCRouterError(
            f"The service is installed for {before.config}. There is one for each user: --replace lets it serve {path} "
            "instead. Nothing was changed."
        )
    around = surroundings(os.environ)
    environment = {**own, **around.given}
    definition = ServiceDefinition(daemon_command(path), path.parent, around.given, files_of(path).log)
    content = path.read_bytes()
    source = read_source(content, path)
    dotenv = path if is_env_file(path, decode(content, path)[0]) else dotenv_beside(path)
    named = named_variables(source.document.value) if source.document is not None else []
    missing = lacking(named, os.environ, environment, source.dotenv.variables)
    problems = check(path, environment)
    if has_errors(problems):
        _refuse_broken(path, check(path, {**missing, **environment}))
    return Plan(path, dotenv, manager, manager.content(definition), before, problems, missing, around.withheld)


def is_passing(prefix: Path) -> bool:
    """True for an environment (`sys.prefix`) that may be gone tomorrow: uv makes those of `uvx` in its cache."""
    return any(part.startswith(("archive-v", "environments-v")) for part in prefix.parts)


def _refuse_broken(path: Path, problems: tuple[Problem, ...], lacking: Mapping[str, str] | None = None) -> None:
    if has_errors(problems):
        without = f" without {', '.join(lacking)}, which a service does not see (--keep-variables)" if lacking else ""
        raise StartFailed(f"{path} cannot be used{without}, so no service was installed:", problems, kind="config")


def keep_variables(plan: Plan) -> None:
    """Write what the service would lack into the file of variables, which only its owner can read then.

    Raises ConfigError where that file is no text, OSError.
    """
    text, problem = decode(plan.dotenv.read_bytes() if plan.dotenv.exists() else b"", plan.dotenv)
    if problem is not None:
        raise ConfigError([problem])
    write_private(plan.dotenv, with_variables(text, plan.lacking).encode())


def carry_out(plan: Plan) -> Daemon:
    """Stop what runs, write the file, have it known and start it: the daemon, which answers.

    A service that is installed exactly like this, and runs, goes on running.
    What fails is taken back: the file is as it was, and where a daemon ran one runs again.

    Raises:
        StartFailed: the config cannot be used without what the service lacks, the port is taken, or the daemon does
            not start.
        ServiceFailed, ServiceUnavailable, OSError: the service could not be installed.
    """
    _refuse_broken(plan.config, plan.problems, plan.lacking)
    files, running = locate(plan.config)
    if running is None:
        _refuse_taken_port(plan.config)
    file = plan.manager.file
    old = file.read_bytes() if plan.before is not None else None
    served = plan.before is not None and plan.manager.state().activity == "running"
    if served and old == plan.content and running is not None and running.state is not None and running.state.service:
        take(plan.manager.enabling)  # nothing else can be out of date
        return running
    if running is not None:
        note(f"The daemon at {running.endpoint} is stopped first, and started as a service.")
    if plan.before is not None and plan.before.config is not None:
        stop_daemon(plan.before.config)
    stop_daemon(plan.config)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_private(file, plan.content)
        take(plan.manager.installing)
        return start_by_service(files, plan.manager)
    except BaseException:
        _take_back(plan.manager, old)
        with suppress(CCRouterError, OSError):
            if served:
                plan.manager.start()
            elif running is not None:
                ensure_daemon(plan.config)
        raise


def _refuse_taken_port(path: Path) -> None:
    address = configured_address(path, os.environ)
    answer = probe(endpoint_of(*address)) if address is not None else None
    if isinstance(answer, Foreign):
        message = port_taken_message(path, address, answer) or ""
        raise StartFailed(f"{message} No service was installed.", kind="port_taken")


def _take_back(manager: ServiceManager, old: bytes | None) -> None:
    """The file as it was before; where there was none, nothing of ours is left."""
    with suppress(ServiceFailed, ServiceUnavailable, OSError):
        if old is None:
            with suppress(ServiceFailed):
                take(manager.removing)
            for link in (*manager.links, manager.file):
                link.unlink(missing_ok=True)
            take(manager.removed)
        else:
            write_private(manager.file, old)
            take(manager.installing)


def show_steps(plan: Plan) -> None:
    """The file and the commands, for `--dry-run`."""
    click.echo(f"{plan.manager.file}:\n")
    click.echo("".join(f"    {line}\n" if line else "\n" for line in plan.content.decode().splitlines()))
    click.echo("Then:")
    for step in (*plan.manager.installing, *plan.manager.starting):
        click.echo(f"    {' '.join(step.command)}")
    click.echo("\nNothing was changed (--dry-run).")
