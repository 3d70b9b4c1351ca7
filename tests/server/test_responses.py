"""OpenAI's own SDK as a Responses client of the router, over real sockets, in front of every kind of upstream."""

from typing import Any

import openai
import orjson
import pytest

from ccrouter.config.types import ProviderConfig, RouterConfig, Target
from tests.server.conftest import Router
from tests.server.openai_sdk import PIXEL, UPSTREAMS, City, asking, config_for, every_upstream, sdk
from tests.upstreams.anthropic import AnthropicUpstream
from tests.upstreams.openai_responses import OpenAIResponsesUpstream
from tests.upstreams.replies import Call, Failure, Reply, text

WEATHER: Any = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    "strict": False,
}


@every_upstream
async def test_a_whole_answer(router: Router, kind: str) -> None:
    async with asking(router, kind, lambda body: text("Hello ", "wörld")) as (client, _):
        got = await client.responses.create(model="gpt-whatever", instructions="Be brief.", input="hi")
    assert (got.object, got.status, got.model) == ("response", "completed", "gpt-whatever")
    assert got.id.startswith("resp_")
    assert got.output_text == "Hello wörld"
    assert got.instructions == "Be brief."
    assert got.usage is not None
    assert (got.usage.input_tokens, got.usage.input_tokens_details.cached_tokens) == (1234, 1000)
    assert (got.usage.output_tokens, got.usage.total_tokens) == (56, 1290)


@every_upstream
async def test_a_streamed_answer(router: Router, kind: str) -> None:
    async with (
        asking(router, kind, lambda body: text("Hello ", "wörld")) as (client, _),
        client.responses.stream(model="gpt-whatever", input="hi") as stream,
    ):
        events = [event async for event in stream]
        got = await stream.get_final_response()
    assert got.output_text == "Hello wörld"
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert [event.type for event in events if "delta" not in event.type] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert "".join([event.delta for event in events if event.type == "response.output_text.delta"]) == "Hello wörld"


@pytest.mark.parametrize("streamed", [False, True])
@every_upstream
async def test_parallel_calls_and_their_answers(router: Router, kind: str, streamed: bool) -> None:
    """A loop of two turns: the second request's input is the first one's, its output, and what the tools said."""
    calls = Reply(
        text=("Let me look.",),
        calls=(Call("get_weather", {"city": "Rome"}, "call_a"), Call("get_weather", {"city": "Oslo"}, "call_b")),
    )
    turns = [calls, text("Warm in Rome, cold in Oslo.")]
    given: list[Any] = [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "hi"}]
    got: Any = None
    async with asking(router, kind, lambda body: turns.pop(0)) as (client, upstream):
        for _ in range(2):
            asked: Any = {"model": "m", "input": given, "tools": [WEATHER], "store": False}
            if streamed:
                async with client.responses.stream(**asked) as stream:
                    got = await stream.get_final_response()
            else:
                got = await client.responses.create(**asked)
            given += [item.model_dump(exclude_none=True, exclude={"parsed_arguments"}) for item in got.output]
            for made in [item for item in got.output if item.type == "function_call"]:
                city = orjson.loads(made.arguments)["city"]
                given.append({"type": "function_call_output", "call_id": made.call_id, "output": f"weather of {city}"})
        assert len(upstream.requests) == 2
    assert got.output_text == "Warm in Rome, cold in Oslo."
    sent = orjson.dumps(upstream.requests[1].body).decode()
    assert sent.index("weather of Rome") < sent.index("weather of Oslo")
    assert "Let me look." in sent


@every_upstream
async def test_structured_outputs(router: Router, kind: str) -> None:
    async with asking(router, kind, lambda body: text('{"name": "Rome", ', '"people": 3}')) as (client, upstream):
        got = await client.responses.parse(model="m", input="hi", text_format=City)
        async with client.responses.stream(model="m", input="hi", text_format=City) as stream:
            final = await stream.get_final_response()
        assert all("people" in orjson.dumps(request.body).decode() for request in upstream.requests)
    assert got.output_parsed == final.output_parsed == City(name="Rome", people=3)


@every_upstream
async def test_an_image_goes_along(router: Router, kind: str) -> None:
    content = [{"type": "input_text", "text": "What is it?"}, {"type": "input_image", "image_url": PIXEL}]
    async with asking(router, kind, lambda body: text("A dot.")) as (client, upstream):
        got = await client.responses.create(model="m", input=[{"role": "user", "content": content}])  # pyright: ignore[reportArgumentType]
        assert PIXEL.partition(",")[2] in orjson.dumps(upstream.requests[0].body).decode()
    assert got.output_text == "A dot."


