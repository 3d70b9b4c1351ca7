"""`/admin/statusline` over HTTP: the facts of a session after answers, fallbacks and side requests."""

from typing import Any

from ccrouter.config.types import ProviderConfig, StatusLine, Target
from ccrouter.errors import ErrorDetail
from ccrouter.server.state import STATE
from tests.server.conftest import Router
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.replies import Failure, Reply, text

ADMIN = {"x-ccr-admin-token": "admin-token"}
BODY = {"model": "claude-x", "max_tokens": 100, "messages": [{"role": "user", "content": "hi"}]}
SESSION = {"x-claude-code-session-id": "s 1"}


async def test_the_facts_of_a_session(router: Router) -> None:
    def answer(body: Any) -> Reply | Failure:
        return Failure(500, "oops") if body["model"] == "m-text" else text("ok")

    settings: Any = {"enabled": True, "currentStyle": "powerline"}
    with OpenAIChatUpstream(answer) as upstream:
        async with router(
            upstream.endpoint,
            fallback={"default": (Target("mock", "m-think"),)},
            status_line=StatusLine(True, settings),
        ) as client:

            async def told(session: str = "s 1") -> Any:
                return await (await client.get("/admin/statusline", params={"session": session}, headers=ADMIN)).json()

            nothing = {"resting": 0, "all": 1}
            before = {"status_line": settings, "default": "mock,m-text", "session": None, "keys": nothing}
            assert await told() == before
            for streamed in (True, False):
                reply = await client.post("/v1/messages", json={**BODY, "stream": streamed}, headers=SESSION)
                assert reply.status == 200
                await reply.read()
            session = (await told())["session"]
            assert (session["provider"], session["model"], session["fallback"]) == ("mock", "m-think", True)
            assert (session["scenario"], session["open"]) == ("default", 0)
            assert session["total"]["requests"] == 2
            assert session["last"]["output"] * 2 == session["total"]["output"] > 0
            # A title and a subagent's answer count, but are not what the user sees.
            for headers, model in (({}, "claude-haiku-x"), ({"x-claude-code-agent-id": "a1"}, "mock,m-bg")):
                reply = await client.post("/v1/messages", json={**BODY, "model": model}, headers=SESSION | headers)
                assert reply.status == 200
            session = (await told())["session"]
            assert (session["model"], session["total"]["requests"]) == ("m-think", 4)
            # A failed request changes nothing but is over.
            upstream.begin(lambda body: Failure(400, "no"))
            reply = await client.post("/v1/messages", json=BODY, headers=SESSION)
            assert reply.status == 400
            assert (await told())["session"] == session
            assert await told("another") == before


async def test_resting_keys_of_the_provider_in_use(router: Router) -> None:
    keys = ("sk-0123456789-first", "sk-0123456789-second")
    provider = ProviderConfig("mock", "http://127.0.0.1:9/v1", keys, ("m-text", "m-bg", "m-think"))
    async with router("", providers=(provider,)) as client:
        app = client.app
        assert app is not None
        health = app[STATE].gateway.health
        health.failed(Target("mock", "m-text"), keys[0], ErrorDetail("x", "slow down", 429, retry_after=30), 300)
        health.failed(Target("mock", "m-bg"), keys[1], ErrorDetail("x", "slow down", 429, retry_after=30), 300)
        facts = await client.get("/admin/statusline", headers=ADMIN)
        assert (await facts.json())["keys"] == {"resting": 1, "all": 2}  # the other rests for another model
        assert keys[0] not in await facts.text()


async def test_only_with_the_token(router: Router) -> None:
    async with router("http://127.0.0.1:9/v1") as client:
        assert (await client.get("/admin/statusline?session=s")).status == 403
