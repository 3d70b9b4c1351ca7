"""Names of providers and models, as users write them, to configured ones."""

from collections.abc import Sequence
from typing import Literal

from ccrouter.config.report import did_you_mean, nearest
from ccrouter.config.types import GROUP, ProviderConfig, Target
from ccrouter.frozen import frozen


@frozen
class RouteReading:
    """How a route value was understood. `target` is None exactly when `severity` is "error"."""

    target: Target | None
    severity: Literal["error", "warning"] | None = None
    message: str = ""
    fix: str | None = None


def find_provider(providers: Sequence[ProviderConfig], name: str) -> ProviderConfig | None:
    """The provider called `name`: exactly, else in any case."""
    wanted = name.strip()
    exact = next((provider for provider in providers if provider.name == wanted), None)
    folded = wanted.casefold()
    return exact or next((provider for provider in providers if provider.name.casefold() == folded), None)


def find_model(provider: ProviderConfig, name: str) -> str | None:
    """The configured spelling of a model of `provider`: exactly, else in any case; None when it is not listed."""
    return match_name(provider.models, name)


def match_name(names: Sequence[str], name: str) -> str | None:
    """The one of `names` that is `name`: exactly, else in any case; None when there is none."""
    wanted = name.strip()
    if wanted in names:
        return wanted
    folded = wanted.casefold()
    return next((candidate for candidate in names if candidate.casefold() == folded), None)


def read_route(text: str, providers: Sequence[ProviderConfig], groups: Sequence[str] = ()) -> RouteReading:
    """Understand `provider,model` (split at the first comma), a provider alone, or an unambiguous `provider/model`;
    `group,name`, and a group's name alone where no provider is called so.

    Models that the provider does not list are taken as they are, with a warning: CCR forwards them.
    """
    name, comma, model = (part.strip() for part in text.partition(","))
    if comma:
        if name.casefold() == GROUP and (groups or find_provider(providers, name) is None):
            return _named_group(model, groups)
        provider = find_provider(providers, name)
        if provider is None:
            return _unknown_provider(name, providers)
        return _with_model(provider, model) if model else _first_model(provider)
    provider = find_provider(providers, name)
    if provider is not None:
        return _first_model(provider)
    group = match_name(groups, name)
    if group is not None:
        return RouteReading(Target(GROUP, group))
    return _without_comma(name, providers, groups)


def _named_group(name: str, groups: Sequence[str]) -> RouteReading:
    group = match_name(groups, name)
    if group is not None:
        return RouteReading(Target(GROUP, group))
    fix = did_you_mean(name, groups) or 'Add it to "groups"'
    return RouteReading(None, "error", f'there is no group called "{name}"', fix)


def _with_model(provider: ProviderConfig, model: str) -> RouteReading:
    listed = find_model(provider, model)
    if listed is not None or not provider.models:
        return RouteReading(Target(provider.name, listed or model))
    near = nearest(model, provider.models)
    fix = f'Did you mean "{provider.name},{near}"?' if near else f'Add it to the models of "{provider.name}"'
    message = f'provider "{provider.name}" does not list the model "{model}"; it is asked for it all the same'
    return RouteReading(Target(provider.name, model), "warning", message, fix)


def _first_model(provider: ProviderConfig) -> RouteReading:
    if not provider.models:
        message = f'no model is named, and provider "{provider.name}" lists none'
        return RouteReading(None, "error", message, f'Write "{provider.name},<model>"')
    target = Target(provider.name, provider.models[0])
    message = f'no model is named; the first one of "{provider.name}" is used'
    return RouteReading(target, "warning", message, f'Write "{target}"')


def _without_comma(text: str, providers: Sequence[ProviderConfig], groups: Sequence[str]) -> RouteReading:
    """`provider/model`, or a model's name alone. OpenRouter's models have slashes themselves: both are looked at."""
    lister = [Target(provider.name, listed) for provider in providers if (listed := find_model(provider, text))]
    split: list[tuple[ProviderConfig, str]] = []
    for provider in providers:
        head, rest = text[: len(provider.name)], text[len(provider.name) :]
        if head.casefold() == provider.name.casefold() and rest.startswith("/") and rest[1:]:
            split.append((provider, rest[1:]))
    meanings = dict.fromkeys(
        [*(Target(provider.name, find_model(provider, model) or model) for provider, model in split), *lister]
    )
    if len(meanings) > 1:
        choices = " or ".join(f'"{target}"' for target in meanings)
        return RouteReading(None, "error", f'"{text}" can be read in several ways', f"Write {choices}")
    if split:
        return _with_model(*split[0])
    if lister:
        return RouteReading(None, "error", f'"{text}" names no provider', f'Write "{lister[0]}"')
    return _unknown_provider(text, providers, groups)


def _unknown_provider(name: str, providers: Sequence[ProviderConfig], groups: Sequence[str] = ()) -> RouteReading:
    names = [*(provider.name for provider in providers), *groups]
    fix = did_you_mean(name.partition("/")[0], names)
    what = "provider or group" if groups else "provider"
    return RouteReading(None, "error", f'there is no {what} called "{name}"', fix)
