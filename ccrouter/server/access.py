"""Who may talk to the daemon: keys, and the headers that tell a browser's request from a program's."""

import hmac
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

from ccrouter.config.clients_key import header_form
from ccrouter.errors import RequestError
from ccrouter.upstream.proxies import is_loopback

PUBLIC_PATHS = frozenset({"/", "/health", "/api/hello"})


def check_origin(headers: Mapping[str, str], bound_host: str) -> None:
    """Refuse what a web page can make a browser send to a loopback port (DNS rebinding, GHSA-gr74-4xfh-6jw9).

    Programs send no Origin, and a Host that names this machine.

    Raises:
        RequestError: 403.
    """
    origin = headers.get("origin")
    if origin is not None and not is_loopback(urlsplit(origin).hostname or ""):
        raise RequestError(f"Requests from the web origin {origin} are not allowed.", status=403)
    if is_loopback(bound_host):
        host = host_named(headers.get("host", ""))
        if host != bound_host and not is_loopback(host):
            raise RequestError(f"The Host header names {host or 'nothing'}, not this machine.", status=403)


@lru_cache(64)
def host_named(header: str) -> str:
    """The host that a Host header names, without its port; "" for none. Clients send the same one again and again."""
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:  # half an IPv6 address
        return ""


def check_key(headers: Mapping[str, str], api_key: str | None) -> None:
    """Require the configured APIKEY, as `x-api-key` or as a bearer token; as it is, or in the form of a header.

    Raises:
        RequestError: 401.
    """
    if not api_key:
        return
    scheme, _, token = headers.get("authorization", "").partition(" ")
    offered = [headers.get("x-api-key", ""), token.strip() if scheme.lower() == "bearer" else ""]
    # All are always compared, so that the time says nothing of which one was right.
    if True in [same(candidate, key) for candidate in offered for key in (api_key, header_form(api_key))]:
        return
    told = "the key that was sent is not the one in APIKEY" if any(offered) else "no key was sent"
    raise RequestError(
        f"This router wants its APIKEY as x-api-key or bearer token; {told}. "
        "Set ANTHROPIC_AUTH_TOKEN (or OPENAI_API_KEY) to it.",
        status=401,
    )


def same(candidate: str, secret: str) -> bool:
    """Equality in constant time."""
    return hmac.compare_digest(candidate.encode("utf-8", "surrogateescape"), secret.encode("utf-8", "surrogateescape"))
