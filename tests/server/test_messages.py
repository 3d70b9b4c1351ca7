"""`POST /v1/messages` from end to end, against an upstream that refuses what strict ones refuse."""

import asyncio
import io
import logging
from typing import Any

import orjson
import pytest

from ccrouter.config.types import ProviderConfig, Target
from ccrouter.log_levels import TRACE
from tests.server.conftest import Router
from tests.upstreams.anthropic import AnthropicUpstream
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.replies import Failure, Reply, Spent, call, text

BODY = {"model": "claude-x", "max_tokens": 100, "messages": [{"role": "user", "content": "hi"}]}


def events_of(raw: bytes) -> list[dict[str, Any]]:
    return [orjson.loads(line[6:]) for line in raw.splitlines() if line.startswith(b"data: ")]


async def test_a_streamed_answer_and_its_headers(router: Router) -> None:
    with OpenAIChatUpstream(lambda body: text("Hello ", "wörld")) as upstream:
        async with router(upstream.endpoint) as client:
            reply = await client.post("/v1/messages?beta=true", json={**BODY, "stream": True})
            events = events_of(await reply.read())
    assert reply.status == 200
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert reply.headers["x-ccr-scenario"] == "default"
    assert reply.headers["x-ccr-target"] == "mock,m-text"
    assert reply.headers["x-ccr-attempts"] == "1"
    assert reply.headers["request-id"].startswith("req_")
    assert (
        "".join(event["delta"]["text"] for event in events if event["type"] == "content_block_delta") == "Hello wörld"
    )
    assert events[-2]["usage"] == {
        "input_tokens": 234,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 1000,
        "output_tokens": 56,
    }
    assert events[0]["message"]["usage"]["input_tokens"] > 0


@pytest.mark.parametrize("path", ["/v1/messages", "/api/v1/messages", "/v1/v1/messages"])
async def test_a_whole_answer(router: Router, path: str) -> None:
    with OpenAIChatUpstream(lambda body: call("Bash", {"command": "ls"})) as upstream:
        async with router(upstream.endpoint) as client:
            tools = [{"name": "Bash", "input_schema": {"type": "object", "properties": {}}}]
            reply = await client.post(path, json={**BODY, "tools": tools})
            message = await reply.json()
    assert reply.status == 200, message
    assert message["content"] == [{"type": "tool_use", "id": "call_1", "name": "Bash", "input": {"command": "ls"}}]
    assert message["stop_reason"] == "tool_use"
    assert message["usage"]["cache_read_input_tokens"] == 1000


async def test_a_body_of_32_megabytes(router: Router) -> None:
    with OpenAIChatUpstream(lambda body: text("ok")) as upstream:
        async with router(upstream.endpoint) as client:
            messages = [{"role": "user", "content": "x" * 33_000_000}]
            raw = io.BytesIO(orjson.dumps({**BODY, "messages": messages}))
            reply = await client.post("/v1/messages", data=raw)
            assert reply.status == 200, await reply.text()


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize(
    ("failure", "expected", "words"),
    [
        (Failure(429, "slow down", "rate_limit", headers={"retry-after": "7"}), (429, "rate_limit_error"), "slow down"),
        (Failure(500, "oops"), (500, "api_error"), "oops"),
        (Failure(503, "busy"), (503, "overloaded_error"), "busy"),
        (Failure(400, "bad temperature", "invalid_request_error"), (400, "invalid_request_error"), "bad temperature"),
        (Failure(401, "bad key"), (502, "api_error"), "refused its API key"),
        (Failure(404, "no such model", code="model_not_found"), (404, "not_found_error"), "no such model"),
        (Failure(502, "", body=b"<html>nginx</html>"), (502, "api_error"), "502"),
    ],
)
async def test_upstream_errors_keep_status_type_and_words(
    router: Router, failure: Failure, expected: tuple[int, str], words: str, streamed: bool
) -> None:
    with OpenAIChatUpstream(lambda body: failure) as upstream:
        async with router(upstream.endpoint) as client:
            reply = await client.post("/v1/messages", json={**BODY, "stream": streamed})
            body = await reply.json()
    assert (reply.status, body["error"]["type"]) == expected
    assert body["type"] == "error"
    assert words in body["error"]["message"]
    assert "sk-upstream" not in repr(body)
    assert body["request_id"] == reply.headers["request-id"]
    assert reply.headers["x-ccr-target"] == "mock,m-text"
    assert reply.headers.get("retry-after") == failure.headers.get("retry-after")


