"""What a new provider is to be, from what was typed: a preset's name, an address, or both. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from urllib.parse import urlsplit

from ccrouter.commands.model.adding import provider_entry
from ccrouter.config.edit.refusal import refusal
from ccrouter.config.known import PresetFacts
from ccrouter.config.presets import preset_named, preset_of_url
from ccrouter.config.urls import holds_credentials
from ccrouter.model.json import JsonObject

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")
_KEY_IN_QUERY = re.compile(r"(^|&)(key|api_?key|token|access_token)=", re.IGNORECASE)
_USUAL_LABELS = frozenset({"api", "www", "gateway", "llm", "inference", "localhost"})


@dataclass(frozen=True)
class Wanted:
    """A provider to be. `preset`: the known one that it is, where its name alone does not say so. `url` None: the
    preset's own."""

    name: str
    preset: str | None = None
    url: str | None = None
    protocol: str | None = None
    models: tuple[str, ...] = ()
    facts: PresetFacts | None = None

    def fields(self, key: str | None) -> JsonObject:
        """Its entry. `key` None: nothing is said of it."""
        entry = provider_entry(self.name, preset=self.preset, url=self.url, key=key, models=self.models)
        if self.protocol:
            entry["protocol"] = self.protocol
        return entry


def wanted(
    named: str | None,
    *,
    presets: Mapping[str, PresetFacts],
    configured: tuple[str, ...] = (),
    name: str | None = None,
    url: str | None = None,
    protocol: str | None = None,
    models: tuple[str, ...] = (),
) -> Wanted:
    """`named` is what stands behind the command: a preset's name, a name of one's own, or an address. `configured`
    are the names that the config has already.

    Raises:
        ConfigError: it says too little, or what is no address.
    """
    if named is not None and "://" in named:
        named, url = None, url or named
    if url is not None:
        url = _address(url)
    facts = preset_named(presets.values(), named) if named is not None else None
    if facts is None and url is not None and named is None:
        facts = preset_of_url(presets.values(), url)
    if named is None and url is None and name is None:
        raise refusal("it is not said which provider", "Name one, or its address: ccr provider add deepseek")
    called = (name or named or (facts.name if facts is not None else None) or _name_of(url or "")).strip()
    if "," in called or not called:
        raise refusal(f'"{called}" cannot be a provider\'s name', "Names have no comma: routes say provider,model")
    there = called.casefold() in [other.casefold() for other in configured]
    if facts is None and url is None and not there:
        raise _unknown(called, presets)
    if facts is not None and facts.base_url is None and url is None and not there:
        raise refusal(f"{facts.name} needs its address (--url)", facts.url_hint or None)
    # An address with a preset of another host: the preset must be named for its facts to hold.
    by_itself = preset_named(presets.values(), called) is facts or (
        url is not None and (facts is preset_of_url(presets.values(), url))
    )
    preset = facts.name if facts is not None and not by_itself else None
    return Wanted(called, preset, url, protocol, tuple(dict.fromkeys(models)), facts=facts)


def list_of(values: tuple[str, ...]) -> tuple[str, ...]:
    """What an option says that may be repeated and may hold several, with commas between them."""
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def _address(url: str) -> str:
    url = url.strip()
    if "://" not in url:
        url = f"http://{url}" if re.match(r"(localhost|127\.|\[?::1)", url) else f"https://{url}"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable, parts = False, urlsplit("")
    if not usable:
        raise refusal("the address is none that could be asked", "Write it in full: https://host/v1")
    if holds_credentials(url) or _KEY_IN_QUERY.search(parts.query):
        raise refusal("the address has a key in it, which would be written into logs", "Give the key with --key")
    return url


def _name_of(url: str) -> str:
    """`deepinfra` for https://api.deepinfra.com/v1, `localhost-8080` for a server of one's own."""
    parts = urlsplit(url)
    host = parts.hostname or "provider"
    labels = [label for label in host.split(".") if label not in _USUAL_LABELS]
    if len(labels) > 1 and not re.fullmatch(r"[\d.]+", host):
        return _NOT_IN_NAMES.sub("-", labels[-2])
    return _NOT_IN_NAMES.sub("-", f"{host}-{parts.port}" if parts.port else host)


def _unknown(name: str, presets: Mapping[str, PresetFacts]) -> Exception:
    names = [known for facts in presets.values() for known in (facts.name, *facts.names)]
    near = get_close_matches(name.casefold(), names, n=1, cutoff=0.6)
    fix = f"Did you mean {near[0]}? " if near else ""
    return refusal(
        f'no provider is known as "{name}"', f"{fix}Give its address with --url; docs/providers.md has the known names"
    )
