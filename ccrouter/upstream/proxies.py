"""Which HTTP proxy an upstream is reached through."""

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit


def proxy_for(url: str, configured: str | None, environment: Mapping[str, str]) -> str | None:
    """The proxy for `url`: the config's PROXY_URL, else HTTPS_PROXY / HTTP_PROXY / ALL_PROXY, else none.

    Loopback addresses are never sent through a proxy (coder/anyclaude#13), nor what NO_PROXY names: hosts, domains with
    or without a leading dot, `*`.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if is_loopback(host) or is_exempt(host, setting(environment, "no_proxy") or ""):
        return None
    if configured:
        return configured
    return setting(environment, f"{parts.scheme}_proxy") or setting(environment, "all_proxy")


@lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """True for localhost and loopback addresses."""
    if host in {"localhost", "localhost.localdomain"} or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_exempt(host: str, no_proxy: str) -> bool:
    """True when a NO_PROXY list names `host` or a domain it is in."""
    for entry in no_proxy.split(","):
        name = entry.strip().lower().removeprefix("*").lstrip(".").split(":")[0]
        if entry.strip() == "*" or (name and (host == name or host.endswith(f".{name}"))):
            return True
    return False


def setting(environment: Mapping[str, str], name: str) -> str | None:
    """An environment variable in either case, lower case first as curl has it."""
    return environment.get(name) or environment.get(name.upper()) or None
