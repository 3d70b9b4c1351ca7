"""`ccr model list`: the routes, and the providers with their models."""

from collections.abc import Mapping

import click

from ccrouter.commands.terminal import rows
from ccrouter.config.edit.draft import Draft
from ccrouter.config.edit.route_names import TARGET_MEMBER, route_names, route_pointer
from ccrouter.model.json import Json, JsonObject


def routes_of(draft: Draft) -> dict[str, str | None]:
    """Every route and its target as the config says it, variables put in; None where the config has none."""
    found: dict[str, str | None] = {}
    for name in route_names():
        value = draft.meaning(route_pointer(name))
        target = _target(value)
        if isinstance(value, dict) and target is None and value:  # a table, by type of agent for instance
            found.update({f"{name}.{inner}": _target(entry) for inner, entry in value.items()})
        else:
            found[name] = target
    return found


def _target(value: Json) -> str | None:
    if isinstance(value, dict):
        value = value.get(TARGET_MEMBER)
    return value.strip() or None if isinstance(value, str) else None


def report_of(draft: Draft) -> JsonObject:
    """What `--json` prints: `config`, `routes` (name: target or null), `providers`, `groups`, `aliases`."""
    config = draft.config
    routes: dict[str, Json] = dict(routes_of(draft))
    return {
        "config": str(draft.path),
        "routes": routes,
        "providers": [{"name": provider.name, "models": list(provider.models)} for provider in config.providers],
        "groups": {
            name: {"strategy": group.strategy, "members": [str(member.target) for member in group.members]}
            for name, group in config.groups.items()
        },
        "aliases": {name: str(target) for name, target in config.aliases.items()},
    }


def show(draft: Draft) -> None:
    """Print routes, providers, groups and aliases."""
    config = draft.config
    click.secho("Routes", bold=True)
    rows([(name, target or click.style("(as default)", dim=True)) for name, target in _shown(routes_of(draft)).items()])
    click.echo()
    click.secho("Providers", bold=True)
    if not config.providers:
        click.echo("   none yet: ccr model add-provider NAME")
    for provider in config.providers:
        click.echo(f"   {click.style(provider.name, bold=True)}")
        rows([("", model) for model in provider.models] or [("", "no models listed")])
    if config.groups:
        click.echo()
        click.secho("Groups", bold=True)
        rows(
            [
                (f"group,{name}", group.strategy, " ".join(str(member.target) for member in group.members))
                for name, group in config.groups.items()
            ]
        )

    if config.aliases:
        click.echo()
        click.secho("Aliases", bold=True)
        rows([(name, str(target)) for name, target in config.aliases.items()])


def _shown(routes: Mapping[str, str | None]) -> dict[str, str | None]:
    """Tables of routes that nobody uses are left out."""
    return {name: target for name, target in routes.items() if target is not None or "." not in name}
