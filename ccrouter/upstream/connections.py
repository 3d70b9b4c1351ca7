"""The connections to upstreams, of which no more are kept idle than are likely to be used again."""

import asyncio
from typing import TYPE_CHECKING, Final

from ccrouter.upstream.late_authorities import aiohttp

if TYPE_CHECKING:
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.client_reqrep import ConnectionKey

KEEPALIVE_SECONDS: Final = 60.0
MOST_IDLE: Final = 64
"""Of one host. A burst of a thousand streams would leave a thousand connections behind, 5 MB, for a minute."""
IDLE_IN_A_LULL: Final = 8
"""Of one host, when nobody asks for anything. Each of the others holds 50 KB together with the memory around it."""


class Connector(aiohttp.TCPConnector):
    """Any number of connections at once; at most MOST_IDLE of a host wait for the next request."""

    def __init__(self) -> None:
        super().__init__(limit=0, keepalive_timeout=KEEPALIVE_SECONDS)  # pyright: ignore[reportUnknownMemberType]

    def _release(
        self,
        key: "ConnectionKey",
        protocol: "ResponseHandler",
        *,
        should_close: bool = False,
    ) -> None:
        """Where aiohttp takes a connection back whose answer has been read."""
        full = len(self._conns.get(key, ())) >= MOST_IDLE
        super()._release(key, protocol, should_close=should_close or full)

    def let_go(self) -> bool:
        """Close those that have waited longest, but for IDLE_IN_A_LULL, and those that have waited too long to be used
        again, which aiohttp would close a minute later. True: there were some.
        """
        oldest = asyncio.get_running_loop().time() - KEEPALIVE_SECONDS
        closed = False
        for waiting in self._conns.values():
            while len(waiting) > IDLE_IN_A_LULL or (waiting and waiting[0][1] < oldest):
                waiting.popleft()[0].close()
                closed = True
        return closed
