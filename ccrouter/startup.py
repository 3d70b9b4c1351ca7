"""What the server and those who start it tell each other: it answers now, or why it cannot.

Neither `server` nor `daemon` may import the other; both import this.
"""

import errno
from collections.abc import Iterable
from typing import Literal, TypeAlias

from ccrouter.config.problems import Problem
from ccrouter.errors import CCRouterError
from ccrouter.frozen import frozen

FailureKind: TypeAlias = Literal["port_taken", "config", "other"]

ANY_ADDRESS = frozenset({"", "0.0.0.0", "::", "*"})  # noqa: S104 - names them, does not bind them


def endpoint_of(host: str, port: int) -> str:
    """The URL under which a client on this machine reaches a server bound to `host`: "http://127.0.0.1:3456"."""
    name = "127.0.0.1" if host in ANY_ADDRESS else host
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


@frozen
class Ready:
    """The server's socket answers. `host` is what it is bound to, `port` the real port, `instance` its nonce."""

    host: str
    port: int
    pid: int
    instance: str

    @property
    def endpoint(self) -> str:
        """The URL for clients on this machine."""
        return endpoint_of(self.host, self.port)


class StartFailed(CCRouterError):  # noqa: N818 - it says what happened, in the words of the handshake
    """The server did not start. `problems` are the config's where `kind` is "config"; str() gives a line each."""

    def __init__(self, message: str, problems: Iterable[Problem] = (), *, kind: FailureKind = "other") -> None:
        self.message = message
        self.problems = tuple(problems)
        super().__init__("\n".join([message, *(f"  {problem.severity}: {problem}" for problem in self.problems)]))
        self.kind: FailureKind = kind


def listen_failure(error: OSError, host: str, port: int) -> StartFailed:
    """Why the address cannot be listened on, and what to do."""
    if error.errno == errno.EADDRINUSE:
        return StartFailed(
            f"Port {port} on {host} is taken by another program. Stop it, or set PORT in the config to a free one",
            kind="port_taken",
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return StartFailed(f"Listening on {host}:{port} is not permitted. Set PORT in the config to one above 1023")
    if error.errno == errno.EADDRNOTAVAIL:
        return StartFailed(f"This machine has no address {host}. Set HOST in the config to 127.0.0.1 or 0.0.0.0")
    return StartFailed(f"Could not listen on {host}:{port}: {error.strerror or error}")