async def test_no_upstream_at_all(router: Router) -> None:
    async with router("http://127.0.0.1:9/v1") as client:
        reply = await client.post("/v1/messages", json={**BODY, "stream": True})
        body = await reply.json()
    assert (reply.status, body["error"]["type"]) == (502, "api_error")
    assert "could not connect to 127.0.0.1:9" in body["error"]["message"]


async def test_a_cut_before_the_first_word_is_a_status_and_after_it_an_error_event(router: Router) -> None:
    """Rules 4 and 5."""
    with OpenAIChatUpstream(lambda body: Reply(text=("one", "two", "three"), cut_after=0)) as upstream:
        async with router(upstream.endpoint) as client:
            reply = await client.post("/v1/messages", json={**BODY, "stream": True})
            assert reply.status == 502
            upstream.begin(lambda body: Reply(text=("one", "two", "three"), cut_after=3, pause=0.05))
            reply = await client.post("/v1/messages", json={**BODY, "stream": True})
            events = events_of(await reply.read())
    assert reply.status == 200
    assert events[-1]["type"] == "error"
    assert events[-1]["error"]["type"] == "api_error"
    assert "message_stop" not in [event["type"] for event in events]


async def test_fallbacks_are_tried_before_anything_is_sent(router: Router) -> None:
    def script(body: dict[str, Any]) -> Reply | Failure:
        return text("from the fallback") if body["model"] == "m-bg" else Failure(500, "down")

    with OpenAIChatUpstream(script) as upstream:  # pyright: ignore[reportArgumentType]
        fallback = {"default": (Target("mock", "m-think"), Target("mock", "m-bg"))}
        async with router(upstream.endpoint, fallback=fallback) as client:
            reply = await client.post("/v1/messages", json={**BODY, "stream": True})
            events = events_of(await reply.read())
        assert [request.model for request in upstream.requests] == ["m-text", "m-think", "m-bg"]
    assert (reply.headers["x-ccr-target"], reply.headers["x-ccr-attempts"]) == ("mock,m-bg", "3")
    assert events[-1]["type"] == "message_stop"


async def test_a_second_key_is_tried_when_the_first_is_refused(router: Router) -> None:
    with OpenAIChatUpstream(lambda body: text("ok"), api_key="good") as upstream:
        provider = ProviderConfig("mock", upstream.endpoint, ("bad", "good"), ("m-text", "m-bg", "m-think"))
        async with router("", providers=(provider,)) as client:
            reply = await client.post("/v1/messages", json=BODY)
            assert reply.status == 200
            assert reply.headers["x-ccr-attempts"] == "2"


async def test_a_client_that_goes_away_cancels_the_upstream(router: Router) -> None:
    """Rule 8."""
    with OpenAIChatUpstream(lambda body: Reply(text=("x",) * 400, pause=0.02)) as upstream:
        async with router(upstream.endpoint) as client:
            reply = await client.post("/v1/messages", json={**BODY, "stream": True})
            await reply.content.readany()
            reply.close()
            for _ in range(100):
                await asyncio.sleep(0.03)
                if upstream.requests[0].outcome not in {"", "streaming"}:
                    break
            assert upstream.requests[0].outcome != "answered"
            assert "disconnect" in upstream.requests[0].outcome or "gone" in upstream.requests[0].outcome


