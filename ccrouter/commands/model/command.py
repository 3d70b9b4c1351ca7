"""The command line of `ccr model`."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import orjson

from ccrouter.commands.completing import complete_provider, complete_route, complete_target
from ccrouter.commands.locating import chosen_config, config_option
from ccrouter.model.json import Json

if TYPE_CHECKING:
    from ccrouter.config.edit.draft import Draft

Command = TypeVar("Command", bound=Callable[..., Any])


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@config_option
@click.option("--plain", is_flag=True, help="Ask with numbered questions instead of the whole screen.")
@click.pass_context
def model(context: click.Context, config: Path | None, plain: bool) -> None:
    """Choose which model serves what.

    Without a command: the whole screen, by keyboard. Comments and everything else in the config stay as they are, the
    old one is kept as a backup, and nothing is written that `ccr config check` would not accept.
    """
    if context.invoked_subcommand is not None:
        return
    path = chosen_config(config)
    whole_screen = not plain and sys.stdout.isatty() and os.environ.get("TERM", "") not in ("", "dumb")
    if not sys.stdin.isatty():
        text = "There is no terminal to choose in. Plain commands: ccr model list, set, unset, add, remove, fetch, test"
        raise click.ClickException(f"{text} (ccr model --help)")
    if whole_screen:
        from ccrouter.commands.model.screen import run

        context.exit(run(_draft(path)))
    from ccrouter.commands.model.questions import ask

    context.exit(ask(_draft(path)))


def _draft(path: Path) -> "Draft":
    from ccrouter.commands.model.changing import draft_of

    return draft_of(path)


def _chosen(context: click.Context, config: Path | None) -> Path:
    """The command's own --config, else the group's."""
    above = context.parent.params.get("config") if context.parent is not None else None
    return chosen_config(config or above)


def _route_name(route: str) -> str:
    from ccrouter.config.edit.route_names import route_name

    return route_name(route)


def _save(draft: "Draft", what: str) -> None:
    from ccrouter.commands.model.changing import save

    save(draft, what)


@model.command("list")
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def list_command(context: click.Context, config: Path | None, as_json: bool) -> None:
    """Show the routes, and the models of every provider."""
    from ccrouter.commands.model.listing import report_of, show

    draft = _draft(_chosen(context, config))
    if as_json:
        click.echo(orjson.dumps(report_of(draft), option=orjson.OPT_INDENT_2))
    else:
        show(draft)


@model.command("set")
@config_option
@click.argument("route", shell_complete=complete_route)
@click.argument("target", shell_complete=complete_target)
@click.pass_context
def set_command(context: click.Context, config: Path | None, route: str, target: str) -> None:
    """Let ROUTE go to TARGET: ccr model set think deepseek,deepseek-reasoner

    ROUTE is default, background, think, longContext, webSearch, image, … (`ccr model list` shows them all); with a dot
    one of several: subagent.Explore, tiers.opus. TARGET is provider,model or group,name.
    """
    draft = _draft(_chosen(context, config)).set_route(route, target)
    _save(draft, f"{_route_name(route)} goes to {draft.route_text(target)}")


@model.command("unset")
@config_option
@click.argument("route", shell_complete=complete_route)
@click.pass_context
def unset_command(context: click.Context, config: Path | None, route: str) -> None:
    """Take ROUTE away: what it served goes to default."""
    _save(_draft(_chosen(context, config)).unset_route(route), f"{_route_name(route)} is taken away")


@model.command("add")
@config_option
@click.argument("provider", shell_complete=complete_provider)
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@click.pass_context
def add_command(context: click.Context, config: Path | None, provider: str, models: tuple[str, ...]) -> None:
    """Add MODELs to the list of PROVIDER."""
    draft = _draft(_chosen(context, config)).add_models(provider, models)
    _save(draft, f"{draft.provider(provider).name} has {', '.join(models)}")


@model.command("remove")
@config_option
@click.argument("provider", shell_complete=complete_provider)
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@click.pass_context
def remove_command(context: click.Context, config: Path | None, provider: str, models: tuple[str, ...]) -> None:
    """Take MODELs off the list of PROVIDER."""
    draft = _draft(_chosen(context, config)).remove_models(provider, models)
    _save(draft, f"{draft.provider(provider).name} lists {', '.join(models)} no more")


@model.command("fetch")
@config_option
@click.argument("provider", shell_complete=complete_provider)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def fetch_command(context: click.Context, config: Path | None, provider: str, as_json: bool) -> None:
    """Ask PROVIDER which models it has. Those in the config are marked with *; nothing is written."""
    from ccrouter.probing.listing import fetch_models

    draft = _draft(_chosen(context, config))
    found = draft.provider(provider)
    import asyncio

    models = asyncio.run(fetch_models(found, draft.config, os.environ))
    if as_json:
        report: dict[str, Json] = {"provider": found.name, "models": list(models), "configured": list(found.models)}
        click.echo(orjson.dumps(report, option=orjson.OPT_INDENT_2))
        return
    for name in models:
        click.echo(f"{'*' if name in found.models else ' '} {name}")
    if sys.stdout.isatty():
        click.secho(f"\nTo add one: ccr model add {found.name} MODEL", dim=True)


@model.command("test")
@config_option
@click.argument("target", shell_complete=complete_target)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def test_command(context: click.Context, config: Path | None, target: str, as_json: bool) -> None:
    """Send one real, tiny request to TARGET (provider,model). The exit code is 1 when no answer came."""
    from ccrouter.commands.model.changing import service_of
    from ccrouter.probing.trial import try_target

    draft = _draft(_chosen(context, config))
    import asyncio

    tested = asyncio.run(try_target(service_of(draft), draft.target(target)))
    if as_json:
        report: dict[str, Json] = {
            "target": str(tested.target),
            "ok": tested.failure is None,
            "seconds": round(tested.seconds, 3),
            "answered_by": tested.answered_by,
            "answer": tested.answer,
            "error": tested.failure,
        }
        click.echo(orjson.dumps(report, option=orjson.OPT_INDENT_2))
    else:
        click.secho(tested.words, fg="green" if tested.failure is None else "red")
    context.exit(0 if tested.failure is None else 1)


@model.command("add-provider")
@config_option
@click.argument("name")
@click.option("--preset", help="Which known provider it is, where NAME does not say so (docs/providers.md).")
@click.option("--url", help="Its address, where it is none of the known ones.")
@click.option("--key", help="Its key, best as '$VARIABLE'. Without: its own variable, else it is asked for.")
@click.option("--model", "models", multiple=True, metavar="MODEL", help="A model of it; may be repeated.")
@click.option("--yes", "-y", is_flag=True, help="Ask nothing, and write.")
@click.option("--no-test", is_flag=True, help="Write without having asked the provider.")
@click.pass_context
def add_provider_command(  # noqa: PLR0917 - as many as it has options
    context: click.Context,
    config: Path | None,
    name: str,
    preset: str | None,
    url: str | None,
    key: str | None,
    models: tuple[str, ...],
    yes: bool,
    no_test: bool,
) -> None:
    """Add a provider, as `ccr provider add` does: ccr model add-provider deepseek --key '$DEEPSEEK_API_KEY'"""
    from ccrouter.commands.provider.command import add_command

    agreed = yes or not sys.stdin.isatty()  # so scripts know it
    more = {"key_env": None, "protocol": None, "key_in_config": False, "roles": (), "yes": agreed, "no_test": no_test}
    path = _chosen(context, config)
    context.invoke(add_command, config=path, preset=preset or name, name=name, url=url, key=key, models=models, **more)
