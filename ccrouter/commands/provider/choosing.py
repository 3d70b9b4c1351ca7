"""Which models of a provider, and which routes: asked on a terminal, else what is known."""

from collections.abc import Sequence

import click

from ccrouter.commands.model.listing import routes_of
from ccrouter.config.edit.draft import Draft
from ccrouter.config.types import ProviderConfig

MOST_SHOWN = 40


def choose_models(
    provider: ProviderConfig, listed: Sequence[str], usual: Sequence[str], *, ask: bool
) -> tuple[str, ...]:
    """The models to configure: those that are configured, else of the `usual` ones those that it has, unless the user
    says otherwise.
    """
    usual = [model for model in (provider.models or usual) if not listed or model in listed]
    if not ask:
        return provider.models or tuple(usual)
    usual = usual or list(listed[:1])
    for number, model in enumerate(listed[:MOST_SHOWN], 1):
        click.echo(f"  {number:>2}  {model}")
    if len(listed) > MOST_SHOWN:
        click.secho(f"  … and {len(listed) - MOST_SHOWN} more (ccr provider models {provider.name})", dim=True)
    while True:
        typed = str(click.prompt("Models: names or numbers, with blanks between", default=" ".join(usual)))
        if chosen := chosen_of(typed, listed[:MOST_SHOWN]):
            return chosen


def choose_roles(draft: Draft, provider: ProviderConfig, proposed: Sequence[str], *, ask: bool) -> tuple[str, ...]:
    """Of the `proposed` routes those that the provider is to have; without a terminal those that nobody has."""
    routes = routes_of(draft)
    if not ask:
        return tuple([route for route in proposed if routes.get(route) is None])
    chosen: list[str] = []
    for route in proposed:
        now = routes.get(route)
        if now is not None and now.split(",")[0] == provider.name:
            continue
        instead = f" (now {now})" if now is not None else ""
        if click.confirm(f"Shall {route} go to {provider.name}{instead}?", default=now is None):
            chosen.append(route)
    return tuple(chosen)


def chosen_of(typed: str, listed: Sequence[str]) -> tuple[str, ...]:
    """The names in `typed`; a number stands for the one of `listed`."""
    words = typed.replace(",", " ").split()
    names = [listed[int(word) - 1] if word.isdecimal() and 0 < int(word) <= len(listed) else word for word in words]
    return tuple(dict.fromkeys(names))
