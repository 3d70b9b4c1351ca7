"""The test before anything is written, and what comes after."""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from ccrouter.commands.code import run_claude
from ccrouter.commands.init.answers import Plan
from ccrouter.commands.start import ensure_daemon
from ccrouter.commands.stop import stop_daemon
from ccrouter.commands.terminal import good, rows
from ccrouter.config.groups import members_of
from ccrouter.probing.provider import Step, probe_provider


def try_plan(plan: Plan) -> bool:
    """Ask the default route's provider for real answers; False when it does not work, which has been said then."""
    default = plan.service.config.router.default
    if default is None:
        return True
    target = members_of(default, plan.service.config)[0]
    click.echo(f"\nTesting {target} …")
    environment = {**(plan.taken.variables if plan.taken is not None else {}), **os.environ}
    probe = asyncio.run(
        probe_provider(plan.service, target.provider, target.model, environment=environment, told=_told)
    )
    return probe.failure is None


def _told(step: Step) -> None:
    if step.cause is not None:
        click.secho(f"  {step.words}", fg="red", err=True)
    else:
        click.echo(f"  {step.words}")


def finish(plan: Plan, *, start: bool) -> None:
    """Show the routes, start the daemon, and say how to go on."""
    router = plan.service.config.router
    routes = {
        "default": router.default,
        "background": router.background,
        "think": router.think,
        "longContext": router.long_context,
        "webSearch": router.web_search,
        "image": router.image,
        **{f"tiers.{tier}": route.target for tier, route in plan.service.config.tiers.items()},
    }
    click.echo("\nRoutes")
    rows([(name, str(target)) for name, target in routes.items() if target is not None])
    click.echo()
    if start:
        if plan.taken is not None:
            stop_daemon(plan.target)  # One that runs knows neither this shell's variables nor a new port.
        outcome, daemon = ensure_daemon(plan.target)
        good(f"ccrouter {'already runs' if outcome == 'already' else 'runs'} at {daemon.endpoint}")
    click.echo("Next: ccr code")


def start_claude(config: Path, arguments: Sequence[str]) -> int:
    """Become `ccr code` with the config; its exit code, where this system cannot replace a process."""
    command = [sys.executable, "-P", "-m", "ccrouter", "code", *arguments]
    return run_claude(command, {**os.environ, "CCR_CONFIG": str(config)}, no_input=False)
