"""`ccr demo` from start to end: say what happens, show a row for each scenario, stay up, leave nothing behind."""

import asyncio
import os
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from rich.console import Console
from rich.text import Text

from ccrouter import __version__
from ccrouter.config.locations import find_config
from ccrouter.demo.client import Outcome
from ccrouter.demo.ports import choose_port
from ccrouter.demo.scenarios import demo_requests
from ccrouter.demo.session import DemoSession, demo_session
from ccrouter.demo.table import INDENT, OutcomeTable

INTERRUPTED = 130
"""What shells give a command that Ctrl-C ended."""


async def run_demo(console: Console, *, port: int | None = None, once: bool = False) -> int:
    """The exit code: 0 when all went well or Ctrl-C ended it, 1 when a request failed (with `once`) or the daemon did.

    Raises StartFailed where the daemon does not start, NoPortError where there is no port for it.
    """
    chosen = choose_port(port)
    try:
        with _ended_by_signals():
            _say(console, "", ("ccrouter", "bold"), (f" {__version__}", "dim"), ("  demo: no key, no network", "dim"))
            if chosen.instead_of is not None:
                _say(console, (f"Port {chosen.instead_of} is taken, so the demo uses {chosen.port}.", "yellow"))
            console.print()
            async with demo_session(chosen.port) as session:
                return await _show(console, session, once=once)
    except asyncio.CancelledError:
        console.print()
        _say(console, ("The demo has ended; nothing of it is left.", "dim"))
        return INTERRUPTED if once else 0


async def _show(console: Console, session: DemoSession, *, once: bool) -> int:
    built_in = f"127.0.0.1:{session.provider.port}, built in, speaks OpenAI chat and Anthropic messages"
    _say(console, ("daemon    ", "dim"), (session.ready.endpoint, "cyan"), (f"  (pid {session.ready.pid})", "dim"))
    _say(console, ("provider  ", "dim"), (built_in, "dim"))
    console.print()
    table = OutcomeTable(console)
    table.heading()
    began = time.monotonic()
    outcomes: list[Outcome] = []
    for request in demo_requests():
        outcomes.append(await session.send(request))
        table.row(outcomes[-1])
    console.print()
    failed = _conclude(console, outcomes, time.monotonic() - began)
    if once:
        return 1 if failed else 0
    _way_on(console, session.ready.endpoint)
    log = await session.daemon_ended()
    _say(console, ("The daemon has ended by itself. The end of its log:", "bold red"))
    console.print(Text(log or "(empty)"), soft_wrap=True)
    return 1


def _conclude(console: Console, outcomes: list[Outcome], seconds: float) -> int:
    """Say how many arrived; the number of those that did not."""
    failed = sum(1 for outcome in outcomes if outcome.failure is not None)
    if failed:
        _say(console, (f"{failed} of {len(outcomes)} requests failed.", "bold red"))
    else:
        _say(console, (f"All {len(outcomes)} requests", "green"), f" went where they should, in {seconds:.1f} s.")
    return failed


def _way_on(console: Console, endpoint: str) -> None:
    """How to connect Claude Code, and what comes after the demo."""
    own = find_config(None, os.environ)
    console.print()
    _say(console, ("Try it with Claude Code", "bold"), ", in another terminal:")
    _say(console, "  ", (claude_command(endpoint, sys.platform), "cyan"))
    _say(console, ("  It answers as above. Ask it to run `ls`, or to read /etc/hosts.", "dim"))
    console.print()
    _say(console, ("Use it with your own providers", "bold"), ", when this demo has ended:")
    if own.exists():
        _say(console, "  ", (f"{ccr_command(sys.argv[0])} code", "cyan"), f"   with {shortened(own)}, which is there")
    else:
        _say(console, "  1. write ", (shortened(own), "cyan"), "   from config.example.json; see README.md")
        _say(console, "  2. run   ", (f"{ccr_command(sys.argv[0])} code", "cyan"))
    console.print()
    _say(console, ("Ctrl-C ends the demo.", "dim"))


def claude_command(endpoint: str, platform: str) -> str:
    """The line that runs Claude Code on the daemon, for the shell that the platform has."""
    if platform == "win32":
        return f'$env:ANTHROPIC_BASE_URL="{endpoint}"; $env:ANTHROPIC_AUTH_TOKEN="demo"; claude'
    return f"ANTHROPIC_BASE_URL={endpoint} ANTHROPIC_AUTH_TOKEN=demo claude"


def ccr_command(called: str) -> str:
    """`ccr` where the shell finds it, else the path by which this program was called (`.venv/bin/ccr`)."""
    if shutil.which("ccr") is not None:
        return "ccr"
    path = Path(called)
    if not path.stem.startswith("cc"):
        return shlex.join([sys.executable, "-m", "ccrouter"])
    with suppress(ValueError):
        path = path.absolute().relative_to(Path.cwd())
    return shlex.quote(str(path))


def shortened(path: Path) -> str:
    """The path with `~` for the user's directory."""
    with suppress(ValueError, RuntimeError):
        return str(Path("~") / path.relative_to(Path.home()))
    return str(path)


def _say(console: Console, *parts: str | tuple[str, str]) -> None:
    """One indented line; longer ones are wrapped by the terminal, so that commands can be copied whole."""
    console.print(Text.assemble(INDENT, *parts), soft_wrap=True)


@contextmanager
def _ended_by_signals() -> Generator[None]:
    """Ctrl-C, SIGTERM and a closed terminal cancel this task, once: what follows is the way out, not to be disturbed.

    Windows' loop has no signal handlers; there Ctrl-C cancels the task through asyncio.run, and nothing else can.
    """
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None
    taken: list[signal.Signals] = []

    def end() -> None:
        if not task.cancelling():
            task.cancel()

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        kind = getattr(signal, name, None)
        if isinstance(kind, signal.Signals):
            with suppress(NotImplementedError):
                loop.add_signal_handler(kind, end)
                taken.append(kind)
    try:
        yield
    finally:
        for kind in taken:
            loop.remove_signal_handler(kind)
