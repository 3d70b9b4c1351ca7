"""Model names that name a target: `provider,model` and its kin, and the ids of Claude Code's `/model` picker."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NoReturn

from ccrouter.config.routes import match_name
from ccrouter.config.types import GROUP, Config, ProviderConfig, Target
from ccrouter.errors import RequestError
from ccrouter.frozen import frozen
from ccrouter.router.classification import without_context_suffix

DISCOVERY_PREFIX = "anthropic/"
"""Claude Code keeps only discovered ids that contain `claude` or `anthropic`, older ones (2.1.197) only those that
start so; ids that start with `claude-` make it ignore CLAUDE_CODE_MAX_CONTEXT_TOKENS (field-notes 0.9)."""


@frozen
class Ambiguous:
    """A `provider/model` that can be read in more than one way."""

    readings: tuple[Target, ...]


def model_id(target: Target) -> str:
    """The id under which `GET /v1/models` lists the target. `resolve` leads it back to exactly this target."""
    return f"{DISCOVERY_PREFIX}{target}"


def alias_id(alias: str) -> str:
    """The id under which `GET /v1/models` lists an alias. `resolve` leads it to the alias's target."""
    return f"{DISCOVERY_PREFIX}{alias}"


def display_name(target: Target) -> str:
    """How the `/model` picker shows the target: exact names, for two models may differ by one character. The targets
    of groups read `fast (group)`.
    """
    return f"{target.model} ({target.provider})"


def resolve(name: str, config: Config) -> Target | Ambiguous | None:
    """The target that a requested model name means, or None when it names no provider (`claude-sonnet-5`).

    Understood are `provider,model` and `anthropic/provider,model`, either part in any case, and `provider/model` where
    only one reading fits. A model that its provider does not list is taken as it is. A model group is `group,name`, or
    its name alone where no provider is called so. An alias is a name alone, and wins over all other readings of it.

    Raises:
        RequestError: 404, a name with a comma whose provider or group is not configured.
    """
    name = name.strip()
    if "," in name:
        return _comma_form(name, config)
    if config.aliases and (alias := find_alias(name, config)) is not None:
        return config.aliases[alias]
    group = _find_group(name, config) if config.groups and find_provider(name, config) is None else None
    return group or (_slash_form(name, config) if "/" in name else None)


def find_alias(name: str, config: Config) -> str | None:
    """The alias that a requested name is, as the config writes it; with our prefix too, as the picker's ids have it."""
    if not config.aliases:
        return None
    aliases, name = tuple(config.aliases), name.strip()
    unprefixed = _without_prefix(name)
    spellings = (name, _bare(name)) if unprefixed is None else (name, _bare(name), unprefixed, _bare(unprefixed))
    return next((alias for spelling in spellings if (alias := match_name(aliases, spelling)) is not None), None)


def resolve_route(name: str, config: Config) -> Target:
    """The target that a subagent tag names: what `resolve` understands, or a provider alone for its first model.

    Raises:
        RequestError: 404, no such provider; 400, more than one reading.
    """
    target = resolve(name, config)
    if isinstance(target, Ambiguous):
        raise RequestError(f"'{name}' can mean {ambiguity(target)}. Write it with a comma.")
    if target is not None:
        return target
    provider = find_provider(name.strip(), config)
    if provider is None:
        raise unknown_provider(name, config)
    return _first_model(provider)


def ambiguity(found: Ambiguous) -> str:
    """The readings, for a sentence: `a,b or c,d`."""
    return " or ".join(map(str, found.readings))


def find_provider(name: str, config: Config) -> ProviderConfig | None:
    """The provider of this name; exact spelling first, then any case."""
    exact = config.provider(name)
    if exact is not None:
        return exact
    folded = name.casefold()
    return next((provider for provider in config.providers if provider.name.casefold() == folded), None)


def unknown_provider(name: str, config: Config) -> RequestError:
    """The 404 for a provider nobody configured, naming those (and the groups) that are, the nearest first."""
    names = sorted(
        (*(provider.name for provider in config.providers), *(str(Target(GROUP, group)) for group in config.groups)),
        key=lambda known: -SequenceMatcher(None, name.casefold(), known.casefold()).ratio(),
    )
    known = f"Configured are: {', '.join(names)}." if names else "No provider is configured."
    return RequestError(f"Provider '{name}' is not configured. {known}", status=404)


def _comma_form(name: str, config: Config) -> Target:
    """The provider ends at the first comma. `anthropic/` before it is ours if the rest is a provider."""
    first, _, model = name.partition(",")
    first = first.strip()
    rest = _without_prefix(first)
    if config.groups and (first if rest is None else rest).casefold() == GROUP:
        return _find_group(model.strip(), config) or _unknown_group(model.strip(), config)
    provider = find_provider(rest, config) if rest is not None else None
    if provider is None:
        provider = find_provider(first, config)
    if provider is None:
        raise unknown_provider(first if rest is None else rest, config)
    model = model.strip()
    return _listed_or_as_given(provider, model) if _bare(model) else _first_model(provider)


def _find_group(name: str, config: Config) -> Target | None:
    names = tuple(config.groups)
    found = match_name(names, name) or match_name(names, _bare(name))
    return None if found is None else Target(GROUP, found)


def _unknown_group(name: str, config: Config) -> NoReturn:
    raise RequestError(f"Group '{name}' is not configured. Configured are: {', '.join(config.groups)}.", status=404)


def _slash_form(name: str, config: Config) -> Target | Ambiguous | None:
    """`provider/model`. Model names may have slashes themselves (OpenRouter's `anthropic/claude-sonnet-4`): what a
    provider lists under the whole name competes with what the part before a slash names."""
    folded = name.casefold()
    split = [
        _listed_or_as_given(provider, name[len(provider.name) + 1 :])
        for provider in config.providers
        if folded.startswith(provider.name.casefold() + "/") and _bare(name[len(provider.name) + 1 :])
    ]
    if not split:
        return None
    whole = [
        Target(provider.name, model)
        for provider in config.providers
        if (model := _listed(provider.models, name) or _listed(provider.models, _bare(name))) is not None
    ]
    listed = [target for target in split if _is_listed(target, config)]
    readings = tuple(dict.fromkeys([*(listed or split), *whole]))
    return readings[0] if len(readings) == 1 else Ambiguous(readings)


def _without_prefix(provider: str) -> str | None:
    """The provider's name behind our prefix; None without the prefix."""
    if not provider.casefold().startswith(DISCOVERY_PREFIX):
        return None
    return provider[len(DISCOVERY_PREFIX) :].strip()


def _bare(model: str) -> str:
    return without_context_suffix(model)


def _listed_or_as_given(provider: ProviderConfig, model: str) -> Target:
    """The model as its provider lists it (a listed `…[1m]` is kept), else as it was asked for without the suffix."""
    bare = _bare(model)
    return Target(provider.name, _listed(provider.models, model) or _listed(provider.models, bare) or bare)


def _listed(models: Sequence[str], model: str) -> str | None:
    """The listed spelling of `model`; exact spelling first, then any case."""
    if model in models:
        return model
    folded = model.casefold()
    return next((known for known in models if known.casefold() == folded), None)


def _is_listed(target: Target, config: Config) -> bool:
    provider = config.provider(target.provider)
    return provider is not None and target.model in provider.models


def _first_model(provider: ProviderConfig) -> Target:
    if not provider.models:
        raise RequestError(f"Provider '{provider.name}' lists no models; ask for '{provider.name},MODEL'.", status=404)
    return Target(provider.name, provider.models[0])
