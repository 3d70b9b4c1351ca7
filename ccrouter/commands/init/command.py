"""The command line of `ccr init`. Every question has a flag; without a terminal `--yes` takes what was found."""

import os
import sys
from pathlib import Path

import click

from ccrouter.commands.init.answers import Answers, Plan, plan_for
from ccrouter.commands.init.trying import finish, start_claude, try_plan
from ccrouter.commands.locating import chosen_config, config_option
from ccrouter.commands.terminal import good
from ccrouter.errors import CCRouterError


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@config_option
@click.option("--from", "source", type=click.Path(path_type=Path), metavar="FILE", help="Take this config over.")
@click.option("--provider", help="Who serves: a known provider (docs/providers.md), or a name for --url.")
@click.option("--url", help="The provider's address, where it is none of the known ones.")
@click.option("--key", help="Its key, best as '$VARIABLE'. A key itself goes into the .env beside the config.")
@click.option("--model", help="The model for everything.")
@click.option("--background", help="The model for background work [a small one of the same provider].")
@click.option("--no-test", is_flag=True, help="Do not ask the provider for anything.")
@click.option("--replace", is_flag=True, help="Replace a config that is there; it is kept as a backup.")
@click.option("--no-start", is_flag=True, help="Do not start the daemon.")
@click.option("--code", is_flag=True, help="Start Claude Code at the end; what stands behind -- is given to it.")
@click.option("--yes", "-y", is_flag=True, help="Ask nothing: take what was found.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- ARGUMENTS OF CLAUDE CODE]")
@click.pass_context
def init(  # noqa: PLR0917 - a flag for every question
    context: click.Context,
    config: Path | None,
    source: Path | None,
    provider: str | None,
    url: str | None,
    key: str | None,
    model: str | None,
    background: str | None,
    no_test: bool,
    replace: bool,
    no_start: bool,
    code: bool,
    yes: bool,
    arguments: tuple[str, ...],
) -> None:
    """Set everything up: look for what is there, ask what is missing, test it, write a config, start the daemon.

    It looks for a config of claude-code-router, LiteLLM or a proxy's .env in this folder, for keys in the environment,
    and for ollama and LM Studio on this machine. Nothing is written before a real answer came.
    """
    if source is not None and (provider or url or key):
        raise click.UsageError("--from says it all; leave --provider, --url and --key out.")
    if code and no_start:
        raise click.UsageError("--code needs the daemon; leave --no-start out.")
    if arguments and not code:
        raise click.UsageError(f"'{arguments[0]}' is no option of ccr init; Claude Code gets it with --code.")
    asking = not yes and sys.stdin.isatty()
    if not asking and not yes:
        raise click.UsageError("There is no terminal to ask in. Add --yes, and flags for what you want (--help).")
    given = Answers(source, provider, url, key, model, background, replace=replace, asking=asking)
    plan = plan_for(chosen_config(config), given, os.environ)
    if not no_test and not try_plan(plan):
        click.secho("Nothing was written." if plan.taken is not None else "Nothing was changed.", fg="red", err=True)
        context.exit(1)
    _write(plan, asking=asking)
    finish(plan, start=not no_start)
    if code:
        context.exit(start_claude(plan.target, arguments))


def _write(plan: Plan, *, asking: bool) -> None:
    if plan.taken is None:
        return
    from ccrouter.config.taking.put import put

    click.echo(f"\n{plan.taken.text}")
    if asking and not click.confirm(f"Write this to {plan.target}?", default=True):
        raise CCRouterError("Nothing was written.")
    done = put(plan.taken)
    good(f"{plan.target} is written.")
    if done.backup is not None:
        click.echo(f"Backup: {done.backup}")
    if done.dotenv is not None:
        click.echo(f"Keys: {done.dotenv} (only you can read it)")
