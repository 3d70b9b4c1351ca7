"""aiohttp, imported without reading the system's certificate authorities; they are read at the first TLS connection.

aiohttp makes two TLS contexts when it is imported, and reading the authorities for both takes 50 ms and 3 MB: the most
of any import here. A daemon would pay that at every start, one whose upstreams are on this machine for nothing. So the
contexts that are made meanwhile are only noted down; each reads its authorities when it is first used, by whomever.

Whoever imports this before aiohttp has it so; aiohttp that was there before stays as it is.
"""

import ssl
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final


class LateContext(ssl.SSLContext):
    """A context whose authorities are not read yet. Becomes an ordinary one when it is used."""

    def complete(self) -> None:
        """Read the authorities (25 ms). Two threads may do so at once: the same are taken once."""
        self.set_default_verify_paths()
        self.__class__ = ssl.SSLContext  # pyright: ignore[reportAttributeAccessIssue]

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """See ssl.SSLContext; both event loops begin TLS with this."""
        self.complete()
        return self.wrap_bio(incoming, outgoing, server_side, server_hostname, session)


@contextmanager
def authorities_left_for_later() -> Generator[list[ssl.SSLContext]]:
    """Contexts that are made meanwhile are LateContexts afterwards; gives them."""
    made: list[ssl.SSLContext] = []

    def note(context: ssl.SSLContext) -> None:
        made.append(context)

    setattr(ssl.SSLContext, _READING, note)
    try:
        yield made
    finally:
        delattr(ssl.SSLContext, _READING)  # the C class below it has the real one
        for context in made:
            context.__class__ = LateContext


def read_authorities() -> None:
    """Have those ready against which servers are checked, before the first connection has to wait for them."""
    for context in _made:
        if isinstance(context, LateContext) and context.verify_mode is ssl.CERT_REQUIRED:
            context.complete()


_READING: Final = "set_default_verify_paths"

with authorities_left_for_later() as _made:
    import aiohttp

__all__ = ["LateContext", "aiohttp", "authorities_left_for_later", "read_authorities"]
