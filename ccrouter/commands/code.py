"""`ccr code …`: Claude Code through the router, in an environment of its own process only."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from ccrouter.commands.address import read_basics
from ccrouter.commands.claude_settings import CUSTOM_HEADERS, overriding_headers, overriding_settings, settings_files
from ccrouter.commands.launching import launch_of, split
from ccrouter.commands.locating import chosen_config, configuration, locate
from ccrouter.commands.status_line_settings import status_line_arguments
from ccrouter.config.hints import HINTS_HEADER
from ccrouter.config.locations import user_directory
from ccrouter.config.problems import ConfigError
from ccrouter.config.types import Config
from ccrouter.daemon.control import Daemon
from ccrouter.daemon.launch import ClaudeNotFound, claude_command, find_claude, launch_environment, with_header
from ccrouter.errors import CCRouterError

STDIN = 0


class PassThrough(click.Command):
    """A command whose arguments are nobody's business: not `--help`, not `--`, not options before or after."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep them exactly as they are."""
        ctx.args = list(args)
        return []


@click.command(cls=PassThrough, add_help_option=False)
@click.pass_context
def code(context: click.Context) -> None:
    """Run Claude Code through the router; every argument is passed on as it is.

    Before all of them, these are ours: `--preset NAME`, the preset's providers and routes (`ccr NAME` is the same);
    `--hints` and `--no-hints`, with or without guidance on the tools for models that are not Claude.
    """
    path = chosen_config()
    ours = split(context.args)
    preset, arguments = ours.preset, ours.arguments
    added = None if preset is None else launch_of(path, preset)
    daemon = running_daemon(path)
    settings = usable_configuration(path)
    executable = find_claude(settings, os.environ, shutil.which)
    endpoint = daemon.endpoint if preset is None else f"{daemon.endpoint}/preset/{preset}"
    files = settings_files(os.environ, user_directory(), Path.cwd())
    header = None if ours.hints is None else f"{HINTS_HEADER}: {ours.hints}"
    for warning in (*overriding_settings(files, endpoint), *overriding_headers(files, header)):
        click.secho(warning, err=True, fg="yellow")
    environment = launch_environment(settings, endpoint, os.environ).applied_to(os.environ)
    if added is not None:
        environment, arguments = added.applied(environment, arguments)
    if header is not None:
        environment[CUSTOM_HEADERS] = with_header(environment.get(CUSTOM_HEADERS, ""), header)
    line = status_line_arguments(settings, path.parent, arguments)
    if line:
        environment["CCR_CONFIG"] = str(path)  # the line is about this config, wherever Claude Code runs it
    command = claude_command(executable, [*line, *arguments], shutil.which)
    context.exit(run_claude(command, environment, no_input=settings.non_interactive_mode))


def usable_configuration(path: Path) -> Config:
    """The configuration, or as much as is needed of one that broke while the daemon goes on with the last good one.

    Raises ConfigError where nothing can be read.
    """
    try:
        return configuration(path)
    except ConfigError as error:
        basics = read_basics(path, os.environ)
        if basics is None:
            raise
        click.secho(f"{error}\nThe daemon keeps serving the last good config.", err=True, fg="yellow")
        return basics


def start_command(path: Path) -> list[str]:
    """The command line of `ccr start`."""
    return [sys.executable, "-P", "-m", "ccrouter", "start", "--config", str(path)]


def running_daemon(path: Path) -> Daemon:
    """The daemon of the config at `path`, started where none answers. Raises CCRouterError with what `ccr start` said.

    It is started by a `ccr start` of its own: this process becomes Claude Code, which would never take the exit status
    of a child it does not know, and a daemon that ended would stay a zombie.
    """
    _, daemon = locate(path)
    if daemon is not None:
        return daemon
    click.secho("ccrouter is not running, starting it …", err=True, dim=True)
    started = subprocess.run(  # noqa: S603 - our own interpreter and module
        start_command(path),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if started.returncode != 0:
        raise CCRouterError("\n".join(text for text in (started.stdout.strip(), started.stderr.strip()) if text))
    if started.stderr.strip():  # warnings about the config
        click.secho(started.stderr.strip(), err=True, fg="yellow")
    _, daemon = locate(path)
    if daemon is None:
        raise CCRouterError("ccrouter was started but does not answer; `ccr logs` shows what happened.")
    return daemon


def run_claude(command: Sequence[str], environment: Mapping[str, str], *, no_input: bool) -> int:
    """Become Claude Code (POSIX), or run it and return its exit code (Windows).

    On POSIX this process is replaced, so that signals, the exit status, and stopping with Ctrl-Z and going on are
    Claude Code's own, with nothing in between. Windows has no such call: its exec ends this process at once and the
    shell would take the terminal back.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    if sys.platform == "win32":
        return run_as_child(command, environment, no_input=no_input)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and an ignored signal stays so across exec
    if no_input:
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, STDIN)
        os.close(nothing)
    try:
        os.execve(command[0], list(command), dict(environment))  # noqa: S606 - no shell in between is the point
    except OSError as error:
        raise _cannot_run(command[0], error) from error


def run_as_child(command: Sequence[str], environment: Mapping[str, str], *, no_input: bool) -> int:
    """Run Claude Code and return its exit code, 128+n where the signal n ended it.

    Ctrl-C reaches every process of the console; what it means is Claude Code's to decide.
    """
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        child = subprocess.Popen(  # noqa: S603 - no shell in between
            list(command), env=dict(environment), stdin=subprocess.DEVNULL if no_input else None
        )
        with child:
            status = child.wait()
    except OSError as error:
        raise _cannot_run(command[0], error) from error
    finally:
        signal.signal(signal.SIGINT, before)
    return status if status >= 0 else 128 - status


def _cannot_run(executable: str, error: OSError) -> ClaudeNotFound:
    hint = " (or the interpreter in its first line is missing)" if isinstance(error, FileNotFoundError) else ""
    return ClaudeNotFound(f"{executable} cannot be run: {error.strerror or error}{hint}.")
