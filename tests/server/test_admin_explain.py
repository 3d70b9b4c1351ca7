"""`/admin/explain` over HTTP: a request before it is sent, and after."""

from typing import Any

import orjson
import pytest

from ccrouter.config.types import Group, Member, ProviderConfig, RouterConfig, Target
from ccrouter.errors import ErrorDetail
from ccrouter.server.state import STATE
from tests.server.conftest import Router
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.replies import Failure, Reply, text

ADMIN = {"x-ccr-admin-token": "admin-token"}
KEYS = ("sk-0123456789-first", "sk-0123456789-second")
PROVIDERS = (
    ProviderConfig(
        "mock", "http://127.0.0.1:9/v1", KEYS, ("m-text", "m-bg", "m-think"), headers={"x-api-token": "s3cret"}
    ),
    ProviderConfig("other", "http://127.0.0.1:9/v1", (), ("m",)),
)
BODY = {"model": "claude-sonnet-5", "max_tokens": 100, "messages": [{"role": "user", "content": "Hello there"}]}


async def explained(client: Any, body: Any, query: str = "", headers: dict[str, str] | None = None) -> Any:
    answer = await client.post(
        f"/admin/explain{query}",
        data=body if isinstance(body, bytes) else orjson.dumps(body),
        headers={**ADMIN, "x-ccr-client-headers": orjson.dumps(headers or {}).decode()},
    )
    assert answer.status == 200, await answer.text()
    return await answer.json()


def names(told: Any) -> list[str]:
    return [target["target"] for target in told["targets"]]


async def test_scenario_rules_targets_and_keys(router: Router) -> None:
    routes = RouterConfig(Target("group", "g"), think=Target("mock", "m-think"))
    members = (Member(Target("mock", "m-text")), Member(Target("other", "m")))
    groups = {"g": Group("round_robin", members)}
    fallback = {"default": (Target("mock", "m-bg"),)}
    async with router("", providers=PROVIDERS, router=routes, groups=groups, fallback=fallback) as client:
        app = client.app
        assert app is not None
        health = app[STATE].gateway.health
        health.failed(Target("mock", "m-text"), KEYS[0], ErrorDetail("x", "slow down", 429, retry_after=30), 300)
        told = await explained(client, BODY)
        again = await explained(client, BODY)
        assert names(again) == names(told) == ["mock,m-text", "other,m", "mock,m-bg"]  # to look takes no turn
        assert told["scenario"] == "default"
        assert [rule for rule, _ in told["considered"]][-1] == "think"
        first, second, third = told["targets"]
        assert (first["of"], first["strategy"], third["of"]) == ("group,g", "round_robin", None)
        assert [key["state"] for key in first["keys"]] == ["resting", "ready"]
        assert first["keys"][0]["rests"][0]["reason"] == "slow down"
        assert [key["state"] for key in third["keys"]] == ["ready", "ready"]  # the limit was another model's
        assert second["keys"] == []
        assert "wire" not in first
        assert told["parts"]["user text"] > 0
        assert KEYS[0] not in orjson.dumps(told).decode()


async def test_the_outgoing_request_has_no_secret(router: Router) -> None:
    async with router("", providers=PROVIDERS) as client:
        body = {**BODY, "messages": [{"role": "user", "content": f"my key is {KEYS[1]}"}], "top_k": 3}
        told = await explained(client, body, "?wire=first")
        (target,) = told["targets"]
        wire = target["wire"]
        assert wire["url"] == "http://127.0.0.1:9/v1/chat/completions"
        assert wire["headers"]["authorization"] == "Bearer sk-…irst"
        assert wire["headers"]["x-api-token"] == "****"
        assert wire["body"]["messages"] == [{"role": "user", "content": "my key is sk-…cond"}]
        assert wire["body"]["model"] == "m-text"
        assert [note["what"] for note in target["notes"]] == ["top_k"]
        for secret in (*KEYS, "s3cret"):
            assert secret not in orjson.dumps(told).decode()


