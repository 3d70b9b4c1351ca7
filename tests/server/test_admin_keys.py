"""`/admin/keys` over HTTP, and the count of mended replies in the status."""

from typing import Any

from ccrouter.config.types import ProviderConfig, Target
from ccrouter.errors import ErrorDetail
from ccrouter.server.state import STATE
from tests.server.conftest import Router

ADMIN = {"x-ccr-admin-token": "admin-token"}
KEYS = ("sk-0123456789-first", "sk-0123456789-second")
PROVIDERS = (
    ProviderConfig("mock", "http://127.0.0.1:9/v1", KEYS, ("m-text", "m-bg", "m-think")),
    ProviderConfig("other & more", "http://127.0.0.1:9/v1", KEYS, ("m",)),
)


async def test_keys_are_told_and_cleared(router: Router) -> None:
    async with router("", providers=PROVIDERS) as client:
        app = client.app
        assert app is not None
        health = app[STATE].gateway.health
        health.failed(Target("mock", "m-text"), KEYS[0], ErrorDetail("x", "slow down", 429, retry_after=30), 300)
        health.failed(Target("mock", "m-text"), KEYS[1], ErrorDetail("x", "who are you?", 401), 300)
        health.failed(Target("other & more", "m"), KEYS[1], ErrorDetail("x", "pay", 402), 300)

        async def told() -> Any:
            return await (await client.get("/admin/keys", headers=ADMIN)).json()

        report = await told()
        mock, other = report["providers"]
        assert [key["key"] for key in mock["keys"]] == ["sk-…irst", "sk-…cond"]
        limited, refused = mock["keys"][0]["rests"][0], mock["keys"][1]["rests"][0]
        assert (limited["model"], limited["status"], limited["reason"]) == ("m-text", 429, "slow down")
        assert (refused["model"], refused["status"], refused["reason"]) == (None, 401, "who are you?")
        assert 29 < limited["until"] - report["now"] <= 30
        assert [key["state"] for key in other["keys"]] == ["ready", "resting"]
        assert KEYS[0] not in repr(report)

        only = await client.post("/admin/keys/clear?provider=other+%26+more", headers=ADMIN)
        assert await only.json() == {"cleared": 1}
        assert [key["state"] for key in (await told())["providers"][0]["keys"]] == ["resting", "resting"]
        assert await (await client.post("/admin/keys/clear", headers=ADMIN)).json() == {"cleared": 2}
        assert [key["state"] for found in (await told())["providers"] for key in found["keys"]] == ["ready"] * 4


async def test_only_the_owner_may_ask(router: Router) -> None:
    async with router("", providers=PROVIDERS) as client:
        assert (await client.get("/admin/keys")).status == 403
        assert (await client.post("/admin/keys/clear")).status == 403


async def test_the_status_counts_what_was_mended(router: Router) -> None:
    async with router("", providers=PROVIDERS) as client:
        app = client.app
        assert app is not None
        assert (await (await client.get("/admin/status", headers=ADMIN)).json())["mended"] == {}
        app[STATE].gateway.health.mended.kinds["stop_reason"] += 2
        assert (await (await client.get("/admin/status", headers=ADMIN)).json())["mended"] == {"stop_reason": 2}
