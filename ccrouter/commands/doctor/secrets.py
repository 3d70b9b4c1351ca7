"""Every secret that could come into a line of the doctor's: so that none does. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import unquote, urlsplit

from ccrouter.config.types import Config
from ccrouter.model.json import Json

SECRETIVE: Final = re.compile(r"key|token|secret|passw|credential|authorization|cookie", re.IGNORECASE)
LONG: Final = 16
"""What stands in a `.env` and is so long is taken for a secret, whatever its name."""


def secrets_of(
    config: Config | None, value: Json, dotenv: Mapping[str, str], environments: Iterable[Mapping[str, str]]
) -> list[str]:
    """All of them: the config's (as understood, and of its raw value), its `.env`'s, those of environments."""
    found = [] if config is None else list(_of_config(config))
    found += _of_value(value, secretive=False)
    found += [text for name, text in dotenv.items() if SECRETIVE.search(name) or len(text) >= LONG]
    for environment in environments:
        for name, text in environment.items():
            found += [text] if SECRETIVE.search(name) else _of_url(text)
    return [text for text in dict.fromkeys(found) if text]


def _of_config(config: Config) -> Iterator[str]:
    yield config.api_key or ""
    yield config.search.api_key or "" if config.search is not None else ""
    for provider in config.providers:
        yield from provider.api_keys
        for name, text in provider.headers.items():
            if SECRETIVE.search(name):
                yield text
                yield text.rpartition(" ")[2]
        for url in (provider.api_base_url, provider.proxy or ""):
            yield from _of_url(url)
    yield from _of_url(config.proxy_url or "")


def _of_value(value: Json, *, secretive: bool) -> Iterator[str]:
    if isinstance(value, str):
        if secretive:
            yield value
        yield from _of_url(value)
    elif isinstance(value, list):
        for entry in value:
            yield from _of_value(entry, secretive=secretive)
    elif isinstance(value, dict):
        for name, entry in value.items():
            yield from _of_value(entry, secretive=secretive or SECRETIVE.search(name) is not None)


def _of_url(text: str) -> Iterator[str]:
    """What stands between a user's name and the host, as it is written and as it is meant; and keys in the query."""
    if "://" not in text:
        return
    try:
        parts = urlsplit(text)
    except ValueError:
        return
    if parts.password:
        yield parts.password
        yield unquote(parts.password)
    for pair in parts.query.split("&"):
        name, _, value = pair.partition("=")
        if SECRETIVE.search(name):
            yield value
