"""Adding a provider, from the question to the file: asked, tested, shown, written. `ccr provider add` and its kin."""

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import click

from ccrouter import runtime
from ccrouter.commands.model.changing import service_of, told
from ccrouter.commands.model.differing import changes
from ccrouter.commands.model.listing import routes_of
from ccrouter.commands.provider.choosing import choose_models, choose_roles
from ccrouter.commands.provider.key import Known, choose_key
from ccrouter.commands.provider.saving import dotenv_of, draft_or_first, save
from ccrouter.commands.provider.wanted import Wanted
from ccrouter.commands.terminal import good, note, rows
from ccrouter.config.edit.draft import Draft
from ccrouter.config.edit.refusal import refusal
from ccrouter.config.problems import ConfigError
from ccrouter.config.routes import find_provider
from ccrouter.config.types import ProviderConfig
from ccrouter.errors import RequestError, UpstreamError
from ccrouter.model.json import JsonObject, as_str
from ccrouter.probing.causes import Cause, cause_of
from ccrouter.probing.listing import fetch_models, said
from ccrouter.probing.provider import Step, probe_provider
from ccrouter.upstream.masking import with_masked

Pick = Callable[[str, Sequence[str]], str | None]
"""Which of a provider's models a route is to have, from the route's name; None: the first."""


def _first(role: str, models: Sequence[str]) -> str | None:
    del role
    return next(iter(models), None)


@dataclass(frozen=True)
class Options:
    """How it is to be done. `key`, `key_variable`: see `choose_key`. `roles`: routes that go to it from now on, each
    `route` or `route=model`; None: nothing was said of them."""

    key: str | None = None
    key_variable: str | None = None
    key_in_config: bool = False
    roles: tuple[str, ...] | None = None
    yes: bool = False
    test: bool = True
    proposed_roles: tuple[str, ...] = ()
    """Asked about, or with `yes` set where the config has no such route yet."""
    pick: Pick = field(default=_first)
    before: Callable[[ProviderConfig, Mapping[str, str]], Cause | None] | None = None
    """A test of its own before the others."""


def add(path: Path, wanted: Wanted, options: Options) -> int:
    """Add or update the provider; the exit code. Nothing is written unless all went well and was agreed to.

    Raises:
        CCRouterError: it cannot be done as it was said.
        OSError: something cannot be written.
    """
    interactive = sys.stdin.isatty() and not options.yes
    draft = draft_or_first(path)
    present = find_provider(draft.config.providers, wanted.name)
    dotenv = dotenv_of(path)[2]
    own = as_str(draft.value(_pointer(draft, present))) if present is not None else None
    choice = choose_key(
        wanted,
        Known(draft.environment, dotenv, own),
        given=options.key,
        variable=options.key_variable,
        in_config=options.key_in_config,
        ask=interactive,
    )
    draft = replace(draft, environment={**draft.environment, **choice.kept})
    first = _written(draft, wanted, present, choice.text)

    listed: tuple[str, ...] = ()
    provider = first.provider(wanted.name)
    if options.test:
        click.echo(f"Testing {provider.name} …")
        cause = options.before(provider, draft.environment) if options.before is not None else None
        if cause is None:
            listed, cause = _listed(provider, first)
        if cause is not None and not _anyway(cause, interactive=interactive):
            return 1
    models = wanted.models or choose_models(
        provider, listed, wanted.facts.models if wanted.facts is not None else (), ask=interactive and present is None
    )
    if models != provider.models:
        wanted = replace(wanted, models=models)
    changed = _written(draft, wanted, present, choice.text)
    provider = changed.provider(wanted.name)
    if not provider.models:
        has = f"It has {', '.join(listed[:8])}{' …' if len(listed) > 8 else ''}. " if listed else ""
        raise refusal(f"{wanted.name} needs a model to begin with", f"{has}Name one or more with --models")
    roles = options.roles
    if roles is None:
        roles = choose_roles(changed, provider, options.proposed_roles, ask=interactive)
    changed = with_roles(changed, provider, roles, options.pick)

    if options.test:
        probe = asyncio.run(
            probe_provider(
                service_of(changed),
                provider.name,
                provider.models[0],
                environment=changed.environment,
                steps=("whole", "stream", "tool", "key"),
                told=tell_step,
                listed=listed,
            )
        )
        if probe.failure is not None and not _anyway(probe.failure, interactive=interactive, told=True):
            return 1
    else:
        service_of(changed)  # raises what is wrong with it
    return _finish(changed, provider, choice.kept, present is not None, interactive=interactive, yes=options.yes)


