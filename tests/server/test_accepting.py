"""Workers share the connections of one socket evenly, and lose none."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator

import pytest

if sys.platform == "win32":
    pytest.skip("several workers need Linux or macOS", allow_module_level=True)

from ccrouter.server import accepting
from ccrouter.server.accepting import Acceptor
from ccrouter.sharing.board import Board, new_board_file
from ccrouter.sharing.room import Room


class Worker(asyncio.Protocol):
    """One that keeps each connection until the client closes it, and says its own number."""

    def __init__(self, listener: socket.socket, memory: int, process: int) -> None:
        self.process = process
        self.open: set[asyncio.BaseTransport] = set()
        self.board = Board(memory)
        self.acceptor = Acceptor([listener], self.protocol, lambda: len(self.open), Room(self.board, "daemon", process))

    def protocol(self) -> asyncio.Protocol:
        return Connection(self)


class Connection(asyncio.Protocol):
    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._worker.open.add(transport)
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"%d\n" % self._worker.process)

    def connection_lost(self, exc: Exception | None) -> None:
        assert self._transport is not None
        self._worker.open.discard(self._transport)


class World:
    def __init__(self) -> None:
        self._memory = new_board_file()
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self.address = self._listener.getsockname()
        self.workers: list[Worker] = []
        self.clients: list[asyncio.StreamWriter] = []

    def worker(self) -> Worker:
        made = Worker(self._listener.dup(), self._memory, 41 + len(self.workers))
        made.acceptor.start()
        self.workers.append(made)
        return made

    async def connect(self) -> int:
        """Whose connection it is."""
        reader, writer = await asyncio.open_connection(*self.address)
        self.clients.append(writer)
        return int(await asyncio.wait_for(reader.readline(), 10))

    async def close(self) -> None:
        for writer in self.clients:
            writer.close()
            await writer.wait_closed()
        for worker in self.workers:
            worker.acceptor.stop()
            while worker.open:  # noqa: ASYNC110 - the loop has to see the ends
                await asyncio.sleep(0)
        self._listener.close()
        os.close(self._memory)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    yield made
    await made.close()


async def test_connections_opened_together_are_dealt_out_evenly(world: World) -> None:
    world.worker()
    world.worker()
    whose = await asyncio.gather(*[world.connect() for _ in range(20)])
    assert abs(whose.count(41) - whose.count(42)) <= 2


async def test_connections_opened_one_by_one_are_dealt_out_evenly(world: World) -> None:
    world.worker()
    world.worker()
    whose = [await world.connect() for _ in range(10)]
    assert abs(whose.count(41) - whose.count(42)) <= 1


async def test_one_that_is_not_there_to_take_them_keeps_nobody_waiting(world: World) -> None:
    world.worker()
    Room(Board(world.workers[0].board._descriptor), "daemon", 99).put("connections", (99,), 0, own=True)
    assert [await world.connect() for _ in range(4)] == [41] * 4


async def test_who_stops_leaves_all_to_the_others(world: World) -> None:
    first, _ = world.worker(), world.worker()
    await world.connect()
    first.acceptor.stop()
    assert [await world.connect() for _ in range(4)] == [42] * 4


async def test_what_waits_while_nobody_accepts_is_taken_by_the_next(world: World) -> None:
    first = world.worker()
    first.acceptor.stop()
    waiting = asyncio.ensure_future(world.connect())
    await asyncio.sleep(0)
    world.worker()
    assert await waiting == 42


async def test_a_failed_accept_is_tried_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accepting, "AGAIN_SECONDS", 0.01)
    worker = world.worker()
    (listener,) = worker.acceptor._sockets

    class Exhausted(socket.socket):
        failures = 0

        def accept(self) -> tuple[socket.socket, object]:
            if Exhausted.failures < 3:
                Exhausted.failures += 1
                raise OSError(24, "Too many open files")
            return super().accept()

    worker.acceptor.stop()
    again = Exhausted(fileno=world._listener.dup().detach())
    assert listener.fileno() == -1
    worker.acceptor._sockets.append(again)
    worker.acceptor.start()
    assert await world.connect() == 41
    assert Exhausted.failures == 3
