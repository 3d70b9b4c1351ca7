"""The scripted upstream over real sockets: refusals, scripts, streams, recordings."""

from collections.abc import Iterator
from typing import Any

import aiohttp
import orjson
import pytest

from ccrouter.model.json import JsonObject
from tests.upstreams.openai_chat import OpenAIChatUpstream, pieces, whole
from tests.upstreams.replies import Call, Failure, Reply, Spent, stopped, text

KEY = {"authorization": "Bearer sk-upstream"}
BODY: JsonObject = {"model": "m", "max_tokens": 10, "messages": [{"role": "user", "content": "Hi"}]}
STREAMED: JsonObject = {**BODY, "stream": True, "stream_options": {"include_usage": True}}


@pytest.fixture
def upstream() -> Iterator[OpenAIChatUpstream]:
    with OpenAIChatUpstream() as running:
        yield running


def data(raw: bytes) -> list[Any]:
    lines = [line.removeprefix(b"data: ") for line in raw.split(b"\n\n") if line]
    assert lines.pop() == b"[DONE]"
    return [orjson.loads(line) for line in lines]


async def test_answers_by_script_and_records(upstream: OpenAIChatUpstream) -> None:
    upstream.begin(lambda body: text("Hello"))
    async with aiohttp.ClientSession() as session, session.post(upstream.endpoint, json=BODY, headers=KEY) as answer:
        assert answer.status == 200
        message = (await answer.json())["choices"][0]["message"]
    assert message["content"] == "Hello"
    assert upstream.requests[0].body == BODY
    assert upstream.requests[0].headers["authorization"] == "Bearer sk-upstream"
    assert upstream.requests[0].outcome == "answered"
    assert not upstream.refusals


async def test_refuses_in_openai_shape(upstream: OpenAIChatUpstream) -> None:
    wrong = {**BODY, "thinking": {"type": "enabled"}}
    async with aiohttp.ClientSession() as session, session.post(upstream.endpoint, json=wrong, headers=KEY) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"]["type"] == "invalid_request_error"
    assert "thinking" in upstream.refusals[0]


async def test_wrong_key_path_and_json(upstream: OpenAIChatUpstream) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.post(upstream.endpoint, json=BODY) as answer:
            assert answer.status == 401
        async with session.post(f"{upstream.url}/chat/completions", json=BODY, headers=KEY) as answer:
            assert answer.status == 404
        surrogate = b'{"model": "m", "messages": [{"role": "user", "content": "\\ud800"}], "max_tokens": 1}'
        typed = {**KEY, "content-type": "application/json"}
        async with session.post(upstream.endpoint, data=surrogate, headers=typed) as answer:
            assert answer.status == 400


async def test_scripted_failure(upstream: OpenAIChatUpstream) -> None:
    upstream.begin(lambda body: Failure(429, "slow down", "rate_limit_error", headers={"retry-after": "7"}))
    async with aiohttp.ClientSession() as session, session.post(upstream.endpoint, json=BODY, headers=KEY) as answer:
        assert answer.status == 429
        assert answer.headers["retry-after"] == "7"


async def test_cut_streams(upstream: OpenAIChatUpstream) -> None:
    async with aiohttp.ClientSession() as session:
        upstream.begin(lambda body: Reply(text=("a", "b"), cut_after=2))
        async with session.post(upstream.endpoint, json=STREAMED, headers=KEY) as answer:
            raw = await answer.read()
        assert raw.count(b"data:") == 2
        assert b"[DONE]" not in raw
        upstream.begin(lambda body: Reply(text=("a", "b"), cut_after=2, cut="abort"))
        with pytest.raises(aiohttp.ClientError):
            async with session.post(upstream.endpoint, json=STREAMED, headers=KEY) as answer:
                await answer.read()
    assert upstream.requests[-1].outcome == "cut"


def test_interleaved_calls_take_turns() -> None:
    calls = (Call("Bash", {"command": "echo one"}, "a"), Call("Bash", {"command": "echo two"}, "b"))
    chunks = data(b"".join(pieces(STREAMED, Reply(calls=calls, interleaved=True))))
    deltas = [chunk["choices"][0]["delta"]["tool_calls"][0] for chunk in chunks[1:-2]]
    assert [delta["index"] for delta in deltas] == [0, 1] * (len(deltas) // 2)
    joined = {0: "", 1: ""}
    for delta in deltas:
        joined[delta["index"]] += delta["function"]["arguments"]
    assert orjson.loads(joined[1]) == {"command": "echo two"}


def test_usage_comes_after_the_finish_and_only_when_asked_for() -> None:
    reply = Reply(text=("x",), spent=Spent(prompt=7, completion=3, cached=2))
    last = data(b"".join(pieces(STREAMED, reply)))[-1]
    assert last["choices"] == []
    assert last["usage"]["prompt_tokens"] == 7
    assert all("usage" not in chunk for chunk in data(b"".join(pieces({**BODY, "stream": True}, reply))))
    assert whole(BODY, reply)["usage"] == last["usage"]


@pytest.mark.parametrize(
    ("given", "stops", "kept", "stop"),
    [
        (("abc", "def"), ("cd",), ("ab",), "cd"),
        (("abc", "def"), ("def",), ("abc",), "def"),
        (("abc", "def"), ("x",), ("abc", "def"), None),
        (("ab", "cd"), ("d", "b"), ("a",), "b"),
    ],
)
def test_stop_sequences(given: tuple[str, ...], stops: tuple[str, ...], kept: tuple[str, ...], stop: str) -> None:
    assert stopped(given, stops) == (kept, stop)