@pytest.mark.parametrize("streamed", [False, True])
async def test_reasoning_of_an_anthropic_upstream_comes_back_signed(router: Router, streamed: bool) -> None:
    """The upstream checks the signature that it gave out."""
    turns = [Reply(reasoning=("I ", "think."), calls=(Call("get_weather", {"city": "Rome"}, "call_a"),)), text("Warm.")]
    with AnthropicUpstream(lambda body: turns.pop(0)) as upstream:
        async with sdk(router, **config_for("anthropic", upstream)) as client:
            asked: Any = {"model": "m", "tools": [WEATHER], "reasoning": {"effort": "high"}}
            given: list[Any] = [{"role": "user", "content": "hi"}]
            if streamed:
                async with client.responses.stream(input=given, **asked) as stream:
                    got: Any = await stream.get_final_response()
            else:
                got = await client.responses.create(input=given, **asked)
            given += [item.model_dump(exclude_none=True, exclude={"parsed_arguments"}) for item in got.output]
            given.append({"type": "function_call_output", "call_id": got.output[1].call_id, "output": "warm"})
            await client.responses.create(input=given, **asked)
        assert upstream.refusals == []
        back: Any = upstream.requests[1].body["messages"]
    assert [item.type for item in got.output] == ["reasoning", "function_call"]
    assert got.output[0].summary[0].text == "I think."
    assert back[1]["content"][0]["thinking"] == "I think."
    assert back[1]["content"][0]["signature"]


async def test_reasoning_of_a_responses_upstream_comes_back_whole(router: Router) -> None:
    turns = [Reply(reasoning=("I ", "think."), calls=(Call("get_weather", {"city": "Rome"}, "call_a"),)), text("Warm.")]
    with OpenAIResponsesUpstream(lambda body: turns.pop(0)) as upstream:
        quirks: Any = {"encrypted_reasoning": True, "efforts": ["low", "high"], "sampling": False}
        provider = ProviderConfig("mock", upstream.endpoint, ("sk-upstream",), ("gpt-5.2",), quirks=quirks)
        async with sdk(router, providers=(provider,), router=RouterConfig(Target("mock", "gpt-5.2"))) as client:
            asked: Any = {"model": "m", "tools": [WEATHER], "reasoning": {"effort": "high"}}
            given: list[Any] = [{"role": "user", "content": "hi"}]
            got = await client.responses.create(input=given, **asked)
            given += [item.model_dump(exclude_none=True) for item in got.output]
            given.append({"type": "function_call_output", "call_id": "call_a", "output": "warm"})
            await client.responses.create(input=given, **asked)
        assert upstream.refusals == []
        items: Any = upstream.requests[1].body["input"]
    assert [item["type"] for item in items if item["type"] != "message"] == [
        "reasoning",
        "function_call",
        "function_call_output",
    ]


@pytest.mark.parametrize("streamed", [False, True])
async def test_custom_tools_and_namespaces(router: Router, streamed: bool) -> None:
    """A custom tool is called with text, a tool in a namespace by both its names; both calls come back as they were."""
    patch: Any = {
        "type": "custom",
        "name": "apply_patch",
        "description": "Edit files.",
        "format": {"type": "grammar", "syntax": "lark", "definition": "start: begin"},
    }
    space: Any = {
        "type": "namespace",
        "name": "agents",
        "description": "Agents.",
        "tools": [{**WEATHER, "name": "spawn"}],
    }
    turns = [
        Reply(
            calls=(
                Call("apply_patch", {"input": "*** Begin"}, "call_a"),
                Call("agents__spawn", {"city": "x"}, "call_b"),
            )
        ),
        text("Done."),
    ]
    async with asking(router, "openai_chat", lambda body: turns.pop(0)) as (client, upstream):
        asked: Any = {"model": "m", "tools": [patch, space], "input": [{"role": "user", "content": "hi"}]}
        if streamed:
            async with client.responses.stream(**asked) as stream:
                got: Any = await stream.get_final_response()
        else:
            got = await client.responses.create(**asked)
        custom, spawn = got.output
        more = [
            *[item.model_dump(exclude_none=True, exclude={"parsed_arguments"}) for item in got.output],
            {"type": "custom_tool_call_output", "call_id": "call_a", "output": "patched"},
            {"type": "function_call_output", "call_id": "call_b", "output": "spawned"},
        ]
        asked = {**asked, "input": [*asked["input"], *more]}
        await client.responses.create(**asked)
        offered = orjson.dumps(upstream.requests[0].body["tools"]).decode()
        messages: Any = upstream.requests[1].body["messages"]
    assert (custom.type, custom.name, custom.input) == ("custom_tool_call", "apply_patch", "*** Begin")
    assert (spawn.type, spawn.name, spawn.namespace) == ("function_call", "spawn", "agents")
    assert "start: begin" in offered
    assert [call["function"]["name"] for call in messages[1]["tool_calls"]] == ["apply_patch", "agents__spawn"]
    assert orjson.loads(messages[1]["tool_calls"][0]["function"]["arguments"]) == {"input": "*** Begin"}
    assert [message["content"] for message in messages[2:]] == ["patched", "spawned"]