async def test_headers_count(router: Router) -> None:
    async with router("", providers=PROVIDERS) as client:
        told = await explained(client, BODY, headers={"X-Claude-Code-Request-Class": "auxiliary"})
        assert told["scenario"] == "background"


async def test_what_cannot_be_routed_says_why(router: Router) -> None:
    async with router("", providers=PROVIDERS) as client:
        told = await explained(client, {**BODY, "model": "nobody,x"})
        assert (told["status"], told["model"]) == (404, "nobody,x")
        assert "nobody" in told["error"]
        told = await explained(client, b"{no json")
        assert told["status"] == 400
        assert told["parts"] is None


async def test_a_served_and_a_failed_request_afterwards(router: Router) -> None:
    answers = [text("Hello."), Failure(500, "The fox is ill.")]
    with OpenAIChatUpstream(lambda _: answers.pop(0)) as upstream:
        async with router(upstream.endpoint) as client:
            served = await client.post("/v1/messages", json=BODY)
            assert served.status == 200
            told = await (await client.get("/admin/explain?wire=first", headers=ADMIN)).json()
            assert told["record"]["id"] == served.headers["request-id"]
            assert (told["record"]["status"], told["record"]["target"]) == (200, "mock,m-text")
            assert told["now"]["targets"][0]["wire"]["body"]["model"] == "m-text"

            failed = await client.post("/v1/messages", json=BODY)
            identity = failed.headers["request-id"]
            told = await (await client.get(f"/admin/explain?id={identity}", headers=ADMIN)).json()
            assert told["record"]["status"] == failed.status
            assert "The fox is ill." in told["record"]["error"]
            assert told["record"]["failures"] == ["mock,m-text: The fox is ill."]

            nothing = await (await client.get("/admin/explain?id=req_0", headers=ADMIN)).json()
            assert nothing == {"record": None, "now": None}


async def test_only_the_owner_may_ask(router: Router) -> None:
    async with router("", providers=PROVIDERS) as client:
        assert (await client.get("/admin/explain")).status == 403
        assert (await client.post("/admin/explain", data=b"{}")).status == 403
        bad = await client.post("/admin/explain", data=b"{}", headers={**ADMIN, "x-ccr-client-headers": "no"})
        assert bad.status == 400


@pytest.mark.parametrize("streamed", [True, False])
async def test_an_error_names_the_command_that_explains_it(router: Router, streamed: bool) -> None:
    with OpenAIChatUpstream(lambda _: Failure(500, "The fox is ill.")) as upstream:
        async with router(upstream.endpoint) as client:
            answer = await client.post("/v1/messages", json={**BODY, "stream": streamed})
            told = await answer.json()
            identity = answer.headers["request-id"]
            assert told["error"]["message"].endswith(f"The fox is ill. (ccr explain --id {identity})")
            assert told["request_id"] == identity


async def test_so_does_an_error_in_the_stream(router: Router) -> None:
    torn = Reply(text=("The answer ", "is ", "…"), cut_after=3)
    with OpenAIChatUpstream(lambda _: torn) as upstream:
        async with router(upstream.endpoint) as client:
            answer = await client.post("/v1/messages", json={**BODY, "stream": True})
            last = (await answer.text()).rsplit("data: ", 1)[1]
            identity = answer.headers["request-id"]
            message = orjson.loads(last)["error"]["message"]
            assert message.endswith(f"(ccr explain --id {identity})")
            record = await (await client.get(f"/admin/explain?id={identity}", headers=ADMIN)).json()
            assert record["record"]["error"] in message


async def test_words_that_make_the_client_compact_stay_as_they_are(router: Router) -> None:
    with OpenAIChatUpstream(lambda _: Failure(400, "prompt is too long: 5 tokens > 4 maximum")) as upstream:
        async with router(upstream.endpoint) as client:
            told = await (await client.post("/v1/messages", json=BODY)).json()
            assert told["error"]["message"] == "prompt is too long: 5 tokens > 4 maximum"
