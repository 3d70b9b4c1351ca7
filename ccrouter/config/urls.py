"""URLs of a config: what counts as one, and what of one may be shown."""

import ipaddress
import re
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

CREDENTIALS_WARNING: Final = "this URL holds a name or password, which programs on the way may log"

_NOT_IN_URLS = re.compile(r"[\s\x00-\x1f\x7f]")


def is_http_url(url: str) -> bool:
    """Whether `url` is an http(s) URL with a host, a port that exists, and no blanks."""
    if _NOT_IN_URLS.search(url):
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0


def place_of(url: str) -> str:
    """Host and port as they may be shown: a URL may hold a name and a password before them. Empty for no URL."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return parts.netloc.rpartition("@")[2]


def without_secrets(url: str) -> str:
    """`url` as it may be shown: without a name and password, without a query."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "?"
    return f"{parts.scheme}://{place_of(url)}{parts.path}{'?…' if parts.query else ''}"


def holds_credentials(url: str) -> bool:
    """Whether a name or a password stands before the host."""
    try:
        return "@" in urlsplit(url).netloc
    except ValueError:
        return False


@lru_cache(512)
def is_near(url: str) -> bool:
    """Whether the server is on this machine or network: those mostly want no key."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    if host in ("localhost", "host.docker.internal") or host.endswith((".local", ".localhost", ".internal", ".lan")):
        return True
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host
