"""A custom router behind the real HTTP side: it decides, it fails, it is replaced while the daemon serves."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from ccrouter.gateway.gateway import Gateway
from ccrouter.runtime import build
from ccrouter.server import reload as reloading
from ccrouter.server.app import make_app
from ccrouter.server.state import State
from ccrouter.upstream.client import UpstreamClient
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.replies import text

BODY = {"model": "claude-x", "max_tokens": 100, "messages": [{"role": "user", "content": "explain this code"}]}
ADMIN = {"x-ccr-admin-token": "t"}


@asynccontextmanager
async def served(folder: Path, source: str) -> AsyncGenerator[TestClient]:  # pyright: ignore[reportMissingTypeArgument]
    """The daemon's HTTP side with its watcher, and `source` as its router."""
    with OpenAIChatUpstream(lambda body: text("ok")) as upstream:
        (folder / "router.py").write_text(source)
        provider = {"name": "a", "api_base_url": upstream.endpoint, "api_key": "sk-upstream", "models": ["m", "n"]}
        config = {"Providers": [provider], "Router": {"default": "a,m"}, "CUSTOM_ROUTER_PATH": "router.py"}
        path = folder / "config.json"
        path.write_text(json.dumps(config))
        built = build(path, {})
        assert built.service is not None, built.problems
        client = UpstreamClient()
        state = State(built.service, Gateway(client), path, {}, "i", "t", problems=built.problems)
        state.host = "127.0.0.1"
        watcher = asyncio.create_task(reloading.watch(state))
        async with TestClient(TestServer(make_app(state))) as http:
            yield http
        watcher.cancel()
        await client.close()


async def headers(client: TestClient) -> dict[str, str]:  # pyright: ignore[reportMissingTypeArgument]
    reply = await client.post("/v1/messages", json=BODY)
    assert reply.status == 200, await reply.text()
    return {name.lower(): value for name, value in reply.headers.items()}


async def problems(client: TestClient) -> list[str]:  # pyright: ignore[reportMissingTypeArgument]
    status = await (await client.get("/admin/status", headers=ADMIN)).json()
    return [problem["text"] for problem in status["problems"]]


async def test_it_decides_and_a_change_counts_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reloading, "POLL_SECONDS", 0.04)
    source = "def route(request, config):\n    return 'a,n' if 'explain' in request.last_user_text else None\n"
    async with served(tmp_path, source) as client:
        found = await headers(client)
        assert (found["x-ccr-scenario"], found["x-ccr-target"]) == ("custom", "a,n")
        assert "router.py" in found["x-ccr-reason"]
        (tmp_path / "router.py").write_text("def route(request, config):\n    return 1 / 0\n")
        for _ in range(100):
            await asyncio.sleep(0.03)
            if (found := await headers(client))["x-ccr-scenario"] != "custom":
                break
        assert (found["x-ccr-scenario"], found["x-ccr-target"]) == ("default", "a,m")
        assert "ZeroDivisionError" in found["x-ccr-reason"]
        await headers(client)
        (told,) = await problems(client)
        assert f"{tmp_path / 'router.py'}:2" in told
        assert "ZeroDivisionError: division by zero" in told
        (tmp_path / "router.py").write_text("async def route(request, config):\n    return 'a'\n")
        for _ in range(100):
            await asyncio.sleep(0.03)
            if (found := await headers(client))["x-ccr-scenario"] == "custom":
                break
        assert found["x-ccr-target"] == "a,m"
        assert await problems(client) == []
