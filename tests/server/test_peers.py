"""Workers ask each other over sockets; one that is gone, refuses or answers nonsense is done without."""

import os
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

if sys.platform == "win32":
    pytest.skip("several workers need Linux or macOS", allow_module_level=True)

from ccrouter.server.peers import Peers, asked_alone


@asynccontextmanager
async def worker(path: Path, status: int, body: str) -> AsyncGenerator[list[web.Request]]:
    """Answers so on the socket; gives what it was asked."""
    asked: list[web.Request] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request)
        return web.Response(status=status, text=body)

    app = web.Application()
    app.router.add_route("*", "/admin/status", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.UnixSite(runner, path).start()
    try:
        yield asked
    finally:
        await runner.cleanup()


async def test_all_others_are_asked_and_those_that_answer_count() -> None:
    with tempfile.TemporaryDirectory(prefix="ccr-", dir="/tmp") as name:
        folder = Path(name)
        peers = Peers(folder, "token")
        assert peers.own_socket == folder / f"{os.getpid()}.sock"
        peers.own_socket.touch()
        (folder / "3.sock").touch()  # nobody listens
        async with AsyncExitStack() as stack:
            good = await stack.enter_async_context(worker(folder / "1.sock", 200, '{"pid": 1}'))
            await stack.enter_async_context(worker(folder / "2.sock", 403, '{"pid": 2}'))
            await stack.enter_async_context(worker(folder / "4.sock", 200, "nonsense"))
            await stack.enter_async_context(worker(folder / "5.sock", 200, '{"pid": 5}'))
            found = await peers.ask("GET", "/admin/status", {"session": "a b"})
        assert found == [{"pid": 1}, {"pid": 5}]
        (request,) = good
        assert request.headers["x-ccr-admin-token"] == "token"
        assert request.query["session"] == "a b"
        assert asked_alone(request), "who is asked must not ask the others in turn"


async def test_without_its_folder_there_are_no_others() -> None:
    assert await Peers(Path("/nowhere/at/all"), "token").ask("GET", "/admin/status", {}) == []
