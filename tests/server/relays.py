"""A router on a real socket, from a configuration as people write it, and the real Anthropic SDK in front of it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
from aiohttp.test_utils import TestClient, TestServer
from anthropic import AsyncAnthropic

from ccrouter import runtime
from ccrouter.gateway.gateway import Gateway
from ccrouter.model.json import JsonObject
from ccrouter.server.app import make_app
from ccrouter.server.state import State
from ccrouter.upstream.client import UpstreamClient


@asynccontextmanager
async def configured(folder: Path, config: JsonObject) -> AsyncGenerator[TestClient]:  # pyright: ignore[reportMissingTypeArgument]
    """The router that `config` makes; its problems must be none that stop it."""
    built = runtime.build(folder / "config.json", {}, orjson.dumps(config))
    assert built.service is not None, built.problems
    upstream = UpstreamClient()
    state = State(built.service, Gateway(upstream), folder / "config.json", {}, "instance", "admin-token")
    state.host, state.port = "127.0.0.1", 3456
    client = TestClient(TestServer(make_app(state)))
    await client.start_server()
    try:
        yield client
    finally:
        await client.close()
        await upstream.close()


@asynccontextmanager
async def sdk(client: TestClient, key: str, path: str = "", *, bearer: bool = False) -> AsyncGenerator[AsyncAnthropic]:  # pyright: ignore[reportMissingTypeArgument]
    """Anthropic's SDK, sent to the router's address with `path`; its key as `x-api-key`, or as a bearer token."""
    base = f"http://127.0.0.1:{client.port}{path}"
    token = {"auth_token": key} if bearer else {"api_key": key}
    async with AsyncAnthropic(base_url=base, max_retries=0, **token) as made:  # pyright: ignore[reportArgumentType]
        yield made
