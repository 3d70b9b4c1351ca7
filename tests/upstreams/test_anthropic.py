"""The scripted Anthropic upstream: whole and streamed answers agree, foreign signatures are refused, bytes are kept."""

from collections.abc import Iterator
from typing import Any

import aiohttp
import orjson
import pytest

from ccrouter.model.json import JsonObject
from tests.upstreams.anthropic import AnthropicUpstream, pieces, whole
from tests.upstreams.anthropic_rules import sign
from tests.upstreams.replies import Call, Failure, Reply, text

HEADERS = {"anthropic-version": "2023-06-01", "x-api-key": "sk-ant"}
HI: JsonObject = {"role": "user", "content": "Hi"}
BODY: JsonObject = {"model": "claude", "max_tokens": 10, "messages": [HI]}


@pytest.fixture
def upstream() -> Iterator[AnthropicUpstream]:
    with AnthropicUpstream(api_key="sk-ant") as running:
        yield running


def thinking(signature: str) -> JsonObject:
    block: JsonObject = {"type": "thinking", "thinking": "hm", "signature": signature}
    return {**BODY, "messages": [HI, {"role": "assistant", "content": [block]}, HI]}


async def test_keeps_bytes_and_answers_by_script(upstream: AnthropicUpstream) -> None:
    upstream.begin(lambda body: text("Hello"))
    raw = b'{ "model":"claude", "max_tokens": 10,\n"messages": [{"role": "user", "content": "Hi"}] }'
    async with aiohttp.ClientSession() as session, session.post(upstream.endpoint, data=raw, headers=HEADERS) as answer:
        assert (await answer.json())["content"] == [{"type": "text", "text": "Hello"}]
        assert upstream.requests[0].sent == await answer.read()
    assert upstream.requests[0].raw == raw


async def test_refuses_foreign_signatures(upstream: AnthropicUpstream) -> None:
    async with aiohttp.ClientSession() as session:
        for signature, status in ((sign("hm"), 200), ("ccr.foreign", 400), ("", 400)):
            async with session.post(upstream.endpoint, json=thinking(signature), headers=HEADERS) as answer:
                assert answer.status == status
    assert len(upstream.refusals) == 2


async def test_scripted_failure_in_anthropic_shape(upstream: AnthropicUpstream) -> None:
    upstream.begin(lambda body: Failure(529, "Overloaded"))
    async with (
        aiohttp.ClientSession() as session,
        session.post(upstream.endpoint, json=BODY, headers=HEADERS) as answer,
    ):
        assert answer.status == 529
        assert (await answer.json())["error"]["type"] == "overloaded_error"


def test_streamed_and_whole_answers_agree() -> None:
    reply = Reply(reasoning=("a", "b"), text=("c", "dSTOP", "e"), calls=(Call("Bash", {"command": "ls"}),))
    body: JsonObject = {**BODY, "stop_sequences": ["STOP"]}
    events: list[Any] = [orjson.loads(raw.split(b"data: ")[1]) for raw in pieces(body, reply)]
    blocks: list[Any] = []
    for event in events:
        if event["type"] == "content_block_start":
            assert event["index"] == len(blocks)
            blocks.append({**event["content_block"], "json": ""})
        if event["type"] == "content_block_delta":
            delta = event["delta"]
            for kind, key in (("text_delta", "text"), ("thinking_delta", "thinking"), ("signature_delta", "signature")):
                if delta["type"] == kind:
                    blocks[-1][key] += delta[key]
            blocks[-1]["json"] += delta.get("partial_json", "")
    for block in blocks:
        streamed = block.pop("json")
        if block["type"] == "tool_use":
            block["input"] = orjson.loads(streamed)
    assert blocks == whole(body, reply)["content"]
    assert [block["type"] for block in blocks] == ["thinking", "text", "tool_use"]
    assert blocks[1]["text"] == "cd"
