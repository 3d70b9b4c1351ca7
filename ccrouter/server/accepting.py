"""Taking connections from sockets that all workers listen on, so that each worker gets its share.

Left to the event loop, whichever worker wakes first accepts all that wait: measured with uvloop and two workers, of
four connections opened at once all went to one worker in eight of eight runs, of 32 up to all. Clients keep their
connections for minutes, so it stays like that. SO_REUSEPORT deals them out by a hash: of four connections one worker
gets 67 % on average, and all of them in one case of ten (docs/decisions/0020-workers.md).

Here a worker accepts one connection at a time, and steps aside for a moment while another has fewer.
"""

import asyncio
import socket
from collections.abc import Callable, Sequence
from typing import Final

from ccrouter.model.json import Json, as_int
from ccrouter.sharing.room import Key, Room

BACKLOG: Final = 1024
ASIDE_SECONDS: Final = 0.005
"""So long a worker leaves a connection to those that have fewer, for each that it has more. They may be busy, or the
machine: then it takes it."""
MOST_ASIDE_SECONDS: Final = 0.05
AGAIN_SECONDS: Final = 0.5
"""The wait after an accept that failed: too many open files, for instance."""


class Acceptor:
    """`make_protocol` serves one connection, `connections` tells how many are open here."""

    def __init__(
        self,
        sockets: Sequence[socket.socket],
        make_protocol: Callable[[], asyncio.BaseProtocol],
        connections: Callable[[], int],
        room: Room,
    ) -> None:
        self._sockets = list(sockets)
        self._make_protocol = make_protocol
        self._connections = connections
        self._room = room
        self._elsewhere: dict[int, int] = {}
        self._told = -1
        self._connecting: set[asyncio.Task[None]] = set()
        self._aside: dict[socket.socket, asyncio.TimerHandle] = {}
        room.follow("connections", self._told_of_connections)

    def start(self) -> None:
        """Begin to accept. Raises OSError: another program listens there."""
        for listener in self._sockets:
            listener.listen(BACKLOG)  # the first worker's call counts; the others' change nothing
            listener.setblocking(False)
            asyncio.get_running_loop().add_reader(listener, self._ready, listener)
        self.tell()

    def stop(self) -> None:
        """Accept no more. What waits is another worker's; where there is none it is lost."""
        loop = asyncio.get_running_loop()
        for listener in self._sockets:
            loop.remove_reader(listener)
            if (timer := self._aside.pop(listener, None)) is not None:
                timer.cancel()
            listener.close()
        self._sockets.clear()
        self._room.put("connections", (self._room.process,), None)  # nobody shall step aside for this worker any more

    def tell(self) -> None:
        """Let the others know how many connections are open here, as long as more may come."""
        if not self._sockets:
            return
        count = self._connections() + len(self._connecting)
        if count != self._told:
            self._told = count
            self._room.put("connections", (self._room.process,), count, own=True)

    def _ready(self, listener: socket.socket) -> None:
        """Somebody waits: take the connection, or leave it to another worker for a moment."""
        self.tell()
        self._room.look()
        ahead = self._told - min(self._elsewhere.values(), default=self._told)
        if ahead > 0:
            self._step_aside(listener, min(ASIDE_SECONDS * ahead, MOST_ASIDE_SECONDS))
        else:
            self._accept(listener)

    def _step_aside(self, listener: socket.socket, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(listener)
        self._aside[listener] = loop.call_later(seconds, self._back, listener)

    def _back(self, listener: socket.socket) -> None:
        del self._aside[listener]
        asyncio.get_running_loop().add_reader(listener, self._ready, listener)
        self._accept(listener)

    def _accept(self, listener: socket.socket) -> None:
        try:
            connection, _ = listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return  # another worker was quicker, or the client has gone again
        except OSError:
            self._step_aside(listener, AGAIN_SECONDS)
            return
        connection.setblocking(False)
        task = asyncio.ensure_future(self._connect(connection))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)
        self.tell()

    async def _connect(self, connection: socket.socket) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(self._make_protocol, connection)
        except OSError:
            connection.close()  # the client has gone again

    def _told_of_connections(self, key: Key, value: Json) -> None:
        worker = as_int(key[0]) or 0
        if (count := as_int(value)) is None:
            self._elsewhere.pop(worker, None)
        else:
            self._elsewhere[worker] = count
