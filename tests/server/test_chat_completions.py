"""OpenAI's own SDK as a chat client of the router, over real sockets, in front of every kind of upstream."""

from typing import Any

import openai
import orjson
import pytest

from tests.server.conftest import Router
from tests.server.openai_sdk import PIXEL, UPSTREAMS, City, asking, config_for, every_upstream, sdk
from tests.upstreams.replies import Call, Failure, Reply, Spent, text

HI: list[Any] = [{"role": "user", "content": "hi"}]
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@every_upstream
async def test_a_whole_answer(router: Router, kind: str) -> None:
    async with asking(router, kind, lambda body: text("Hello ", "wörld")) as (client, _):
        got = await client.chat.completions.create(model="gpt-whatever", messages=HI)
    assert got.object == "chat.completion"
    assert got.model == "gpt-whatever"
    assert got.id.startswith("chatcmpl-")
    assert got.choices[0].message.content == "Hello wörld"
    assert got.choices[0].finish_reason == "stop"
    assert got.usage is not None
    assert got.usage.prompt_tokens == 1234
    assert got.usage.completion_tokens == 56
    assert got.usage.total_tokens == 1290
    assert got.usage.prompt_tokens_details is not None
    assert got.usage.prompt_tokens_details.cached_tokens == 1000
    assert got._request_id is not None


@every_upstream
async def test_a_streamed_answer(router: Router, kind: str) -> None:
    asked: Any = {"model": "gpt-whatever", "messages": HI, "stream_options": {"include_usage": True}}
    async with (
        asking(router, kind, lambda body: text("Hello ", "wörld")) as (client, _),
        client.chat.completions.stream(**asked) as stream,
    ):
        pieces = [event.delta async for event in stream if event.type == "content.delta"]
        got = await stream.get_final_completion()
    assert "".join(pieces) == "Hello wörld"
    assert got.choices[0].message.content == "Hello wörld"
    assert got.choices[0].finish_reason == "stop"
    assert got.usage is not None
    assert (got.usage.prompt_tokens, got.usage.completion_tokens) == (1234, 56)


@pytest.mark.parametrize("streamed", [False, True])
@every_upstream
async def test_parallel_calls_and_their_answers(router: Router, kind: str, streamed: bool) -> None:
    """A loop of two turns: the second request is what the SDK's user would send."""
    calls = Reply(
        text=("Let me look.",),
        calls=(Call("get_weather", {"city": "Rome"}, "call_a"), Call("get_weather", {"city": "Oslo"}, "call_b")),
    )
    turns = [calls, text("Warm in Rome, cold in Oslo.")]
    messages: list[Any] = [{"role": "system", "content": "Be brief."}, *HI]
    got: Any = None
    async with asking(router, kind, lambda body: turns.pop(0)) as (client, upstream):
        for _ in range(2):
            asked: Any = {"model": "m", "messages": messages, "tools": [WEATHER]}
            if streamed:
                async with client.chat.completions.stream(**asked) as stream:
                    got = await stream.get_final_completion()
            else:
                got = await client.chat.completions.create(**asked)
            message = got.choices[0].message
            if got.choices[0].finish_reason != "tool_calls":
                break
            messages.append(message.model_dump(exclude_none=True))
            for made in message.tool_calls:
                city = orjson.loads(made.function.arguments)["city"]
                messages.append({"role": "tool", "tool_call_id": made.id, "content": f"weather of {city}"})
        assert len(upstream.requests) == 2
    assert got.choices[0].message.content == "Warm in Rome, cold in Oslo."
    sent = orjson.dumps(upstream.requests[1].body).decode()
    assert sent.index("weather of Rome") < sent.index("weather of Oslo")
    assert "Let me look." in sent


@every_upstream
async def test_structured_outputs(router: Router, kind: str) -> None:
    async with asking(router, kind, lambda body: text('{"name": "Rome", ', '"people": 3}')) as (client, upstream):
        got = await client.chat.completions.parse(model="m", messages=HI, response_format=City)
        async with client.chat.completions.stream(model="m", messages=HI, response_format=City) as stream:
            final = await stream.get_final_completion()
        assert all("people" in orjson.dumps(request.body).decode() for request in upstream.requests)
    assert got.choices[0].message.parsed == City(name="Rome", people=3)
    assert final.choices[0].message.parsed == City(name="Rome", people=3)


@every_upstream
async def test_an_image_goes_along(router: Router, kind: str) -> None:
    content: list[Any] = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": PIXEL}}]
    async with asking(router, kind, lambda body: text("A dot.")) as (client, upstream):
        got = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": content}])
        assert PIXEL.partition(",")[2] in orjson.dumps(upstream.requests[0].body).decode()
    assert got.choices[0].message.content == "A dot."


