"""The command line of `ccr provider`."""

import asyncio
import os
import sys
from pathlib import Path

import click
import orjson

from ccrouter.commands.completing import (
    complete_known,
    complete_model,
    complete_protocol,
    complete_provider,
    complete_role,
)
from ccrouter.commands.locating import chosen_config, config_option
from ccrouter.model.json import Json


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@config_option
def provider(config: Path | None) -> None:
    """Add, list, test and remove providers."""
    del config


def _chosen(context: click.Context, config: Path | None) -> Path:
    """The command's own --config, else the group's."""
    above = context.parent.params.get("config") if context.parent is not None else None
    return chosen_config(config or above)


@provider.command("add")
@config_option
@click.argument("preset", required=False, shell_complete=complete_known)
@click.option("--name", help="What routes shall call it.")
@click.option("--url", help="Its address, where it is none of the known ones or not where they mostly are.")
@click.option(
    "--protocol",
    shell_complete=complete_protocol,
    help="openai_chat, openai_responses, anthropic or gemini, where the address does not tell.",
)
@click.option("--key", help="Its key; '$NAME' for a variable, - to read it from stdin. It is kept in .env.")
@click.option("--key-env", metavar="NAME", help="The variable that has its key, or is to have it.")
@click.option("--key-in-config", is_flag=True, help="Write the key itself into the config.")
@click.option("--models", multiple=True, metavar="MODEL[,MODEL…]", help="Its models; the first is tested.")
@click.option(
    "--roles",
    multiple=True,
    metavar="ROUTE[=MODEL][,…]",
    shell_complete=complete_role,
    help="Routes that go to it from now on.",
)
@click.option("--yes", "-y", is_flag=True, help="Ask nothing: take what is known, and write.")
@click.option("--no-test", is_flag=True, help="Write without having asked the provider.")
@click.pass_context
def add_command(  # noqa: PLR0917 - as many as it has options
    context: click.Context,
    config: Path | None,
    preset: str | None,
    name: str | None,
    url: str | None,
    protocol: str | None,
    key: str | None,
    key_env: str | None,
    key_in_config: bool,
    models: tuple[str, ...],
    roles: tuple[str, ...],
    yes: bool,
    no_test: bool,
) -> None:
    """Add a provider, or change one: ccr provider add deepseek

    PRESET is the name of a known provider (docs/providers.md) or an address. Before anything is written the provider
    is tested: its list of models, a whole answer, a streamed one, and a call of a tool. A failure says whether the key,
    the URL, the network or the model is at fault, and nothing is written.
    """
    from ccrouter.commands.provider.adding import Options, add
    from ccrouter.commands.provider.saving import draft_or_first
    from ccrouter.commands.provider.wanted import list_of, wanted

    path = _chosen(context, config)
    draft = draft_or_first(path)
    presets = draft.known.presets
    if preset is None and url is None and name is None and sys.stdin.isatty() and not yes:
        click.echo(click.wrap_text(", ".join(presets), width=100, initial_indent="  ", subsequent_indent="  "))
        preset = str(click.prompt("Which provider? A name, or its address")).strip()
    asked = wanted(
        preset,
        presets=presets,
        configured=tuple([found.name for found in draft.config.providers]),
        name=name,
        url=url,
        protocol=protocol,
        models=list_of(models),
    )
    options = Options(
        key=key,
        key_variable=key_env,
        key_in_config=key_in_config,
        roles=list_of(roles) or None,
        yes=yes,
        test=not no_test,
    )
    context.exit(add(path, asked, options))


@provider.command("list")
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def list_command(context: click.Context, config: Path | None, as_json: bool) -> None:
    """Show the providers: protocol, address, models, how their keys are, proxies."""
    from ccrouter.commands.provider.showing import report_of, show

    report = report_of(_chosen(context, config))
    if as_json:
        click.echo(orjson.dumps(report, option=orjson.OPT_INDENT_2))
    else:
        show(report)


@provider.command("test")
@config_option
@click.argument("name", required=False, shell_complete=complete_provider)
@click.option("--model", shell_complete=complete_model, help="The model to test with [default: the provider's first].")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def test_command(
    context: click.Context, config: Path | None, name: str | None, model: str | None, as_json: bool
) -> None:
    """Test the provider NAME, or all: the list of models, a whole answer, a stream, a tool call.

    The exit code is 1 when one failed.
    """
    from ccrouter.commands.model.changing import draft_of, service_of
    from ccrouter.commands.provider.adding import tell_step
    from ccrouter.probing.provider import Probe, probe_json, probe_provider

    draft = draft_of(_chosen(context, config))
    service = service_of(draft)
    if model is not None and name is None:
        raise click.UsageError("--model goes with the NAME of a provider.")
    names = [draft.provider(name).name] if name is not None else [found.name for found in service.config.providers]
    if not names:
        raise click.ClickException("There is no provider in the config yet: ccr provider add")

    async def probe_all() -> list[Probe]:
        probes: list[Probe] = []
        for each in names:
            if not as_json:
                click.secho(each, bold=True)
            told = None if as_json else tell_step
            probes.append(await probe_provider(service, each, model, environment=os.environ, told=told))
        return probes

    probes = asyncio.run(probe_all())
    ok = all(probe.ok for probe in probes)
    if as_json:
        report: dict[str, Json] = {"ok": ok, "providers": [probe_json(probe) for probe in probes]}
        click.echo(orjson.dumps(report, option=orjson.OPT_INDENT_2))
    context.exit(0 if ok else 1)


@provider.command("models")
@config_option
@click.argument("name", shell_complete=complete_provider)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def models_command(context: click.Context, config: Path | None, name: str, as_json: bool) -> None:
    """Ask the provider NAME which models it has. Those in the config are marked with *; nothing is written."""
    from ccrouter.commands.model.command import fetch_command

    context.invoke(fetch_command, config=_chosen(context, config), provider=name, as_json=as_json)


@provider.command("remove")
@config_option
@click.argument("name", shell_complete=complete_provider)
@click.option("--force", is_flag=True, help="Also where routes go to it: they are taken away.")
@click.pass_context
def remove_command(context: click.Context, config: Path | None, name: str, force: bool) -> None:
    """Remove the provider NAME. Comments outside of its entry stay."""
    from ccrouter.commands.model.changing import draft_of
    from ccrouter.commands.provider.removing import remove

    remove(draft_of(_chosen(context, config)), name, force=force)
