"""A port for the demo's daemon."""

import socket
import sys

from ccrouter.config.types import DEFAULT_HOST, DEFAULT_PORT
from ccrouter.errors import CCRouterError
from ccrouter.frozen import frozen

TRIES = 50


class NoPortError(CCRouterError):
    """The port asked for is taken, or all of those near it are."""


@frozen
class ChosenPort:
    """A port that was free a moment ago; `instead_of` is the one that would have been used, were it not taken."""

    port: int
    instead_of: int | None = None


def choose_port(wanted: int | None) -> ChosenPort:
    """The wanted port, or the usual one or the next free one where none is wanted. Raises NoPortError."""
    if wanted is not None:
        if not is_free(wanted):
            raise NoPortError(f"Port {wanted} is taken. Name another one with --port, or leave it out.")
        return ChosenPort(wanted)
    for port in range(DEFAULT_PORT, DEFAULT_PORT + TRIES):
        if is_free(port):
            return ChosenPort(port, DEFAULT_PORT if port != DEFAULT_PORT else None)
    raise NoPortError(f"The ports {DEFAULT_PORT} to {DEFAULT_PORT + TRIES - 1} are all taken. Name one with --port.")


def is_free(port: int) -> bool:
    """True when a server could listen on `port` of 127.0.0.1 now."""
    with socket.socket() as probe:
        if sys.platform == "win32":
            # There SO_REUSEADDR would take the port from whoever has it.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            # As asyncio's servers do: a port whose last connections have only just closed is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((DEFAULT_HOST, port))
        except OSError:
            return False
    return True
