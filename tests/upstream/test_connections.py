"""How many connections wait for the next request."""

import asyncio

import pytest

from ccrouter.upstream import connections
from ccrouter.upstream.client import UpstreamClient


class Upstream:
    """Answers each request once `together` of them have come; knows its connections."""

    def __init__(self, together: int) -> None:
        self._all = asyncio.Barrier(together)
        self.opened = 0
        self.open = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        self.open += 1
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                await self._all.wait()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        except (asyncio.IncompleteReadError, ConnectionError):
            self.open -= 1
        finally:
            writer.close()


@pytest.mark.parametrize(("at_once", "kept"), [(3, 3), (12, 5)])
async def test_a_burst_leaves_few_connections_behind(monkeypatch: pytest.MonkeyPatch, at_once: int, kept: int) -> None:
    monkeypatch.setattr(connections, "MOST_IDLE", 5)
    upstream = Upstream(at_once)
    client = UpstreamClient()
    async with await asyncio.start_server(upstream.serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        for opened in (at_once, at_once + at_once - kept):  # what was kept is used again
            answers = await asyncio.gather(*[client.fetch("GET", url, {}, seconds=20) for _ in range(at_once)])
            assert [answer.body for answer in answers] == [b"ok"] * at_once
            assert upstream.opened == opened
            async with asyncio.timeout(10):
                while upstream.open > kept:  # noqa: ASYNC110 - the other end closes them
                    await asyncio.sleep(0)
            assert upstream.open == kept
        await client.close()


async def test_in_a_lull_only_a_few_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "IDLE_IN_A_LULL", 2)
    upstream = Upstream(6)
    client = UpstreamClient()
    assert not client.let_idle_go()
    async with await asyncio.start_server(upstream.serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        for opened in (6, 10):
            answers = await asyncio.gather(*[client.fetch("GET", url, {}, seconds=20) for _ in range(6)])
            assert [answer.body for answer in answers] == [b"ok"] * 6
            assert upstream.opened == opened
            assert client.let_idle_go()
            assert not client.let_idle_go()
            async with asyncio.timeout(10):
                while upstream.open > 2:  # noqa: ASYNC110 - the other end closes them
                    await asyncio.sleep(0)
            assert upstream.open == 2
        await client.close()


async def test_what_has_waited_too_long_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    upstream = Upstream(3)
    client = UpstreamClient()
    async with await asyncio.start_server(upstream.serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        await asyncio.gather(*[client.fetch("GET", url, {}, seconds=20) for _ in range(3)])
        assert not client.let_idle_go()
        monkeypatch.setattr(connections, "KEEPALIVE_SECONDS", -1.0)
        assert client.let_idle_go()
        async with asyncio.timeout(10):
            while upstream.open:  # noqa: ASYNC110 - the other end closes them
                await asyncio.sleep(0)
        await client.close()
