"""`/health`, `/health?deep` and `/test-connection`, on real sockets."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from ccrouter.config.types import ProviderConfig, RouterConfig, Target
from ccrouter.server import checks
from ccrouter.server.checks import Remembered
from tests.server.conftest import Router

KEY = "sk-upstream-0123456789abcdef"
APIKEY = {"x-api-key": "sk-ours"}


@dataclass
class Upstream:
    """An OpenAI-compatible server that counts what it is asked."""

    asked: list[str] = field(default_factory=list[str])
    key: str = KEY
    public_list: bool = False
    slow: float = 0.0
    url: str = ""
    most_at_once: int = 0
    _now: int = 0

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.method)
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        await asyncio.sleep(self.slow)
        self._now -= 1
        good = request.headers.get("authorization") == f"Bearer {self.key}"
        if not good and not (self.public_list and request.method == "GET"):
            words = f"Incorrect API key provided: {request.headers.get('authorization')}"
            return web.json_response({"error": {"message": words, "code": "invalid_api_key"}}, status=401)
        if request.method == "GET":
            return web.json_response({"object": "list", "data": [{"id": "m-text"}, {"id": "m-bg"}]})
        body: Any = await request.json()
        message = {"role": "assistant", "content": "OK"}
        choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
        return web.json_response({"id": "1", "model": body["model"], "choices": choices})


@asynccontextmanager
async def upstream(**options: Any) -> AsyncGenerator[Upstream]:
    made = Upstream(**options)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.answer)
    server = TestServer(app)
    await server.start_server()
    made.url = f"http://127.0.0.1:{server.port}/v1"
    try:
        yield made
    finally:
        await server.close()


def providers(*entries: tuple[str, str], keys: tuple[str, ...] = (KEY,)) -> dict[str, Any]:
    made = tuple(ProviderConfig(name, url, keys, ("m-text", "m-bg")) for name, url in entries)
    first = entries[0][0]
    return {"providers": made, "router": RouterConfig(Target(first, "m-text"), Target(first, "m-bg"))}


async def test_health_has_the_fields_of_the_proxies_and_asks_nobody(router: Router) -> None:
    async with upstream() as other, router("", **providers(("mock", other.url))) as client:
        reply = await client.get("/health")
        body = await reply.json()
    assert reply.status == 200
    assert body["status"] == "healthy"
    assert datetime.fromisoformat(body["timestamp"]).tzinfo is not None
    assert (body["openai_api_configured"], body["gemini_api_configured"]) == (True, False)
    assert (body["api_key_valid"], body["client_api_key_validation"]) == (True, False)
    assert set(body["streaming_config"]) == {"force_disabled", "emergency_disabled", "max_retries"}
    assert other.asked == []


async def test_a_key_that_was_refused_is_no_longer_valid(router: Router) -> None:
    asked = {"model": "claude-sonnet-5", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}
    async with upstream(key="other") as other, router("", **providers(("mock", other.url))) as client:
        await client.post("/v1/messages", json=asked)
        assert (await (await client.get("/health")).json())["api_key_valid"] is False


async def test_deep_tells_of_each_provider_without_spending(router: Router) -> None:
    dead = ("dead", "http://127.0.0.1:9/v1")
    async with upstream() as good, router("", **providers(("good", good.url), dead)) as client:
        reply = await client.get("/health?deep")
        body = await reply.json()
    assert (reply.status, body["status"]) == (200, "healthy")  # what the default route needs is well
    there, gone = body["providers"]
    assert (there["status"], there["models"], there["keys"][0]["state"]) == ("healthy", 2, "accepted")
    assert gone["status"] == "unhealthy"
    assert "could not connect" in gone["message"]
    assert KEY not in repr(body)
    assert set(good.asked) == {"GET"}


async def test_deep_is_503_when_the_default_route_cannot_be_served(router: Router) -> None:
    async with upstream(key="other") as refusing, router("", **providers(("mock", refusing.url))) as client:
        reply = await client.get("/health?deep=1")
        body = await reply.json()
    assert (reply.status, body["status"]) == (503, "unhealthy")
    assert "mock: it refused the key sk-…cdef" in body["error"]
    assert KEY not in repr(body)


async def test_a_list_for_everybody_proves_no_key(router: Router) -> None:
    async with upstream(public_list=True) as other, router("", **providers(("mock", other.url))) as client:
        body = await (await client.get("/health?deep")).json()
    assert body["providers"][0]["keys"] == [{"key": "sk-…cdef", "state": "unproven"}]


async def test_every_key_is_asked(router: Router) -> None:
    several = providers(("mock", ""), keys=("sk-wrong-0123456789", KEY))
    async with upstream() as other:
        several = providers(("mock", other.url), keys=("sk-wrong-0123456789", KEY))
        async with router("", **several) as client:
            body = await (await client.get("/health?deep")).json()
    assert [key["state"] for key in body["providers"][0]["keys"]] == ["refused", "accepted"]
    assert body["status"] == "healthy"


async def test_connection_asks_the_cheap_model_and_tells_what_came(router: Router) -> None:
    async with upstream() as other, router("", **providers(("mock", other.url))) as client:
        reply = await client.get("/test-connection")
        body = await reply.json()
    assert (reply.status, body["status"]) == (200, "success")
    assert body["message"] == "Successfully connected to mock"
    assert body["model_used"] == "m-bg"
    assert body["response_id"].startswith("msg_")
    assert body["providers"][0]["answer"] == "OK"
    assert other.asked == ["POST"]


async def test_a_failed_connection_is_told_in_words_with_suggestions(router: Router) -> None:
    async with upstream(key="other") as refusing:
        both = providers(("refusing", refusing.url), ("dead", "http://127.0.0.1:9/v1"))
        async with router("", **both) as client:
            reply = await client.get("/test-connection")
            body = await reply.json()
            one = await (await client.get("/test-connection?provider=dead")).json()
            unknown = await client.get("/test-connection?provider=nobody")
            assert unknown.status == 404
            assert "refusing, dead" in (await unknown.json())["error"]["message"]
    assert reply.status == 503
    assert (body["status"], body["error_type"]) == ("failed", "API Error")
    assert "Incorrect API key" in body["message"]
    assert KEY not in repr(body)
    assert len(body["suggestions"]) == 3
    assert one["message"].startswith("dead,m-text: could not connect")
    assert (one["error_type"], len(one["providers"])) == ("Connection Error", 1)


async def test_a_loop_cannot_spend_money(router: Router) -> None:
    async with upstream(slow=0.05) as other, router("", **providers(("mock", other.url))) as client:
        await asyncio.gather(*[client.get("/test-connection") for _ in range(20)])
        for _ in range(5):
            assert (await client.get("/test-connection?provider=mock")).status == 200
        await asyncio.gather(*[client.get("/health?deep") for _ in range(20)])
    assert other.asked.count("POST") == 1
    assert other.asked.count("GET") == 2  # with the key, and once without


async def test_few_run_at_once(router: Router) -> None:
    async with upstream(slow=0.05) as other:
        many = providers(*[(f"p{number}", other.url) for number in range(20)])
        async with router("", **many) as client:
            body = await (await client.get("/test-connection")).json()
    assert len(body["providers"]) == 20
    assert 1 < other.most_at_once <= checks.AT_ONCE


async def test_a_client_that_goes_away_takes_it_from_nobody(router: Router) -> None:
    async with upstream(slow=0.3) as other, router("", **providers(("mock", other.url))) as client:
        first = asyncio.create_task(client.get("/test-connection"))
        await asyncio.sleep(0.1)
        second = asyncio.create_task(client.get("/test-connection"))
        await asyncio.sleep(0.1)
        first.cancel()
        assert (await second).status == 200
    assert other.asked == ["POST"]


@pytest.mark.parametrize("path", ["/health?deep", "/test-connection"])
async def test_what_costs_money_wants_the_key(router: Router, path: str) -> None:
    async with upstream() as other, router("", **providers(("mock", other.url)), api_key="sk-ours") as client:
        assert (await client.get("/health")).status == 200
        assert (await client.get(path)).status == 401
        assert other.asked == []
        assert (await client.get(path, headers=APIKEY)).status == 200


@pytest.mark.parametrize("path", ["/health?deep", "/test-connection"])
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://localhost:5000"},
        {"sec-fetch-site": "cross-site"},  # an image, a link: without an Origin
        {"sec-fetch-site": "same-site"},
    ],
)
async def test_no_web_page_can_spend(router: Router, path: str, headers: dict[str, str]) -> None:
    async with upstream() as other, router("", **providers(("mock", other.url))) as client:
        assert (await client.get(path, headers=headers)).status == 403
        assert (await client.get(path, headers={"sec-fetch-site": "none"})).status == 200
    assert other.asked.count("POST") <= 1


async def test_what_is_kept_is_kept_only_for_a_while_and_not_when_it_broke() -> None:
    now = [0.0]
    kept = Remembered[int](lambda: now[0])
    made: list[int] = []

    def maker(fails: bool = False) -> Callable[[], Any]:
        async def make() -> int:
            made.append(1)
            if fails:
                raise ZeroDivisionError
            return len(made)

        return make

    with pytest.raises(ZeroDivisionError):
        await kept.get("a", maker(fails=True))
    assert (await kept.get("a", maker())).result == 2
    now[0] = checks.KEPT_SECONDS - 1
    again = await kept.get("a", maker())
    assert (again.result, again.age) == (2, checks.KEPT_SECONDS - 1)
    now[0] = checks.KEPT_SECONDS
    assert (await kept.get("a", maker())).result == 3
    assert (await kept.get("b", maker())).result == 4
