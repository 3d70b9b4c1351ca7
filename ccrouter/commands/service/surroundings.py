"""What of the shell's environment a service is given, and what it will lack. Pure.

A service does not see the shell's variables, and its file must hold no secret. So what the daemon itself reads, and is
none, goes into the file; what only the config names may be a key, and belongs into the `.env` beside it.
"""

from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

from ccrouter.frozen import frozen
from ccrouter.providers.vertex import LOCATION_VARIABLES, PROJECT_VARIABLES

PROXIES: Final = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
READ: Final = (
    "PATH",  # for what a user's transformer may run, and Google's library: gcloud
    "SERVICE_PORT",
    "NO_PROXY",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "CLAUDE_CONFIG_DIR",
    "CLOUDSDK_CONFIG",
    "GOOGLE_APPLICATION_CREDENTIALS",
    *PROJECT_VARIABLES,
    *LOCATION_VARIABLES,
)
"""What the daemon reads from its environment by itself, or a library of its does. None of it is a secret."""


@frozen
class Surroundings:
    """`given` goes into the service's file. `withheld` are variables that count, but hold a password."""

    given: Mapping[str, str]
    withheld: tuple[str, ...] = ()


def surroundings(shell: Mapping[str, str]) -> Surroundings:
    """What a service is given of the environment `shell`."""
    proxies = {name: shell[name] for upper in PROXIES for name in (upper, upper.lower()) if shell.get(name)}
    withheld = tuple(name for name, url in proxies.items() if _has_password(url))
    given = {name: shell[name] for name in READ if shell.get(name)}
    return Surroundings(given | {name: url for name, url in proxies.items() if name not in withheld}, withheld)


def lacking(
    named: Iterable[str], shell: Mapping[str, str], service: Mapping[str, str], dotenv: Mapping[str, str]
) -> dict[str, str]:
    """The variables that have a value in this shell and none, or another, in the service; with the shell's values.

    `named` are those that the config names; `dotenv` is what both fall back on.
    """
    there = {name: value for name in named if (value := shell.get(name))}
    return {name: value for name, value in there.items() if (service.get(name) or dotenv.get(name)) != value}


def _has_password(url: str) -> bool:
    try:
        return "@" in urlsplit(url if "://" in url else f"//{url}").netloc
    except ValueError:
        return True
