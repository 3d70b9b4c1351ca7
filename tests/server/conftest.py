"""The whole HTTP side in one process: a real application on a real socket, in front of scripted upstreams."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from ccrouter.config.types import Config, ProviderConfig, Retries, RouterConfig, Target
from ccrouter.gateway.gateway import Gateway
from ccrouter.gateway.health import Health
from ccrouter.runtime import assemble
from ccrouter.server.app import make_app
from ccrouter.server.state import State
from ccrouter.upstream.client import UpstreamClient

Router = Callable[..., AbstractAsyncContextManager[TestClient]]  # pyright: ignore[reportMissingTypeArgument]


@asynccontextmanager
async def serving(base_url: str, health: Health | None = None, **changes: object) -> AsyncGenerator[TestClient]:  # pyright: ignore[reportMissingTypeArgument]
    """A running router with one provider `mock` (models m-text, m-bg, m-think), and a client for it.

    It neither repeats nor waits unless `changes` say so: a failure is told at once.
    """
    provider = ProviderConfig("mock", base_url, ("sk-upstream",), ("m-text", "m-bg", "m-think"))
    router = RouterConfig(Target("mock", "m-text"), Target("mock", "m-bg"), Target("mock", "m-think"))
    at_once = Retries(same_target=0, wait_seconds=0)
    config = replace(Config((provider,), router, retries=at_once), **changes)  # pyright: ignore[reportArgumentType]
    service, problems = assemble(config, {}, {})
    assert problems == []
    upstream = UpstreamClient()
    state = State(service, Gateway(upstream, health), Path("/nowhere/config.json"), {}, "instance", "admin-token")
    state.host, state.port = "127.0.0.1", 3456
    client = TestClient(TestServer(make_app(state)))
    await client.start_server()
    try:
        yield client
    finally:
        await client.close()
        await upstream.close()


@pytest.fixture
def router() -> Router:
    return serving
