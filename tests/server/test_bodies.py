"""Bodies arrive whole, however they come, and not larger than allowed."""

import asyncio
import gzip
from collections.abc import AsyncGenerator, AsyncIterable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from ccrouter.server import bodies
from ccrouter.server.bodies import body_of
from tests.server.conftest import Router

LARGE = bytes(range(256)) * 3000


@pytest.fixture
async def echo() -> AsyncGenerator[TestClient[web.Request, web.Application]]:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=await body_of(request))

    app = web.Application(client_max_size=bodies.MAX_BODY_BYTES)
    app.router.add_post("/", answer)
    async with TestClient(TestServer(app)) as client:
        yield client


async def in_pieces(body: bytes, size: int) -> AsyncIterable[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]
        await asyncio.sleep(0.001)


@pytest.mark.parametrize("body", [b"", b"{}", LARGE])
async def test_it_is_whole(echo: TestClient[web.Request, web.Application], body: bytes) -> None:
    assert await (await echo.post("/", data=body)).read() == body
    assert await (await echo.post("/", data=in_pieces(body[:5000], 900))).read() == body[:5000]
    packed = {"content-encoding": "gzip"}
    assert await (await echo.post("/", data=gzip.compress(body), headers=packed)).read() == body


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("pieces", [False, True])
async def test_one_that_is_too_large_is_refused(
    router: Router, monkeypatch: pytest.MonkeyPatch, *, packed: bool, pieces: bool
) -> None:
    monkeypatch.setattr(bodies, "MAX_BODY_BYTES", 3000)
    body = b"x" * 3001
    sent = gzip.compress(body) if packed else body
    headers = {"content-encoding": "gzip"} if packed else {}
    async with router("http://127.0.0.1:9/v1") as client:
        reply = await client.post("/v1/messages", data=in_pieces(sent, 20) if pieces else sent, headers=headers)
        assert (reply.status, (await reply.json())["error"]["type"]) == (413, "request_too_large")
