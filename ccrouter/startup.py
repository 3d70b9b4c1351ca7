"""What the server and those who start it tell each other: it answers now, or why it cannot.

Neither `server` nor `daemon` may import the other; both import this.
"""

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
