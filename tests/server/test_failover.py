"""What the router handles so that the client need not: keys, repeats, other targets, learned limits, long prompts."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from ccrouter.config.types import (
    Cooldown,
    Group,
    Limits,
    Member,
    ProviderConfig,
    Retries,
    RouterConfig,
    Target,
    Timeouts,
)
from ccrouter.dialects.base import Decoder, ReplyContext
from ccrouter.dialects.openai_chat import OpenAIChat
from ccrouter.dialects.reply_decoder import JsonReplyDecoder
from ccrouter.gateway.health import Health
from ccrouter.model.events import Event
from ccrouter.sse import Frame
from tests.server.conftest import Router
from tests.upstreams.misbehaving import FAULTS, Asked, Manner, Misbehaving, chunk, refusing, reply_of, well
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.openai_chat_rules import Strictness
from tests.upstreams.replies import Failure, Reply, text

BODY = {"model": "claude-x", "max_tokens": 100, "messages": [{"role": "user", "content": "hi"}]}
MODELS = ("m-text", "m-bg", "m-think")
PATIENT = Retries(same_target=2, wait_seconds=5)
LIMITED = Failure(429, "slow down", "rate_limit")
LONG = Failure(
    400, "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."
)


def in_turn(*answers: Reply | Failure) -> Callable[[Any], Reply | Failure]:
    waiting = list(answers)
    return lambda body: waiting.pop(0) if len(waiting) > 1 else waiting[0]


def by_model(**answers: Reply | Failure) -> Callable[[Any], Reply | Failure]:
    return lambda body: answers[body["model"].replace("-", "_")]


def texts(raw: bytes) -> str:
    events = [orjson.loads(line[6:]) for line in raw.splitlines() if line.startswith(b"data: ")]
    assert events[-1]["type"] == "message_stop", events
    return "".join(event["delta"].get("text", "") for event in events if event["type"] == "content_block_delta")


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("status", [500, 502, 503, 529])
async def test_a_failure_that_passes_is_repeated(router: Router, status: int, streamed: bool) -> None:
    with OpenAIChatUpstream(in_turn(Failure(status, "oops"), Failure(status, "oops"), text("ok"))) as upstream:
        async with router(upstream.endpoint, retries=PATIENT) as client:
            reply = await client.post("/v1/messages", json={**BODY, "stream": streamed})
            assert reply.status == 200
            assert reply.headers["x-ccr-attempts"] == "3"


@pytest.mark.parametrize("streamed", [True, False])
async def test_a_call_that_the_provider_refused_is_asked_for_again_with_a_word_about_it(
    router: Router, streamed: bool
) -> None:
    """Groq answers 400 to a call that its own model wrote badly."""
    refused = Failure(400, "Failed to call a function.", "invalid_request_error", "tool_use_failed")
    with OpenAIChatUpstream(in_turn(refused, text("ok"))) as upstream:
        async with router(upstream.endpoint, retries=PATIENT) as client:
            reply = await client.post("/v1/messages", json={**BODY, "stream": streamed})
            assert (reply.status, reply.headers["x-ccr-attempts"]) == (200, "2")
        asked = [str(request.body["messages"]) for request in upstream.requests]
    assert [("could not be read" in messages) for messages in asked] == [False, True]


async def test_a_call_that_is_refused_again_and_again_is_told_as_what_passes(router: Router) -> None:
    refused = Failure(400, "Failed to call a function.", "invalid_request_error", "tool_use_failed")
    with OpenAIChatUpstream(in_turn(refused)) as upstream:
        async with router(upstream.endpoint, retries=PATIENT) as client:
            reply = await client.post("/v1/messages", json=BODY)
            told = (await reply.json())["error"]
    assert (reply.status, told["type"]) == (502, "api_error")
    assert "Failed to call a function" in told["message"]
    assert reply.headers["x-ccr-attempts"] == "4"


async def test_a_stream_that_breaks_before_its_first_word_is_repeated(router: Router) -> None:
    cut = Reply(text=("lost",), cut_after=0)
    with OpenAIChatUpstream(in_turn(cut, text("whole"))) as upstream:
        async with router(upstream.endpoint, retries=PATIENT) as client:
            reply = await client.post("/v1/messages", json={**BODY, "stream": True})
            assert texts(await reply.read()) == "whole"


async def test_a_limited_key_rests_and_the_others_serve(router: Router) -> None:
    used: list[str] = []

    with OpenAIChatUpstream(lambda body: text("ok"), api_key=None) as upstream:

        def script(body: Any) -> Reply | Failure:
            key = upstream.requests[-1].headers["authorization"]
            used.append(key)
            return LIMITED if key == "Bearer a" else text("ok")

        upstream.begin(script)
        provider = ProviderConfig("mock", upstream.endpoint, ("a", "b"), MODELS)
        async with router("", providers=(provider,), retries=PATIENT) as client:
            for _ in range(3):
                assert (await client.post("/v1/messages", json=BODY)).status == 200
    assert used == ["Bearer a", "Bearer b", "Bearer b", "Bearer b"]


async def test_a_short_wait_is_waited_for_with_pings(router: Router, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ccrouter.gateway.heartbeat.FIRST_PING_SECONDS", 0.2)
    monkeypatch.setattr("ccrouter.gateway.heartbeat.PING_SECONDS", 0.2)
    limited = Failure(429, "slow down", "rate_limit", headers={"retry-after": "1"})
    with OpenAIChatUpstream(in_turn(limited, text("after all"))) as upstream:
        async with router(upstream.endpoint, retries=PATIENT) as client:
            begun = time.monotonic()
            reply = await client.post("/v1/messages", json={**BODY, "stream": True})
            raw = await reply.read()
    assert texts(raw) == "after all"
    assert raw.startswith(b"event: ping")
    assert 0.9 < time.monotonic() - begun < 3


async def test_a_rest_that_ends_while_it_is_looked_at_fails_nothing(
    router: Router, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Timers fire a moment early: then the key rests still, and a moment later there is nothing to wait for."""
    looked: list[tuple[str, ...]] = []
    keys_now = Health.keys

    def keys(self: Health, target: Target, keys: tuple[str, ...], affinity: str | None) -> tuple[str, ...]:
        looked.append(keys)
        return () if len(looked) == 1 else keys_now(self, target, keys, affinity)

    monkeypatch.setattr(Health, "keys", keys)
    with OpenAIChatUpstream(in_turn(text("ok"))) as upstream:
        async with router(upstream.endpoint, retries=PATIENT) as client:
            assert (await client.post("/v1/messages", json=BODY)).status == 200
    assert len(looked) == 2


