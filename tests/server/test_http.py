"""The small endpoints."""

import pytest

from ccrouter.gateway.gateway import Gateway
from tests.server.conftest import Router

BODY = {"model": "claude-x", "messages": [{"role": "user", "content": "hi there"}]}


async def test_models_for_the_picker(router: Router) -> None:
    async with router("http://127.0.0.1:9/v1") as client:
        body = await (await client.get("/v1/models?limit=1000")).json()
        assert [entry["type"] for entry in body["data"]] == ["model"] * 3
        assert all(entry["id"].startswith("anthropic") for entry in body["data"])
        assert (body["first_id"], body["last_id"], body["has_more"]) == (
            body["data"][0]["id"],
            body["data"][-1]["id"],
            False,
        )
        first = await (await client.get("/v1/models?limit=1")).json()
        assert (len(first["data"]), first["has_more"]) == (1, True)


async def test_the_pickers_ids_route_back(router: Router) -> None:
    async with router("http://127.0.0.1:9/v1") as client:
        for entry in (await (await client.get("/v1/models")).json())["data"]:
            reply = await client.post("/v1/messages", json={**BODY, "model": entry["id"], "max_tokens": 1})
            assert reply.headers["x-ccr-scenario"] == "explicit"
            assert entry["id"].endswith(reply.headers["x-ccr-target"])


async def test_count_tokens(router: Router) -> None:
    async with router("http://127.0.0.1:9/v1") as client:
        short = await (await client.post("/v1/messages/count_tokens?beta=true", json=BODY)).json()
        messages = [{"role": "user", "content": "word " * 1000 + "<|endoftext|>"}]
        long = await (await client.post("/v1/messages/count_tokens", json={**BODY, "messages": messages})).json()
        assert 0 < short["input_tokens"] < 30
        assert 900 < long["input_tokens"] < 1200
        broken = await client.post("/v1/messages/count_tokens", data=b"{")
        assert broken.status == 400


async def test_unknown_paths_and_methods_have_anthropics_shape(router: Router) -> None:
    async with router("http://127.0.0.1:9/v1") as client:
        for method, path, status in (("GET", "/nope", 404), ("GET", "/v1/messages", 405), ("DELETE", "/health", 405)):
            reply = await client.request(method, path)
            assert reply.status == status
            assert (await reply.json())["type"] == "error"


async def test_health_says_who_is_here_and_no_more(router: Router) -> None:
    async with router("http://127.0.0.1:9/v1") as client:
        body = await (await client.get("/health")).json()
        assert body["service"] == "ccrouter"
        assert "mock" not in repr(body)


async def test_a_defect_of_ours_shows_no_insides(router: Router, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(self: Gateway, *args: object) -> int:
        raise ZeroDivisionError("/secret/path")

    monkeypatch.setattr(Gateway, "count_tokens", broken)
    async with router("http://127.0.0.1:9/v1") as client:
        reply = await client.post("/v1/messages/count_tokens", json=BODY)
        body = await reply.json()
    assert reply.status == 500
    assert "secret" not in repr(body)
    assert body["request_id"] in body["error"]["message"]
    assert body["request_id"] == reply.headers["request-id"]
