"""`POST /v1/embeddings` with OpenAI's SDK, in front of a provider that has them."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import openai
import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from ccrouter.config.types import ProviderConfig, Retries
from ccrouter.gateway.embeddings import embeddings_url
from ccrouter.gateway.health import Health
from tests.server.conftest import Router
from tests.server.openai_sdk import sdk

ANSWER: Any = {
    "object": "list",
    "model": "up",
    "data": [{"object": "embedding", "index": 0, "embedding": [0.5, -1.0]}],
    "usage": {"prompt_tokens": 3, "total_tokens": 3},
}


@dataclass
class Upstream:
    """Answers with `statuses` in turn, then with ANSWER. `asked` holds key and body of each request."""

    url: str = ""
    statuses: list[int] = field(default_factory=list[int])
    answer: Any = field(default_factory=lambda: ANSWER)
    asked: list[tuple[str, Any]] = field(default_factory=list[tuple[str, Any]])

    async def __call__(self, request: web.Request) -> web.Response:
        self.asked.append((request.headers.get("authorization", ""), orjson.loads(await request.read())))
        if self.statuses and (status := self.statuses.pop(0)) != 200:
            return web.json_response({"error": {"message": "it says why", "type": "t"}}, status=status)
        return web.json_response(self.answer)


@asynccontextmanager
async def upstream() -> AsyncGenerator[Upstream]:
    found = Upstream()
    handler: Callable[[web.Request], Awaitable[web.Response]] = found.__call__
    app = web.Application()
    app.router.add_post("/v1/embeddings", handler)
    server = TestServer(app)
    await server.start_server()
    found.url = str(server.make_url("/v1/chat/completions"))
    try:
        yield found
    finally:
        await server.close()


def providers(url: str, *keys: str) -> dict[str, Any]:
    mock = ProviderConfig("mock", url, keys or ("sk-upstream",), ("m-text", "embed-large"))
    claude = ProviderConfig("claude", "https://api.example.test", ("k",), ("c",), protocol="anthropic")
    twin = ProviderConfig("twin", url, ("k",), ("m-text",))
    return {"providers": (mock, claude, twin)}


@pytest.mark.parametrize("model", ["mock,embed-large", "embed-large", "Embed-Large", "mock,not-listed"])
async def test_they_are_passed_through(router: Router, model: str) -> None:
    async with upstream() as up, sdk(router, **providers(up.url)) as client:
        got = await client.embeddings.create(model=model, input=["hi"], encoding_format="float", dimensions=2)
    assert got.data[0].embedding == [0.5, -1.0]
    assert got.usage.prompt_tokens == 3
    key, body = up.asked[0]
    assert key == "Bearer sk-upstream"
    wanted = "not-listed" if "not" in model else "embed-large"
    assert body == {"model": wanted, "input": ["hi"], "encoding_format": "float", "dimensions": 2}


async def test_another_key_serves_where_one_does_not(router: Router) -> None:
    health = Health()
    async with upstream() as up, router("", health, **providers(up.url, "a", "b")) as client:
        up.statuses = [429]
        first = await client.post("/v1/embeddings", json={"model": "embed-large", "input": "hi"})
        second = await client.post("/v1/embeddings", json={"model": "embed-large", "input": "hi"})
        assert (first.status, second.status) == (200, 200)
        assert first.headers["x-ccr-attempts"] == "2"
        assert first.headers["x-ccr-target"] == "mock,embed-large"
    assert [key for key, _ in up.asked] == ["Bearer a", "Bearer b", "Bearer b"]


async def test_a_failure_that_passes_is_tried_again(router: Router) -> None:
    async with upstream() as up, sdk(router, **providers(up.url), retries=Retries(same_target=1)) as client:
        up.statuses = [500]
        await client.embeddings.create(model="embed-large", input="hi")
    assert len(up.asked) == 2


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, openai.BadRequestError),
        (401, openai.InternalServerError),
        (404, openai.NotFoundError),
        (429, openai.RateLimitError),
    ],
)
async def test_failures_are_told(router: Router, status: int, error: type[openai.APIStatusError]) -> None:
    async with upstream() as up, sdk(router, **providers(up.url)) as client:
        up.statuses = [status]
        with pytest.raises(error, match="it says why"):
            await client.embeddings.create(model="embed-large", input="hi")
    assert len(up.asked) == 1


async def test_an_answer_that_holds_none_is_a_failure(router: Router) -> None:
    async with upstream() as up, sdk(router, **providers(up.url)) as client:
        up.answer = {"hello": "world"}
        with pytest.raises(openai.InternalServerError, match="no list of embeddings"):
            await client.embeddings.create(model="embed-large", input="hi")


@pytest.mark.parametrize(
    ("model", "status", "words"),
    [
        ("nobody,x", 404, "not configured"),
        ("nothing", 404, "lists the model 'nothing'"),
        ("m-text", 400, "mock,m-text or twin,m-text"),
        ("claude,c", 400, "anthropic, which has no embeddings"),
        (None, 400, "'model'"),
    ],
)
async def test_what_cannot_be_passed_on(router: Router, model: str | None, status: int, words: str) -> None:
    async with upstream() as up, router("", **providers(up.url)) as client:
        reply = await client.post("/v1/embeddings", json={"model": model, "input": "hi"})
        error = (await reply.json())["error"]
    assert reply.status == status
    assert words in error["message"]
    assert up.asked == []


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://api.test/v1", "https://api.test/v1/embeddings"),
        ("https://api.test", "https://api.test/v1/embeddings"),
        ("https://api.test/v1/chat/completions", "https://api.test/v1/embeddings"),
        ("https://api.test/v1/responses", "https://api.test/v1/embeddings"),
        ("https://api.test/api/paas/v4?x=1", "https://api.test/api/paas/v4/embeddings?x=1"),
        (
            "https://r.openai.azure.com/?api-version=2024-10-21",
            "https://r.openai.azure.com/openai/deployments/m/embeddings?api-version=2024-10-21",
        ),
    ],
)
def test_the_address_is_the_neighbour_of_the_chat_endpoint(base: str, url: str) -> None:
    assert embeddings_url(base, "m") == url