async def test_a_long_rest_is_told_at_once_and_asks_nobody(router: Router) -> None:
    limited = Failure(429, "come back in an hour", "rate_limit", headers={"retry-after": "3600"})
    with OpenAIChatUpstream(lambda body: limited) as upstream:
        async with router(upstream.endpoint, retries=PATIENT, cooldown=Cooldown(200)) as client:
            first = await client.post("/v1/messages", json=BODY)
            second = await client.post("/v1/messages", json=BODY)
            body = await second.json()
        assert len(upstream.requests) == 1
    assert (first.status, second.status) == (429, 429)
    assert 190 <= int(second.headers["retry-after"]) <= 200
    assert "come back in an hour" in body["error"]["message"]
    assert "ccr keys" in body["error"]["message"]


async def test_a_probe_of_one_token_rests_nothing(router: Router) -> None:
    with OpenAIChatUpstream(in_turn(LIMITED, text("ok"))) as upstream:
        async with router(upstream.endpoint) as client:
            assert (await client.post("/v1/messages", json={**BODY, "max_tokens": 1})).status == 429
            assert (await client.post("/v1/messages", json=BODY)).status == 200


async def test_an_unknown_cap_is_learned_once(router: Router) -> None:
    with OpenAIChatUpstream(lambda body: text("ok"), strictness=Strictness(max_tokens_limit=8192)) as upstream:
        async with router(upstream.endpoint, retries=PATIENT) as client:
            for _ in range(2):
                reply = await client.post("/v1/messages", json={**BODY, "max_tokens": 64000})
                assert reply.status == 200, await reply.text()
        asked = [request.body["max_tokens"] for request in upstream.requests]
    assert asked == [64000, 8192, 8192]


async def test_a_refused_field_is_left_out_from_then_on(router: Router) -> None:
    def script(body: Any) -> Reply | Failure:
        if "temperature" in body:
            return Failure(400, "Unsupported parameter: 'temperature' is not supported with this model.")
        return text("ok")

    with OpenAIChatUpstream(script) as upstream:
        async with router(upstream.endpoint, retries=PATIENT) as client:
            for _ in range(2):
                assert (await client.post("/v1/messages", json={**BODY, "temperature": 0.5})).status == 200
        assert ["temperature" in request.body for request in upstream.requests] == [True, False, False]