async def test_pings_fill_the_silence_and_a_late_failure_is_an_event(
    router: Router, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ccrouter.gateway.heartbeat.FIRST_PING_SECONDS", 0.1)
    monkeypatch.setattr("ccrouter.gateway.heartbeat.PING_SECONDS", 0.1)
    slow = Reply(text=("late",), pause=0.5)
    with OpenAIChatUpstream(lambda body: slow) as upstream:
        async with router(upstream.endpoint) as client:
            reply = await client.post("/v1/messages", json={**BODY, "stream": True})
            events = events_of(await reply.read())
            assert events[0]["type"] == "ping"
            assert [event["type"] for event in events if event["type"] != "ping"][-1] == "message_stop"
            upstream.begin(lambda body: Reply(text=("late",), pause=0.4, cut_after=1))
            reply = await client.post("/v1/messages", json={**BODY, "stream": True})
            events = events_of(await reply.read())
    assert reply.status == 200
    assert (events[0]["type"], events[-1]["type"]) == ("ping", "error")


async def test_an_anthropic_upstream_gets_the_clients_bytes_and_gives_its_own(router: Router) -> None:
    with AnthropicUpstream(lambda body: text("Hello")) as upstream:
        provider = ProviderConfig("mock", upstream.endpoint, ("sk-upstream",), ("m-text", "m-bg", "m-think"))
        async with router("", providers=(provider,)) as client:
            raw = b'{"model": "claude-x" , "max_tokens":100,"messages":[{"role":"user","content":"hi"}],"stream":true}'
            headers = {
                "authorization": "Bearer client-secret",
                "anthropic-beta": "b-1",
                "anthropic-version": "2023-06-01",
            }
            reply = await client.post("/v1/messages", data=raw, headers=headers)
            out = await reply.read()
        record = upstream.requests[0]
    assert record.raw == raw.replace(b'"claude-x"', b'"m-text"')
    assert record.headers["anthropic-beta"] == "b-1"
    assert "client-secret" not in repr(record.headers)
    assert events_of(out)[-1]["type"] == "message_stop"


@pytest.mark.parametrize(
    ("raw", "status", "words"),
    [
        (b"{", 400, "not valid JSON"),
        (b"[]", 400, "JSON object"),
        (b'{"model":"x"}', 400, "messages: Field required"),
        (b'{"model":"nobody,x","messages":[]}', 404, "nobody"),
    ],
)
async def test_bad_requests_are_told_in_anthropics_shape(router: Router, raw: bytes, status: int, words: str) -> None:
    async with router("http://127.0.0.1:9/v1") as client:
        reply = await client.post("/v1/messages", data=raw)
        body = await reply.json()
    assert (reply.status, body["type"]) == (status, "error")
    assert words in body["error"]["message"]
    assert "/" not in body["error"]["message"].replace("provider/model", "")


async def test_lone_surrogates_reach_the_upstream_as_replacement_characters(router: Router) -> None:
    with OpenAIChatUpstream(lambda body: text("ok")) as upstream:
        async with router(upstream.endpoint) as client:
            raw = rb'{"model":"x","max_tokens":9,"messages":[{"role":"user","content":"half \ud83d"}]}'
            reply = await client.post("/v1/messages", data=raw)
            assert reply.status == 200
        assert upstream.requests[0].body["messages"] == [{"role": "user", "content": "half �"}]


async def test_many_at_once_do_not_mix(router: Router) -> None:
    def echo(body: dict[str, Any]) -> Reply:
        words = tuple(body["messages"][-1]["content"].split())
        return Reply(text=words, pause=0.002, spent=Spent(10, 1, 0))

    with OpenAIChatUpstream(echo) as upstream:  # pyright: ignore[reportArgumentType]
        async with router(upstream.endpoint) as client:

            async def one(number: int) -> tuple[str, str]:
                said = " ".join(f"w{number}.{part}" for part in range(8))
                body = {**BODY, "stream": True, "messages": [{"role": "user", "content": said}]}
                reply = await client.post("/v1/messages", json=body)
                events = events_of(await reply.read())
                got = "".join(event["delta"]["text"] for event in events if event["type"] == "content_block_delta")
                return said.replace(" ", ""), got

            for said, got in await asyncio.gather(*[one(number) for number in range(40)]):
                assert said == got


async def test_bodies_are_logged_at_trace_only_and_keys_never(router: Router, caplog: pytest.LogCaptureFixture) -> None:
    body = {**BODY, "messages": [{"role": "user", "content": "very private"}]}
    with OpenAIChatUpstream(lambda body: text("an answer")) as upstream:
        async with router(upstream.endpoint) as client:
            with caplog.at_level(logging.DEBUG, "ccrouter"):
                await (await client.post("/v1/messages", json=body)).read()
            assert "very private" not in caplog.text
            assert "scenario=default" in caplog.text
            with caplog.at_level(TRACE, "ccrouter"):
                await (await client.post("/v1/messages", json=body)).read()
    assert "from client: " in caplog.text
    assert "to mock,m-text: " in caplog.text
    assert "from upstream: " in caplog.text
    assert "very private" in caplog.text
    assert "an answer" in caplog.text
    assert "sk-upstream" not in caplog.text


@pytest.mark.parametrize("streamed", [True, False])
async def test_the_log_line_and_the_answer_share_an_id(
    router: Router, caplog: pytest.LogCaptureFixture, streamed: bool
) -> None:
    with OpenAIChatUpstream(lambda body: text("ok")) as upstream:
        async with router(upstream.endpoint) as client:
            with caplog.at_level(logging.INFO, "ccrouter"):
                reply = await client.post("/v1/messages", json={**BODY, "stream": streamed})
                await reply.read()
                await asyncio.sleep(0.05)
    assert f"id={reply.headers['request-id']}" in caplog.text
