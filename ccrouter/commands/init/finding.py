"""What the machine has already: configs of others, keys in the environment, model servers."""

import asyncio
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ccrouter.config.known import PresetFacts
from ccrouter.config.source import read_file, read_source
from ccrouter.config.types import Config, ProviderConfig, RouterConfig
from ccrouter.errors import CCRouterError
from ccrouter.frozen import frozen
from ccrouter.probing.listing import fetch_models

FILE_NAMES = (".env", "config.yaml", "litellm.yaml", "litellm_config.yaml", "litellm-config.yaml", "proxy_config.yaml")
"""Where the others' configurations mostly are, in the folder that one is in."""
PROXY_MARKS = ("BIG_MODEL", "MIDDLE_MODEL", "SMALL_MODEL", "PREFERRED_PROVIDER")
"""Without one of them a `.env` is not a proxy's: many a project has one with a key in it."""
SERVERS = ("ollama", "lmstudio")
SERVER_SECONDS = 1.5
OLLAMA_ADDRESS = "OLLAMA_HOST"
LAST = ("anthropic",)
"""Who looks for a router mostly wants others first."""


@frozen
class ForeignFile:
    """Another program's configuration. `what` is what it is, as people say it."""

    path: Path
    what: str


@frozen
class Server:
    """A model server on this machine. `url` is None where it is at its usual address."""

    preset: str
    url: str | None
    models: tuple[str, ...]


@frozen
class Found:
    """All of it, in the order of preference."""

    files: tuple[ForeignFile, ...] = ()
    keys: tuple[PresetFacts, ...] = ()
    """Providers whose key is in the environment, or in the `.env` beside the config."""
    servers: tuple[Server, ...] = ()


def find(folder: Path, variables: Mapping[str, str], presets: Sequence[PresetFacts]) -> Found:
    """Look into `folder`, `variables`, and at this machine's usual ports."""
    return Found(_files(folder), _keys(variables, presets), asyncio.run(_servers(variables, presets)))


def _files(folder: Path) -> tuple[ForeignFile, ...]:
    found: list[ForeignFile] = []
    for name in FILE_NAMES:
        path = folder / name
        if not os.path.lexists(path):
            continue
        data, problem = read_file(path, "file")
        source = read_source(data, path) if problem is None else None
        if source is None or source.translation is None:
            continue
        if path.name != ".env" or any(mark in source.dotenv.variables for mark in PROXY_MARKS):
            found.append(ForeignFile(path, source.translation.source))
    return tuple(found)


def _keys(variables: Mapping[str, str], presets: Iterable[PresetFacts]) -> tuple[PresetFacts, ...]:
    """One provider a key: several regions of one vendor read the same variable, the first counts."""
    found: dict[str, PresetFacts] = {}
    for preset in presets:
        name = preset.key_variable
        if name is not None and preset.key_required and preset.base_url and (variables.get(name) or "").strip():
            found.setdefault(name, preset)
    return tuple(sorted(found.values(), key=lambda preset: preset.name in LAST))


async def _servers(variables: Mapping[str, str], presets: Sequence[PresetFacts]) -> tuple[Server, ...]:
    asked = [_ask(preset, variables) for preset in presets if preset.name in SERVERS]
    return tuple(server for server in await asyncio.gather(*asked) if server is not None)


async def _ask(preset: PresetFacts, variables: Mapping[str, str]) -> Server | None:
    url = ollama_url(variables.get(OLLAMA_ADDRESS, "")) if preset.name == "ollama" else None
    provider = ProviderConfig(preset.name, url or preset.base_url or "", preset=preset.name)
    config = Config((provider,), RouterConfig())
    try:
        models = await fetch_models(replace(provider), config, {}, seconds=SERVER_SECONDS)
    except CCRouterError:
        return None
    return Server(preset.name, url, models)


def ollama_url(address: str) -> str | None:
    """Where `OLLAMA_HOST` (`host`, `host:port`, a URL) says that it is; None where it says nothing."""
    address = address.strip().rstrip("/")
    if not address:
        return None
    scheme, _, rest = address.partition("://") if "://" in address else ("http", "", address)
    host, _, port = rest.partition(":")
    host = "127.0.0.1" if host in ("", "0.0.0.0") else host  # noqa: S104 - what it listens on, not where it is
    return f"{scheme}://{host}:{port or 11434}/v1"
