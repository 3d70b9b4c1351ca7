"""The scripted upstream over real sockets, and its answers as the dialect's decoder reads them."""

from collections.abc import Iterator
from typing import Any

import aiohttp
import orjson
import pytest

from ccrouter.dialects.base import ReplyContext
from ccrouter.dialects.openai_responses import OPENAI_RESPONSES
from ccrouter.model.grammar import violations
from ccrouter.model.json import JsonObject
from tests.conformance.compare import Outcome, decode_stream, outcome
from tests.upstreams.openai_responses import OpenAIResponsesUpstream
from tests.upstreams.openai_responses_reply import Manner, pieces, whole
from tests.upstreams.replies import Call, Failure, Reply, Search, text

KEY = {"authorization": "Bearer sk-upstream"}
HELLO: JsonObject = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}
BODY: JsonObject = {"model": "gpt-5.2", "input": [HELLO], "store": False}
CALLS = (Call("Bash", {"command": "ls"}, "call_1"), Call("Read", {"file_path": "/a"}, "call_2", fragment=4))


@pytest.fixture
def upstream() -> Iterator[OpenAIResponsesUpstream]:
    with OpenAIResponsesUpstream() as running:
        yield running


async def post(upstream: OpenAIResponsesUpstream, body: JsonObject, **headers: str) -> tuple[int, bytes]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(upstream.endpoint, json=body, headers={**KEY, **headers}) as answer,
    ):
        return answer.status, await answer.read()


async def test_answers_by_script_and_records(upstream: OpenAIResponsesUpstream) -> None:
    upstream.begin(lambda body: text("Hello"))
    status, raw = await post(upstream, BODY)
    assert status == 200
    assert orjson.loads(raw)["output"][0]["content"][0]["text"] == "Hello"
    assert upstream.requests[0].body == BODY
    assert upstream.requests[0].outcome == "answered"
    assert upstream.requests[0].text.strip() == "Hi"
    assert not upstream.refusals


async def test_refuses_in_openai_shape(upstream: OpenAIResponsesUpstream) -> None:
    status, raw = await post(upstream, {**BODY, "stop": ["x"]})
    assert status == 400
    assert orjson.loads(raw)["error"]["type"] == "invalid_request_error"
    assert "stop" in upstream.refusals[0]
    assert (await post(upstream, BODY, authorization="Bearer wrong"))[0] == 401
    assert (await post(upstream, BODY, authorization="", **{"api-key": "sk-upstream"}))[0] == 200
    upstream.models = frozenset({"gpt-5"})
    assert (await post(upstream, BODY))[0] == 404
    upstream.begin(lambda body: Failure(429, "slow down", "requests", "rate_limit_exceeded"))
    upstream.models = frozenset()
    assert (await post(upstream, BODY))[0] == 429


async def test_streams_and_cuts(upstream: OpenAIResponsesUpstream) -> None:
    upstream.begin(lambda body: Reply(text=("a", "b"), cut_after=4))
    _, raw = await post(upstream, {**BODY, "stream": True})
    assert b"response.completed" not in raw
    assert upstream.requests[0].outcome == "cut"


REPLIES = {
    "text": Reply(text=("Hel", "lo")),
    "calls": Reply(text=("Look:",), calls=CALLS, reasoning=("Hm", ", well.")),
    "interleaved": Reply(calls=CALLS, reasoning=("Hm",), interleaved=True),
    "search": Reply(text=("Found.",), search=Search("x", (("https://a.example/", "A"),)), reasoning=("Hm",)),
    "incomplete": Reply(text=("Half",), finish="max_output_tokens"),
    "filtered": Reply(text=("Half",), finish="content_filter"),
    "failed": Reply(text=("Half",), finish="failed"),
}
MANNERS = {
    "plain": Manner(),
    "late": Manner(late_arguments=True),
    "each": Manner(reasoning_before_each=True, phase="commentary"),
    "sealed": Manner(summaries=False),
}
SEARCHING: JsonObject = {**BODY, "tools": [{"type": "web_search"}]}


@pytest.mark.parametrize("manner", MANNERS.values(), ids=MANNERS)
@pytest.mark.parametrize("name", REPLIES)
def test_decoder_reads_every_manner_of_telling(name: str, manner: Manner) -> None:
    """Streamed and whole say the same (Rule 2), whatever the manner; nothing of the script is lost."""
    reply = REPLIES[name]
    streamed = decoded(b"".join(pieces(SEARCHING, reply, 1, manner)), streamed=True)
    at_once = decoded(orjson.dumps(whole(SEARCHING, reply, 1, manner)), streamed=False)
    if name == "failed":
        assert streamed.error_type == at_once.error_type == "api_error"
        return
    assert at_once == streamed
    assert streamed.text == "".join(reply.text)
    wanted = [(call.id, call.name, dict(call.arguments)) for call in reply.calls]
    assert streamed.tool_calls == wanted
    said = "".join(reply.reasoning) if manner.summaries else ""
    times = (bool(reply.text) + bool(reply.search) + len(reply.calls)) if manner.reasoning_before_each else 1
    assert streamed.reasoning == said * times
    endings = {"incomplete": "max_tokens", "filtered": "refusal"}
    assert streamed.stop_reason == endings.get(name, "tool_use" if reply.calls else "end_turn")
    assert (streamed.usage.input, streamed.usage.cache_read, streamed.usage.output) == (234, 1000, 56)


def decoded(body: bytes, *, streamed: bool) -> Outcome:
    decoder: Any = OPENAI_RESPONSES.decoder(ReplyContext(origin="acme", model="gpt-5.2"))
    events = decode_stream(decoder, body, 7) if streamed else decoder.whole(body)
    assert violations(events) == []
    return outcome(events)