@pytest.mark.parametrize(
    ("search", "others", "model"),
    [
        ({"type": "web_search"}, [WEATHER], "m-text"),
        ({"type": "web_search"}, [], "m-search"),
        ({"type": "web_search", "external_web_access": False}, [], "m-text"),
    ],
    ids=["among others", "alone", "of OpenAI's cache only"],
)
async def test_a_search_that_is_always_on_offer_is_no_search(
    router: Router, search: Any, others: list[Any], model: str
) -> None:
    """Codex offers a web search with everything: its sessions stay with Router.default."""
    with UPSTREAMS["openai_chat"](lambda body: text(str(body["model"]))) as upstream:
        provider = ProviderConfig("mock", upstream.endpoint, ("sk-upstream",), ("m-text", "m-search"))
        routes = RouterConfig(Target("mock", "m-text"), web_search=Target("mock", "m-search"))
        async with sdk(router, providers=(provider,), router=routes) as client:
            got = await client.responses.create(model="m", input="hi", tools=[*others, search])
    assert got.output_text == model


async def test_an_answer_cut_by_the_limit_is_incomplete(router: Router) -> None:
    async with asking(router, "openai_chat", lambda body: Reply(text=("Hel",), finish="length")) as (client, _):
        whole = await client.responses.create(model="m", input="hi", max_output_tokens=16)
        stream = await client.responses.create(model="m", input="hi", max_output_tokens=16, stream=True)
        events = [event async for event in stream]
    assert whole.status == "incomplete"
    assert whole.incomplete_details is not None
    assert whole.incomplete_details.reason == "max_output_tokens"
    assert events[-1].type == "response.incomplete"
    assert events[-1].response.output_text == "Hel"


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, openai.BadRequestError), (429, openai.RateLimitError), (500, openai.InternalServerError)],
)
async def test_a_failure_is_the_error_that_the_sdk_has_for_it(
    router: Router, status: int, error: type[openai.APIStatusError]
) -> None:
    with UPSTREAMS["openai_chat"](lambda body: Failure(status, "it says why")) as upstream:
        async with sdk(router, upstream.endpoint) as client:
            for stream in (False, True):
                with pytest.raises(error, match="it says why"):
                    await client.responses.create(model="m", input="hi", stream=stream)


async def test_a_stream_that_breaks_raises(router: Router) -> None:
    torn = Reply(text=("one ", "two ", "three"), cut_after=2)
    with UPSTREAMS["openai_chat"](lambda body: torn) as upstream:
        async with sdk(router, upstream.endpoint) as client:
            stream = await client.responses.create(model="m", input="hi", stream=True)
            with pytest.raises(openai.APIError, match=r"(broke off|ended|finish).*\(ccr explain --id req_"):
                [event async for event in stream]


async def test_a_stream_that_breaks_tells_codex_too(router: Router) -> None:
    torn = Reply(text=("one ", "two ", "three"), cut_after=2)
    with UPSTREAMS["openai_chat"](lambda body: torn) as upstream:
        async with router(upstream.endpoint) as client:
            reply = await client.post("/v1/responses", json={"model": "m", "input": "hi", "stream": True})
            frames = [
                orjson.loads(line[6:]) for line in (await reply.read()).splitlines() if line.startswith(b"data: ")
            ]
    assert [frame["type"] for frame in frames[-2:]] == ["error", "response.failed"]
    assert [frame["sequence_number"] for frame in frames] == list(range(len(frames)))
    assert frames[-1]["response"]["error"]["message"] == frames[-2]["message"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"previous_response_id": "resp_1"}, "whole conversation"),
        ({"conversation": "conv_1"}, "whole conversation"),
        ({"background": True}, "'background'"),
        ({"prompt": {"id": "p"}}, "'instructions'"),
        ({"input": None}, "'input'"),
        ({"input": [{"type": "item_reference", "id": "x"}]}, "stores nothing"),
        ({"input": [{"role": "judge", "content": "x"}]}, "input[0].role"),
        ({"input": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "input[0].content[0].type"),
        ({"input": [{"role": "developer", "content": "x"}]}, "beside instructions"),
        ({"input": [{"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}]}, "file_id"),
        ({"tools": [{"type": "function"}]}, "tools[0].name"),
        ({"text": {"format": {"type": "xml"}}}, "text.format"),
    ],
)
async def test_what_is_not_served_is_refused_by_name(router: Router, body: dict[str, Any], words: str) -> None:
    with UPSTREAMS["openai_chat"](lambda body: text("never")) as upstream:
        async with router(upstream.endpoint) as client:
            reply = await client.post("/v1/responses", json={"model": "m", "input": "hi", **body})
            error = (await reply.json())["error"]
        assert upstream.requests == []
    assert reply.status == 400
    assert words in error["message"]
