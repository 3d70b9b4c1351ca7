"""What a shell offers for the config's own names: targets, providers, routes. Read leniently, and quickly: at every Tab
a process starts, so nothing heavy is imported and a broken config offers nothing.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import click
import orjson
from click.shell_completion import CompletionItem

from ccrouter.config.locations import find_config, presets_folder
from ccrouter.config.problems import ConfigError
from ccrouter.model.json import JsonObject, as_list, as_object, as_str

ROUTES = ("default", "background", "think", "longContext", "webSearch", "image", "classifier", "compaction")

PROTOCOLS = ("openai_chat", "openai_responses", "anthropic", "gemini")


def complete_target(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """`provider,model`, `group,name` and aliases."""
    del parameter
    return _matching(target_names(config_entries(context)), incomplete)


def complete_provider(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of providers."""
    del parameter
    return _matching([name for name, _ in _providers(config_entries(context))], incomplete)


def complete_known(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of the providers that are known without a config."""
    del context, parameter
    from ccrouter.providers.presets import PRESETS

    return _matching([preset.name for preset in PRESETS], incomplete)


def complete_model(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The models of the provider that the command line names, of all where it names none."""
    del parameter
    named = context.params.get("name") or context.params.get("provider")
    found = [model for name, models in _providers(config_entries(context)) if named in (None, name) for model in models]
    return _matching(found, incomplete)


def complete_preset(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of installed presets."""
    del parameter
    return _matching(preset_names(context), incomplete)


def complete_source(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Files and folders, which the shell itself knows, and installed presets."""
    return [*complete_preset(context, parameter, incomplete), CompletionItem(incomplete, type="file")]


def complete_protocol(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The protocols that a provider may speak."""
    del context, parameter
    return _matching(PROTOCOLS, incomplete)


def complete_role(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Routes, with commas between."""
    del context, parameter
    before, comma, last = incomplete.rpartition(",")
    return [CompletionItem(f"{before}{comma}{name}") for name in ROUTES if name.startswith(last)]


def complete_route(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of routes."""
    del context, parameter
    return _matching(ROUTES, incomplete)


def target_names(entries: JsonObject) -> list[str]:
    """Every target that the config names."""
    names = [f"{provider},{model}" for provider, models in _providers(entries) for model in models]
    names += [f"group,{name}" for name in as_object(entries.get("groups")) or {}]
    return [*names, *(as_object(entries.get("aliases")) or {})]


def preset_names(context: click.Context) -> list[str]:
    """The presets beside the config in use."""
    from ccrouter.config.manifest import MANIFEST

    path = _config_path(context)
    if path is None:
        return []
    return sorted(manifest.parent.name for manifest in presets_folder(path.parent).glob(f"*/{MANIFEST}"))


def config_entries(context: click.Context) -> JsonObject:
    """The config in use, unchecked; empty where it cannot be read."""
    path = _config_path(context)
    try:
        content = b"" if path is None else path.read_bytes()
    except OSError:
        return {}
    try:
        return as_object(orjson.loads(content)) or {}
    except orjson.JSONDecodeError:  # comments, or YAML: the readers for these take longer to load
        from ccrouter.commands.loose_config import read_loosely

        return as_object(read_loosely(content, str(path))) or {}


def _config_path(context: click.Context) -> Path | None:
    """As the commands find it; of the command line's --config the innermost counts."""
    named: Path | None = None
    level: click.Context | None = context
    while level is not None and named is None:
        option = level.params.get("config")
        named = option if isinstance(option, Path) else None
        level = level.parent
    try:
        return find_config(named, os.environ)
    except ConfigError:
        return None


def _providers(entries: JsonObject) -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    for entry in as_list(entries.get("Providers", entries.get("providers"))) or []:
        provider = as_object(entry) or {}
        models = [name for model in as_list(provider.get("models")) or [] if (name := as_str(model))]
        if name := as_str(provider.get("name")):
            found.append((name, models))
    return found


def _matching(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in dict.fromkeys(names) if name.startswith(incomplete)]