async def test_a_renamed_field_is_renamed(router: Router) -> None:
    def script(body: Any) -> Reply | Failure:
        if "max_tokens" in body:
            words = "Unsupported parameter: 'max_tokens' is not supported with this model."
            return Failure(400, f"{words} Use 'max_completion_tokens' instead.")
        return text("ok")

    with OpenAIChatUpstream(script) as upstream:
        async with router(upstream.endpoint, retries=PATIENT) as client:
            assert (await client.post("/v1/messages", json=BODY)).status == 200
        assert upstream.requests[-1].body["max_completion_tokens"] == 100


async def test_an_answer_is_shrunk_into_the_room_that_is_left(router: Router) -> None:
    def script(body: Any) -> Reply | Failure:
        if body["max_tokens"] > 13567:
            words = "input length and `max_tokens` exceed context limit: 186433 + 20000 > 200000, decrease input length"
            return Failure(400, words)
        return text("ok")

    with OpenAIChatUpstream(script, strictness=Strictness(max_tokens_limit=100_000)) as upstream:
        async with router(upstream.endpoint, retries=PATIENT) as client:
            assert (await client.post("/v1/messages", json={**BODY, "max_tokens": 20000})).status == 200
        assert [request.body["max_tokens"] for request in upstream.requests] == [20000, 13551]


@pytest.mark.parametrize("streamed", [True, False])
async def test_a_prompt_that_fits_nowhere_is_told_in_the_words_that_compact(router: Router, streamed: bool) -> None:
    with OpenAIChatUpstream(lambda body: LONG) as upstream:
        async with router(upstream.endpoint, retries=PATIENT) as client:
            reply = await client.post("/v1/messages", json={**BODY, "stream": streamed})
            body = await reply.json()
    assert (reply.status, body["error"]["type"]) == (400, "invalid_request_error")
    assert body["error"]["message"].startswith("prompt is too long: 9000 tokens > 8192 maximum")


async def test_a_prompt_that_is_too_long_goes_to_the_long_context_route(router: Router) -> None:
    routes = RouterConfig(Target("mock", "m-text"), long_context=Target("mock", "m-think"))
    with OpenAIChatUpstream(by_model(m_text=LONG, m_think=text("fits"))) as upstream:
        async with router(upstream.endpoint, router=routes, retries=PATIENT) as client:
            reply = await client.post("/v1/messages", json=BODY)
            assert reply.status == 200
            assert reply.headers["x-ccr-target"] == "mock,m-think"


async def test_a_bad_request_is_never_tried_elsewhere(router: Router) -> None:
    fallback = {"*": (Target("mock", "m-think"),)}
    with OpenAIChatUpstream(lambda body: Failure(400, "bad image")) as upstream:
        async with router(upstream.endpoint, fallback=fallback, retries=PATIENT) as client:
            assert (await client.post("/v1/messages", json=BODY)).status == 400
        assert len(upstream.requests) == 1


async def test_a_group_tries_its_members_by_its_strategy(router: Router) -> None:
    members = tuple(Member(Target("mock", model)) for model in MODELS)
    routes = RouterConfig(Target("group", "all"))
    served: list[str] = []
    with OpenAIChatUpstream(lambda body: text("ok")) as upstream:
        groups = {"all": Group("round_robin", members)}
        async with router(upstream.endpoint, router=routes, groups=groups) as client:
            for _ in range(4):
                reply = await client.post("/v1/messages", json=BODY)
                served.append(reply.headers["x-ccr-target"])
    assert served == ["mock,m-text", "mock,m-bg", "mock,m-think", "mock,m-text"]


async def test_attempts_are_bounded(router: Router) -> None:
    with OpenAIChatUpstream(lambda body: Failure(500, "down")) as upstream:
        fallback = {"default": tuple(Target("mock", f"x{number}") for number in range(20))}
        async with router(
            upstream.endpoint, fallback=fallback, retries=Retries(max_attempts=5, same_target=0)
        ) as client:
            reply = await client.post("/v1/messages", json=BODY)
            assert reply.status == 500
        assert len(upstream.requests) == 5


SECRET = "sk-proj-0123456789abcdef0123"