def with_roles(draft: Draft, provider: ProviderConfig, roles: Sequence[str], pick: Pick) -> Draft:
    """The draft with each route of `roles` going to the provider. Raises ConfigError for a route that is none."""
    for role in roles:
        route, _, model = role.partition("=")
        model = model or pick(route, provider.models) or provider.models[0]
        draft = draft.set_route(route, f"{provider.name},{model}")
    return draft


def tell_step(step: Step) -> None:
    """One line for each thing that was tested."""
    if step.cause is not None:
        click.secho(f"  ✗ {step.words}", fg="red", err=True)
    elif step.note:
        click.secho(f"  ! {step.words}", fg="yellow")
    else:
        click.secho(f"  ✓ {step.words}", fg="green")


def _pointer(draft: Draft, provider: ProviderConfig) -> str:
    return f"{draft.provider_pointer(provider)}/api_key"


def _written(draft: Draft, wanted: Wanted, present: ProviderConfig | None, key: str | None) -> Draft:
    fields: JsonObject = wanted.fields(key)
    if present is None:
        return draft.add_provider(fields)
    return draft.set_provider(present.name, {name: value for name, value in fields.items() if name != "name"})


def _listed(provider: ProviderConfig, draft: Draft) -> tuple[tuple[str, ...], Cause | None]:
    """What the provider lists; a cause where it is clear already that nothing else can work."""
    try:
        models = asyncio.run(fetch_models(provider, draft.config, draft.environment))
    except RequestError:
        return (), None
    except UpstreamError as error:
        cause = cause_of(said(error), provider)
        if cause.fault in {"key", "network", "tls"}:
            return (), cause
        click.secho("  ! list of models: not to be had", fg="yellow")
        return (), None
    click.secho(f"  ✓ list of models: {len(models)}", fg="green")
    return models, None


def _anyway(cause: Cause, *, interactive: bool, told: bool = False) -> bool:
    """Whether to go on after a failure: only somebody who is there can say so."""
    if not told:
        click.secho(f"  ✗ {cause.line}", fg="red", err=True)
    if interactive and click.confirm("Add it all the same?", default=False):
        return True
    note("Nothing was written.")
    return False


def _finish(
    draft: Draft, provider: ProviderConfig, kept: Mapping[str, str], there: bool, *, interactive: bool, yes: bool
) -> int:
    name = provider.name
    if draft.path.exists() and not draft.changed and not kept:
        click.echo(f"{name}: it is so already, nothing was written.")
        return 0
    click.echo()
    new = "" if draft.path.exists() else " (new: a commented first config, and in it)"
    click.secho(f"{draft.path}{new}", bold=True)
    for line in changes(draft, list(kept.values())):
        click.secho(f"  {line}", fg={"+": "green", "-": "red"}.get(line[:1]))
    for variable, value in kept.items():
        click.echo(f"{draft.path.with_name('.env')} (only you can read it)")
        click.secho(f"  + {variable}={with_masked(value, [value]) if len(value) >= 8 else '****'}", fg="green")
    if not yes:
        if not interactive:
            note("Nothing was written: there is no terminal to agree in. Say --yes.")
            return 1
        if not click.confirm("Write this?", default=True):
            note("Nothing was written.")
            return 1
    before = {problem.message for problem in runtime.check(draft.path, draft.environment, draft.original)}
    try:
        saved = save(draft, kept)
    except ConfigError as error:
        note("Nothing was written: it could not be used.")
        raise error from None
    good(f"The provider {name} is {'updated' if there else 'added'}.")
    for problem in saved.problems:
        if problem.message not in before:
            note(str(problem))
    for line in told(draft.path, saved):
        click.echo(line)
    click.echo()
    click.secho("Routes", bold=True)
    rows(
        [(route, target or "(as default)") for route, target in routes_of(draft).items() if "." not in route or target]
    )
    return 0