@pytest.mark.parametrize(
    ("status", "kind", "error"),
    [
        (400, "openai_chat", openai.BadRequestError),
        (401, "openai_chat", openai.InternalServerError),
        (404, "openai_chat", openai.NotFoundError),
        (429, "openai_chat", openai.RateLimitError),
        (500, "openai_chat", openai.InternalServerError),
        (529, "anthropic", openai.InternalServerError),
    ],
)
async def test_a_failure_is_the_error_that_the_sdk_has_for_it(
    router: Router, status: int, kind: str, error: type[openai.APIStatusError]
) -> None:
    with UPSTREAMS[kind](lambda body: Failure(status, "it says why")) as upstream:
        async with sdk(router, **config_for(kind, upstream)) as client:
            for stream in (False, True):
                with pytest.raises(error) as caught:
                    await client.chat.completions.create(model="m", messages=HI, stream=stream)
                assert "it says why" in caught.value.message
                assert caught.value.request_id is not None


async def test_a_stream_that_breaks_raises(router: Router) -> None:
    torn = Reply(text=("one ", "two ", "three"), cut_after=2)
    with UPSTREAMS["openai_chat"](lambda body: torn) as upstream:
        async with sdk(router, upstream.endpoint) as client:
            stream = await client.chat.completions.create(model="m", messages=HI, stream=True)
            assert (await anext(stream)).choices[0].delta.role == "assistant"
            assert (await anext(stream)).choices[0].delta.content == "one "
            with pytest.raises(openai.APIError, match=r"(broke off|ended|finish).*\(ccr explain --id req_"):
                [chunk async for chunk in stream]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"n": 2}, "'n'"),
        ({"functions": [{"name": "f"}]}, "'tools'"),
        ({"function_call": "auto"}, "'tool_choice'"),
        ({"modalities": ["text", "audio"]}, "Audio"),
        ({"messages": "hi"}, "'messages'"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "judge", "content": ""}]}, "messages[0].role"),
        ({"temperature": "hot"}, "'temperature'"),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"tool_choice": "sometimes", "tools": [WEATHER]}, "tool_choice"),
        ({"response_format": {"type": "xml"}}, "response_format"),
        ({"reasoning_effort": "gigantic"}, "reasoning_effort"),
    ],
)
async def test_what_is_not_served_is_refused_by_name(router: Router, body: dict[str, Any], words: str) -> None:
    with UPSTREAMS["openai_chat"](lambda body: text("never")) as upstream:
        async with router(upstream.endpoint) as client:
            reply = await client.post("/v1/chat/completions", json={"model": "m", "messages": HI, **body})
            error = (await reply.json())["error"]
        assert upstream.requests == []
    assert reply.status == 400
    assert error["type"] == "invalid_request_error"
    assert words in error["message"]


async def test_the_routers_own_key_is_a_bearer_token(router: Router) -> None:
    with UPSTREAMS["openai_chat"](lambda body: text("in")) as upstream:
        async with sdk(router, upstream.endpoint, api_key="secret") as client:
            with pytest.raises(openai.AuthenticationError) as caught:
                await client.chat.completions.create(model="m", messages=HI)
            got = await client.with_options(api_key="secret").chat.completions.create(model="m", messages=HI)
    assert "OPENAI_API_KEY" in caught.value.message
    assert got.choices[0].message.content == "in"


async def test_models_are_listed_and_lead_back(router: Router) -> None:
    with UPSTREAMS["openai_chat"](lambda body: text(str(body["model"]))) as upstream:
        async with sdk(router, upstream.endpoint) as client:
            listed = [model async for model in client.models.list()]
            one = await client.models.retrieve("mock,m-bg")
            got = await client.chat.completions.create(model=listed[1].id, messages=HI)
            with pytest.raises(openai.NotFoundError):
                await client.models.retrieve("mock,nothing")
    assert [model.id for model in listed] == ["mock,m-text", "mock,m-bg", "mock,m-think"]
    assert one.owned_by == "mock"
    assert got.choices[0].message.content == "m-bg"


async def test_scenarios_decide_for_these_clients_too(router: Router) -> None:
    with UPSTREAMS["openai_chat"](lambda body: text(str(body["model"]))) as upstream:
        async with sdk(router, upstream.endpoint) as client:
            reply = await client.chat.completions.with_raw_response.create(model="some-haiku", messages=HI)
    assert reply.headers["x-ccr-scenario"] == "background"
    assert reply.parse().choices[0].message.content == "m-bg"


async def test_reasoning_goes_out_and_comes_back(router: Router) -> None:
    """The second request gives back what the first answer said, and the upstream gets it in its own field."""
    turns = [
        Reply(reasoning=("I ", "think."), calls=(Call("get_weather", {"city": "Rome"}),), spent=Spent(reasoning=3)),
        text("Warm."),
    ]
    with UPSTREAMS["openai_chat"](lambda body: turns.pop(0)) as upstream:
        async with sdk(router, upstream.endpoint) as client:
            first = (await client.chat.completions.create(model="m", messages=HI, tools=[WEATHER])).choices[0].message
            said = first.model_dump(exclude_none=True)
            answer: Any = {"role": "tool", "tool_call_id": said["tool_calls"][0]["id"], "content": "warm"}
            await client.chat.completions.create(model="m", messages=[*HI, said, answer], tools=[WEATHER])  # pyright: ignore[reportArgumentType]
        back = upstream.requests[1].messages[1]
    assert said["reasoning_content"] == "I think."
    assert back["reasoning_content"] == "I think."