@pytest.mark.parametrize("streamed", [True, False])
async def test_a_key_that_the_provider_repeats_is_masked_everywhere(
    router: Router, streamed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    refusal = Failure(401, f"Incorrect API key provided: {SECRET}")
    with OpenAIChatUpstream(lambda body: refusal, api_key=None) as upstream:
        provider = ProviderConfig("mock", upstream.endpoint, (SECRET,), MODELS)
        async with router("", providers=(provider,)) as client:
            with caplog.at_level(logging.DEBUG, "ccrouter"):
                reply = await client.post("/v1/messages", json={**BODY, "stream": streamed})
                told = f"{await reply.text()} {reply.headers}"
            keys = await (await client.get("/admin/keys", headers={"x-ccr-admin-token": "admin-token"})).text()
    assert "Incorrect API key provided: sk-…0123" in told
    assert SECRET not in told + keys + caplog.text


async def test_a_providers_own_limits_are_kept(router: Router) -> None:
    with OpenAIChatUpstream(lambda body: Reply(text=("ok",), pause=0.1)) as upstream:
        provider = ProviderConfig("mock", upstream.endpoint, ("sk-upstream",), MODELS, limits=Limits(1, queue=2))
        async with router("", providers=(provider,)) as client:

            async def one() -> int:
                reply = await client.post("/v1/messages", json={**BODY, "stream": True})
                await reply.read()
                return reply.status

            statuses = await asyncio.gather(*[one() for _ in range(5)])
            body = await (await client.post("/v1/messages", json=BODY)).json()
        times = sorted(request.at for request in upstream.requests[:3])
    assert sorted(statuses) == [200, 200, 200, 529, 529]
    assert body["type"] == "message"
    assert times[1] - times[0] > 0.1
    assert times[2] - times[1] > 0.1


@pytest.mark.parametrize("streamed", [True, False])
async def test_an_attempts_whole_time_is_bounded_before_its_first_byte_too(router: Router, streamed: bool) -> None:
    async with Misbehaving(lambda asked: FAULTS["silent"](asked, reply_of(""))) as upstream:
        provider = ProviderConfig("mock", upstream.endpoint, ("a",), MODELS, timeouts=Timeouts(total=0.2))
        async with router("", providers=(provider,)) as client:
            reply = await client.post("/v1/messages", json={**BODY, "stream": streamed})
            assert (reply.status, (await reply.json())["error"]["type"]) == (504, "timeout_error")


async def test_a_limit_amid_a_stream_rests_the_key_too(router: Router) -> None:
    limit = b'data: {"error": {"message": "Rate limit reached", "code": 429}}\n\n'

    def script(asked: Asked) -> Manner:
        begun = well(asked, reply_of("some words come first")).parts[:4]
        return Manner((*begun, chunk(limit)), "close") if asked.key == "a" else well(asked, reply_of("whole"))

    async with Misbehaving(script) as upstream:
        provider = ProviderConfig("mock", upstream.endpoint, ("a", "b"), MODELS)
        async with router("", providers=(provider,), retries=PATIENT) as client:
            broken = await (await client.post("/v1/messages", json={**BODY, "stream": True})).read()
            again = await (await client.post("/v1/messages", json={**BODY, "stream": True})).read()
    assert b'"rate_limit_error"' in broken
    assert texts(again) == "whole"
    assert [asked.key for asked in upstream.asked] == ["a", "b"]


@pytest.mark.parametrize("fault", ["500", "cut after text", "429"])
@pytest.mark.parametrize("tokens", [100, 1])
async def test_a_probe_that_proves_nothing_lets_the_next_try(router: Router, fault: str, tokens: int) -> None:
    """Also one that ends amid its stream, or that counts for nothing: else the key would rest on for two minutes."""
    now = [1_800_000_000.0]
    manners = iter(["429 with Retry-After", fault, "well"])

    def script(asked: Asked) -> Manner:
        return {"well": well, **FAULTS}[next(manners)](asked, reply_of("some words come first"))

    health = Health(clock=lambda: now[0])
    async with Misbehaving(script) as upstream, router(upstream.endpoint, health) as client:
        assert (await client.post("/v1/messages", json=BODY)).status == 429
        now[0] += 31
        await (await client.post("/v1/messages", json={**BODY, "stream": True, "max_tokens": tokens})).read()
        now[0] += 11  # a second 429 in a row without a time rests ten seconds
        assert (await client.post("/v1/messages", json=BODY)).status == 200
    assert health.states().rests == {}


@pytest.mark.parametrize("streamed", [True, False])
async def test_who_waits_for_a_key_is_served_once_its_probe_has_gone_well(router: Router, streamed: bool) -> None:
    """One key, many requests, a limit: after the wait one probes, the others follow it at once instead of failing."""
    limited_until = time.monotonic() + 0.9
    limited = refusing(429, "slow down", "rate_limit_error", retry_after="1")

    async def ask(client: Any) -> bytes:
        reply = await client.post("/v1/messages", json={**BODY, "stream": streamed})
        assert reply.status == 200, await reply.text()
        return await reply.read()

    def script(asked: Asked) -> Manner:
        if time.monotonic() < limited_until:
            return limited(asked, reply_of(""))
        manner = well(asked, reply_of("at last"))
        return Manner(manner.parts, manner.end, pause=0.2)

    async with Misbehaving(script) as upstream, router(upstream.endpoint, retries=Retries()) as client:
        begun = time.monotonic()
        answers = await asyncio.gather(*[ask(client) for _ in range(8)])
        assert time.monotonic() - begun < 3
    assert all(b"at" in answer and b"last" in answer for answer in answers)


async def test_every_target_is_left_an_attempt(router: Router) -> None:
    fallback = {"default": (Target("mock", "m-bg"), Target("mock", "m-think"))}
    with OpenAIChatUpstream(by_model(m_text=LIMITED, m_bg=Failure(500, "down"), m_think=text("ok"))) as upstream:
        upstream.api_key = None
        provider = ProviderConfig("mock", upstream.endpoint, ("a", "b", "c", "d", "e", "f"), MODELS)
        bounded = Retries(max_attempts=4, wait_seconds=0)
        async with router("", providers=(provider,), fallback=fallback, retries=bounded) as client:
            assert (await client.post("/v1/messages", json=BODY)).status == 200
        assert [request.model for request in upstream.requests] == ["m-text", "m-text", "m-bg", "m-think"]


@pytest.mark.parametrize("streamed", [True, False])
async def test_a_defect_of_ours_is_logged_and_the_next_target_serves(
    router: Router, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, streamed: bool
) -> None:
    decoder = OpenAIChat.decoder

    def broken_for_one_model(self: OpenAIChat, context: ReplyContext) -> Decoder:
        if context.model == "m-text":
            raise RuntimeError("a defect")
        return decoder(self, context)

    monkeypatch.setattr(OpenAIChat, "decoder", broken_for_one_model)
    health = Health()
    with OpenAIChatUpstream(lambda body: text("ok")) as upstream:
        changes: dict[str, Any] = {"retries": PATIENT, "fallback": {"default": (Target("mock", "m-bg"),)}}
        async with router(upstream.endpoint, health, **changes) as client:
            reply = await client.post("/v1/messages", json={**BODY, "stream": streamed})
            assert (reply.status, reply.headers["x-ccr-target"]) == (200, "mock,m-bg")
            assert "ccrouter failed on this attempt" in reply.headers["x-ccr-failed"]
    assert health.keys(Target("mock", "m-text"), ("sk-upstream",), None) == ("sk-upstream",)  # nothing rests for it
    traces = [record.exc_info[1] for record in caplog.records if record.exc_info]
    assert "a defect" in list(map(str, traces))


async def test_a_defect_of_ours_at_every_target_is_told_with_where_to_look(
    router: Router, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: OpenAIChat, context: ReplyContext) -> Decoder:
        raise RuntimeError("a defect")

    monkeypatch.setattr(OpenAIChat, "decoder", broken)
    with OpenAIChatUpstream(lambda body: text("ok")) as upstream:
        async with router(upstream.endpoint) as client:
            reply = await client.post("/v1/messages", json=BODY)
            told = (await reply.json())["error"]
    assert (reply.status, told["type"]) == (500, "api_error")
    assert "its log has the details under req_" in told["message"]
    assert "a defect" not in told["message"]


async def test_a_defect_of_ours_amid_an_answer_ends_it_honestly(
    router: Router, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    decode = JsonReplyDecoder.frame

    def broken_at_the_end(self: JsonReplyDecoder, frame: Frame) -> list[Event]:
        if b"last" in frame.data:
            raise RuntimeError("a defect")
        return decode(self, frame)

    monkeypatch.setattr(JsonReplyDecoder, "frame", broken_at_the_end)
    with OpenAIChatUpstream(lambda body: Reply(text=("first", "last"), pause=0.2)) as upstream:
        async with router(upstream.endpoint, retries=PATIENT) as client:
            reply = await client.post("/v1/messages", json={**BODY, "stream": True})
            raw = await reply.read()
        assert len(upstream.requests) == 1
    assert b"first" in raw
    last = raw.rstrip().splitlines()[-2:]
    assert last[0] == b"event: error"
    assert b"its log has the details under req_" in last[1]
    assert any(record.exc_info and str(record.exc_info[1]) == "a defect" for record in caplog.records)
