"""`ccr model --plain`: numbered questions, for terminals that cannot be drawn on and for screen readers."""

import asyncio
import os
from collections.abc import Sequence

import click

from ccrouter.commands.model.adding import provider_entry, suggested_key
from ccrouter.commands.model.changing import save, service_of
from ccrouter.commands.model.listing import routes_of
from ccrouter.commands.provider.adding import tell_step
from ccrouter.config.edit.draft import Draft
from ccrouter.errors import CCRouterError
from ccrouter.probing.listing import fetch_models
from ccrouter.probing.provider import probe_provider
from ccrouter.probing.trial import try_target

LEAVE = "leave"


def ask(draft: Draft) -> int:
    """Ask until the user has enough; the exit code. Ctrl-C leaves without writing."""
    while True:
        click.echo()
        routes = routes_of(draft)
        choices = [f"{name}: {target or '(as default)'}" for name, target in routes.items()]
        further = ["add models to a provider", "add a provider", "test a model", "write", LEAVE]
        number = _choose("What do you want to change?", [*choices, *further])
        try:
            if number < len(choices):
                draft = _ask_route(draft, list(routes)[number])
                continue
            action = further[number - len(choices)]
            if action == LEAVE:
                if not draft.changed or click.confirm("There are changes. Leave without writing them?"):
                    return 0
            elif action == "write":
                save(draft, "The config is written")
                return 0
            elif action == "test a model":
                target = draft.target(_ask_target(draft))
                click.echo(asyncio.run(try_target(service_of(draft), target)).words)
            elif action == "add a provider":
                draft = _ask_provider(draft)
            else:
                draft = _ask_models(draft)
        except CCRouterError as error:
            click.secho(str(error), fg="red")


def _ask_route(draft: Draft, route: str) -> Draft:
    unset = "(not set: as default)"
    target = _ask_target(draft, [] if route == "default" else [unset])
    if target != unset:
        return draft.set_route(route, target)
    return draft.unset_route(route) if routes_of(draft).get(route) is not None else draft


def _ask_target(draft: Draft, more: Sequence[str] = ()) -> str:
    config = draft.config
    targets = [f"{provider.name},{model}" for provider in config.providers for model in provider.models]
    targets += [f"group,{name}" for name in config.groups]
    return _pick("Which model? A number, or provider,model", [*targets, *more])


def _ask_models(draft: Draft) -> Draft:
    provider = draft.provider(_pick("Which provider?", [provider.name for provider in draft.config.providers]))
    found: Sequence[str] = ()
    try:
        found = asyncio.run(fetch_models(provider, draft.config, os.environ))
    except CCRouterError as error:
        click.secho(str(error), fg="yellow")
    return draft.add_models(provider.name, [_pick("Which model? A number, or its name", list(found))])


def _ask_provider(draft: Draft) -> Draft:
    name = _pick("Which one? A number, or a name of your own", sorted(draft.known.presets))
    preset = draft.known.presets.get(name)
    url = None if preset is not None and preset.base_url else str(click.prompt("Its address"))
    suggested = suggested_key(draft, name)
    key = str(
        click.prompt(f"Key, or $NAME [{suggested or 'none'}]", default=suggested, hide_input=True, show_default=False)
    )
    models: list[str] = []
    if preset is None or not preset.models:
        models = str(click.prompt("Its models, with spaces between them")).split()
    changed = draft.add_provider(provider_entry(name, url=url, key=key, models=models))
    return changed if _works(changed, name) else draft


def _works(draft: Draft, provider: str) -> bool:
    """Whether the new provider is to stay: it was tested and works, or the user wants it all the same."""
    if not click.confirm("Test it now?", default=True):
        return True
    testing = probe_provider(service_of(draft), provider, environment=draft.environment, told=tell_step)
    if asyncio.run(testing).failure is None:
        return True
    return click.confirm("Add it all the same?", default=False)


def _choose(question: str, choices: Sequence[str]) -> int:
    _show(choices)
    return int(click.prompt(question, type=click.IntRange(1, len(choices)))) - 1


def _pick(question: str, choices: Sequence[str]) -> str:
    """One of `choices` by its number, or whatever else is typed."""
    _show(choices)
    typed = str(click.prompt(question)).strip()
    return choices[int(typed) - 1] if typed.isdecimal() and 0 < int(typed) <= len(choices) else typed


def _show(choices: Sequence[str]) -> None:
    width = len(str(len(choices)))
    for number, choice in enumerate(choices, 1):
        click.echo(f"  {number:>{width}}  {choice}")
