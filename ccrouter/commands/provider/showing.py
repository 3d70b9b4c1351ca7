"""`ccr provider list`."""

import os
from pathlib import Path

import click

from ccrouter.commands.keys import key_states
from ccrouter.commands.locating import configuration, locate
from ccrouter.commands.terminal import rows
from ccrouter.config.problems import ConfigError
from ccrouter.config.types import Config
from ccrouter.config.urls import without_secrets
from ccrouter.daemon.control import ControlError
from ccrouter.model.json import Json, JsonObject, as_list, as_object, as_str


def report_of(path: Path) -> JsonObject:
    """What `--json` prints: `config`, `providers` (name, protocol, url, preset, models, proxy, keys: masked, state)."""
    from ccrouter.providers.resolve import preset_for, protocol_for

    config = configuration(path)
    keys = _keys(path)
    proxies = _proxies(config)
    providers: list[Json] = []
    for provider in config.providers:
        preset = preset_for(provider)
        providers.append(
            {
                "name": provider.name,
                "protocol": protocol_for(provider),
                "url": without_secrets(provider.api_base_url),
                "preset": preset.name if preset is not None else None,
                "models": list(provider.models),
                "proxy": proxies.get(provider.name),
                "keys": keys.get(provider.name, []),
            }
        )
    return {"config": str(path), "providers": providers}


def show(report: JsonObject) -> None:
    """Print it for people."""
    providers = [found for item in as_list(report["providers"]) or [] if (found := as_object(item))]
    if not providers:
        click.echo("No provider yet: ccr provider add")
    for provider in providers:
        click.secho(as_str(provider["name"]) or "?", bold=True)
        keys = [found for item in as_list(provider["keys"]) or [] if (found := as_object(item))]
        states = [f"{as_str(key.get('key'))} {as_str(key.get('state'))}" for key in keys]
        models = [as_str(model) or "" for model in as_list(provider["models"]) or []]
        table = [("url", as_str(provider["url"]) or ""), ("protocol", as_str(provider["protocol"]) or "")]
        if provider["proxy"]:
            table.append(("proxy", as_str(provider["proxy"]) or ""))
        table += [("models", ", ".join(models) or "none listed"), ("keys", ", ".join(states) or "none")]
        rows([tuple(row) for row in table])


def _keys(path: Path) -> dict[str, list[Json]]:
    """As `ccr keys` tells them; of a daemon that cannot be asked nothing."""
    try:
        files, daemon = locate(path)
        report = key_states(path, files, daemon)
    except (ControlError, ConfigError):
        return {}
    found = [entry for item in as_list(report.get("providers")) or [] if (entry := as_object(item))]
    return {as_str(entry.get("name")) or "": as_list(entry.get("keys")) or [] for entry in found}


def _proxies(config: Config) -> dict[str, str | None]:
    from ccrouter.runtime import proxy_of

    environment = {**os.environ, **config.environment}
    found = {provider.name: proxy_of(provider, config, environment) for provider in config.providers}
    return {name: without_secrets(proxy) if proxy else None for name, proxy in found.items()}
