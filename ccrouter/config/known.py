"""What the layers above can do, told to the config as data: it is a low layer and may not import them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetFacts:
    """What the config needs to know of a provider that is known by name, so that the rest may be left out.

    `hosts` recognise it by its URL: a host with its subdomains, with a port only that port, with a path only what is
    below it (`api.z.ai/api/coding`), with a hyphen in front every host that ends so; of several the longest counts.
    Without any it is known by name only: a server that everybody runs where they like.
    """

    name: str
    base_url: str | None
    """None: everybody has their own, `url_hint` says what it looks like."""
    protocol: str
    hosts: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """Other names that people give it in their configs."""
    key_variable: str | None = None
    """The environment variable that the key is taken from where the config has none. None: no key is needed."""
    key_required: bool = True
    """Nobody is served without one. Of the server on one's own machine that is mostly not true."""
    key_hint: str = ""
    """Where a key is to be had, as the end of a sentence."""
    url_hint: str = ""
    models: tuple[str, ...] = ()
    """What `models` is where the config has none; the first is what the provider's name alone means in a route."""
    use: tuple[str, ...] = ()
    """Transformers that it cannot do without, put before those of the config."""


@dataclass(frozen=True)
class KnownNames:
    """`transformers`: the JSON Schema of each transformer's options, by name. `protocols`: the wire protocols spoken.

    `unavailable`: names of CCR's transformers that this version cannot run, with the reason; their use is a warning.
    `user_files_loaded` says that the transformers of the user's own files are already among `transformers`. As long as
    they are not, a config that has such files is not blamed for names that nobody knows yet.
    `presets`: the providers that need no URL, by name.
    """

    transformers: Mapping[str, Mapping[str, Any]]
    protocols: frozenset[str]
    unavailable: Mapping[str, str]
    user_files_loaded: bool = False
    presets: Mapping[str, PresetFacts] = field(default_factory=dict[str, PresetFacts])
