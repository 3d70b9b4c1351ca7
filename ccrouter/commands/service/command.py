"""The command line of `ccr service`."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import orjson

from ccrouter.commands.locating import chosen_config, config_option, env_file_option, served_config
from ccrouter.commands.service.gathering import ServiceFacts, gather_service, installed
from ccrouter.commands.service.judging import judge_service
from ccrouter.commands.terminal import fact, good, note, rows, title
from ccrouter.daemon.service.base import ServiceManager, ServiceUnavailable
from ccrouter.daemon.service.definition import NotOurs
from ccrouter.daemon.service.finding import find_installed, service_manager
from ccrouter.errors import CCRouterError

if TYPE_CHECKING:
    from ccrouter.commands.service.installing import Plan

RUNNING, NOT_RUNNING = 0, 3


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def service() -> None:
    """Let the daemon start when you log in, and again when it fails.

    On Linux it is a systemd user unit, on macOS a launchd agent. `ccr start`, `stop` and `restart` then go through it.
    """


@service.command()
@config_option
@env_file_option
@click.option("--replace", is_flag=True, help="Install it even where it serves another config until now.")
@click.option("--keep-variables", is_flag=True, help="Write variables that it would lack into the .env, unasked.")
@click.option("--dry-run", is_flag=True, help="Only print the file and the commands.")
def install(config: Path | None, env_file: Path | None, replace: bool, keep_variables: bool, dry_run: bool) -> None:
    """Install the service and start it. Installing it again brings it up to date.

    The config is checked first. The service does not see your shell's variables: what the config names, and keys in
    particular, must stand in the .env beside it.
    """
    from ccrouter.commands.service import installing
    from ccrouter.commands.start import show_started

    path = served_config(config, env_file)
    manager = service_manager(os.environ)
    plan = installing.plan(path, manager, _own_environment(manager, dry_run=dry_run), replace=replace)
    if dry_run:
        installing.show_steps(plan)
        tell_lacking(plan)
        return
    if plan.lacking and (keep_variables or _asked_to_keep(plan)):
        installing.keep_variables(plan)
        click.echo(f"Now in {plan.dotenv} (only you can read it): {', '.join(plan.lacking)}")
        plan = installing.plan(path, manager, manager.environment(), replace=replace)
    daemon = installing.carry_out(plan)
    good(f"The service is installed: {manager.file}")
    show_started(path, "started", daemon)
    click.echo()
    tell_lacking(plan)
    if (hint := manager.hint()) is not None:
        note(hint)


@service.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
def remove(dry_run: bool) -> None:
    """Stop the service and remove it. The config and what the daemon keeps beside it stay."""
    from ccrouter.commands.service.removing import remove_service

    manager = service_manager(os.environ)
    match find_installed(manager):
        case None:
            click.echo("There is no service of ccrouter's to remove.")
        case NotOurs(file, why):
            raise CCRouterError(f"{file} {why}, so it is left alone.")
        case found if dry_run:
            click.echo(f"To be removed: {found.file}")
            for step in (*manager.removing, *manager.removed):
                click.echo(f"    {' '.join(step.command)}")
            click.echo("Nothing was changed (--dry-run).")
        case found:
            remove_service(manager, found)
            good(f"The service is removed: {found.file}")
            click.echo("`ccr start` starts the daemon without it.")


@service.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def status(context: click.Context, config: Path | None, as_json: bool) -> None:
    """Show whether the service is installed, and how it is.

    The exit code is 0 when it runs and 3 when it does not.
    """
    facts = gather_service(chosen_config(config), os.environ)
    if as_json:
        click.echo(orjson.dumps(_report(facts), option=orjson.OPT_INDENT_2))
    else:
        _show(facts)
    context.exit(RUNNING if facts.state is not None and facts.state.activity == "running" else NOT_RUNNING)


def _own_environment(manager: ServiceManager, *, dry_run: bool) -> dict[str, str]:
    try:
        return dict(manager.environment())
    except ServiceUnavailable as error:
        if not dry_run:
            raise
        note(f"It could not be installed as things are. {error}")
        return {}


def _asked_to_keep(plan: "Plan") -> bool:
    if not sys.stdin.isatty():
        return False
    names = ", ".join(plan.lacking)
    return click.confirm(f"The service will not see {names}. Write it into {plan.dotenv}?", default=True)


def tell_lacking(plan: "Plan") -> None:
    """What the service does not see of this shell, and what to do."""
    if plan.lacking:
        names = ", ".join(plan.lacking)
        note(f"The service does not see this shell's {names}. Put it into {plan.dotenv}, or let this do it:")
        note("   ccr service install --keep-variables")
    for name in plan.withheld:
        note(
            f"{name} holds a password, so the service is not given it. Put {name}=… into {plan.dotenv}, and "
            f'"PROXY_URL": "${name}" into the config.'
        )


def _report(facts: ServiceFacts) -> dict[str, object]:
    found, state = installed(facts), facts.state
    return {
        "installed": found is not None,
        "manager": facts.manager or None,
        "file": str(facts.found.file) if facts.found is not None else None,
        "config": str(found.config) if found is not None and found.config is not None else None,
        "command": list(found.command) if found is not None else None,
        "activity": state.activity if state is not None else None,
        "pid": state.pid if state is not None else None,
        "at_login": state.at_login if state is not None else None,
        "unavailable": facts.unavailable or None,
        "findings": [
            {"level": entry.level, "text": entry.text, "advice": entry.advice or None}
            for entry in judge_service(facts)
            if entry.level != "ok"
        ],
    }


def _show(facts: ServiceFacts) -> None:
    title("🔁", "ccrouter as a service")
    found, state = installed(facts), facts.state
    if found is None:
        fact("❌", "Installed", "no")
    else:
        fact("✅", "Installed", f"yes, with {facts.manager}", "green")
        fact("📄", "File", found.file)
        fact("📄", "Config", found.config)
    if state is not None:
        running = state.activity == "running"
        fact("🟢" if running else "🔴", "State", state.activity, "green" if running else "red")
        if state.pid is not None:
            fact("🆔", "Process ID", state.pid)
        fact("🔑", "Starts at login", "yes" if state.at_login else "no")
    for entry in judge_service(facts):
        if entry.level != "ok":
            note(f"{entry.text[0].upper()}{entry.text[1:]}. {entry.advice}".rstrip(". ") + ".")
    if found is None and facts.unavailable:
        note(facts.unavailable)
    elif found is None and facts.found is None:
        click.echo("\nTo install it:")
        rows([("ccr service install", "")])
