"""Conversations over real sockets with a Responses upstream that refuses what OpenAI refuses."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import orjson
import pytest

from ccrouter.config.types import ProviderConfig
from ccrouter.model.json import JsonObject
from tests.server.conftest import Router
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.openai_responses import OpenAIResponsesUpstream
from tests.upstreams.openai_responses_reply import Manner
from tests.upstreams.replies import Call, Failure, Reply, Search, text

LONG = "mcp__plugin_a_very_long_plugin_name_indeed__and_a_server__its_tool_name"
SCHEMA = {"type": "object", "properties": {"x": {"type": "string"}}}
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}
BODY: dict[str, Any] = {
    "model": "claude-x",
    "max_tokens": 32000,
    "system": [
        {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1.328; cch=abcde;"},
        {"type": "text", "text": "You are Claude Code.", "cache_control": {"type": "ephemeral"}},
    ],
    "thinking": {"type": "adaptive"},
    "output_config": {"effort": "high"},
    "metadata": {"user_id": '{"device_id":"d","session_id":"0b5ea2b2-1111-2222-3333-444455556666"}'},
    "tools": [{"name": name, "description": name, "input_schema": SCHEMA} for name in ("Bash", "Read", LONG)],
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}]},
        {"role": "system", "content": [{"type": "text", "text": "Agents: none."}]},
    ],
}
CALLS = (
    Call("Bash", {"x": "ls"}, "call_a"),
    Call("Read", {"x": "/b"}, "call_b"),
    Call(LONG[:55], {"x": "1"}, "call_c"),
)


def provider(url: str, **more: Any) -> dict[str, Any]:
    quirks: dict[str, Any] = {
        "encrypted_reasoning": True,
        "efforts": ["none", "low", "medium", "high"],
        "sampling": False,
        **more,
    }
    return {"providers": (ProviderConfig("mock", url, ("sk-upstream",), ("gpt-5.2",), quirks=quirks),)}


def kept(message: dict[str, Any]) -> dict[str, Any]:
    """An answer as Claude Code keeps it in its history."""
    return {"role": "assistant", "content": message["content"]}


async def ask(client: Any, messages: list[Any], *, stream: Any = False, **more: Any) -> dict[str, Any]:
    """The answer to BODY with these messages; a stream put together as the client does."""
    reply = await client.post("/v1/messages?beta=true", json={**BODY, "messages": messages, "stream": stream, **more})
    raw = await reply.read()
    if not stream or reply.status != 200:
        return orjson.loads(raw)
    message: dict[str, Any] = {}
    partial = ""
    for event in [orjson.loads(line[6:]) for line in raw.splitlines() if line.startswith(b"data: ")]:
        match event["type"]:
            case "message_start":
                message = event["message"]
            case "content_block_start":
                message["content"].append(event["content_block"])
                partial = ""
            case "content_block_delta":
                block, delta = message["content"][-1], event["delta"]
                for name in ("text", "thinking"):
                    if name in delta:
                        block[name] += delta[name]
                block["signature"] = delta["signature"] if "signature" in delta else block.get("signature")
                partial += delta.get("partial_json", "")
            case "content_block_stop":
                block = message["content"][-1]
                if block.get("signature") is None:
                    block.pop("signature", None)
                if partial:
                    block["input"] = orjson.loads(partial)
            case "message_delta":
                message |= event["delta"]
            case _:
                pass
    return message


def results(message: dict[str, Any], *extra: Any) -> dict[str, Any]:
    """The user turn that answers a message's calls, in another order than theirs; the last one failed."""
    calls = [block for block in message["content"] if block["type"] == "tool_use"]
    content: list[Any] = [
        {"type": "tool_result", "tool_use_id": call["id"], "content": [{"type": "text", "text": "ok"}, IMAGE]}
        for call in calls[::-1]
    ]
    content[0] |= {"is_error": True, "content": "it failed"}
    return {"role": "user", "content": [*content, *extra]}


MANNERS = [Manner(), Manner(late_arguments=True), Manner(reasoning_before_each=True), Manner(summaries=False)]


def three_turns() -> Callable[[JsonObject], Reply | Failure]:
    turns = iter(
        [
            Reply(text=("Let me ", "look."), calls=CALLS, reasoning=("I must", " look."), interleaved=True),
            Reply(calls=(Call("Bash", {"x": "pwd"}, "call_a"),), reasoning=("Again.",)),
            Reply(text=("Done.",), reasoning=("Enough.",)),
        ]
    )
    return lambda body: next(turns)


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_conversation_with_tools(router: Router, manner: Manner, stream: bool) -> None:
    """Parallel calls, ids used twice, results out of order, images, a system message amid: nothing is refused, all
    reasoning comes back as it was, and each request extends the one before."""
    with OpenAIResponsesUpstream(three_turns(), manner=manner) as upstream:
        async with router(upstream.endpoint, **provider(upstream.endpoint)) as client:
            messages = list(BODY["messages"])
            for extra in ([], [IMAGE, {"type": "text", "text": "And?"}]):
                answer = await ask(client, messages, stream=stream)
                assert answer["stop_reason"] == "tool_use", answer
                messages += [kept(answer), results(answer, *extra)]
            last = await ask(client, messages, stream=stream)
        assert upstream.refusals == []
        assert last["content"][-1] == {"type": "text", "text": "Done."}
        assert last["content"][0]["thinking"] == ("Enough." if manner.summaries else "")
        items = [request.items for request in upstream.requests]
        for before, after in pairwise(items):
            assert after[: len(before)] == before
        final = upstream.requests[-1]
        each = 4 if manner.reasoning_before_each else 1
        assert [item["id"] for item in final.of_type("reasoning")] == [f"rs_1_{n}" for n in range(each)] + ["rs_2_0"]
        assert len({str(item["call_id"]) for item in final.of_type("function_call")}) == 4
        assert final.body["instructions"] == "You are Claude Code."
        assert final.body["reasoning"] == {"effort": "high", "summary": "auto"}
        assert "0b5ea2b2" not in final.raw.decode()
        assert len({str(request.body["prompt_cache_key"]) for request in upstream.requests}) == 1


async def test_long_names_come_back_as_the_client_knows_them(router: Router) -> None:
    def script(body: JsonObject) -> Reply:
        tools: Any = body["tools"]
        return Reply(calls=(Call(tools[2]["name"], {"x": "1"}, "call_1"),))

    with OpenAIResponsesUpstream(script) as upstream:
        async with router(upstream.endpoint, **provider(upstream.endpoint)) as client:
            answer = await ask(client, BODY["messages"], tool_choice={"type": "tool", "name": LONG})
            assert answer["content"][0]["name"] == LONG
            await ask(client, [*BODY["messages"], kept(answer), results(answer)])
        assert upstream.refusals == []
        assert upstream.requests[0].body["tool_choice"] == {
            "type": "function",
            "name": upstream.requests[0].tool_names[2],
        }


async def test_refused_reasoning_is_left_out_once(router: Router) -> None:
    """The key belongs to another organisation now: nothing that was sealed before can be opened."""
    with OpenAIResponsesUpstream(three_turns()) as upstream:
        async with router(upstream.endpoint, **provider(upstream.endpoint)) as client:
            answer = await ask(client, BODY["messages"])
            messages = [*BODY["messages"], kept(answer), results(answer)]

            def forgetful(body: JsonObject) -> Reply | Failure:
                if any(item["type"] == "reasoning" for item in body["input"]):  # type: ignore[union-attr,index,call-overload]
                    message = "The encrypted content for item rs_1_0 could not be verified."
                    return Failure(400, message, "invalid_request_error", "invalid_encrypted_content")
                return text("Here.")

            upstream.script = forgetful
            second = await ask(client, messages, stream=True)
            assert second["content"] == [{"type": "text", "text": "Here."}]
            assert [bool(request.of_type("reasoning")) for request in upstream.requests] == [False, True, False]
            upstream.script = lambda body: Failure(
                400, "Encrypted content could not be verified", "invalid_request_error"
            )
            third = await ask(client, messages)
        assert third["error"]["message"].startswith("Encrypted content could not be verified (ccr explain --id req_")
        assert len(upstream.requests) == 5


async def test_summaries_are_not_for_everybody(router: Router) -> None:
    """Organisations that are not verified get no summaries: 400 to whoever asks for one."""

    def unverified(body: JsonObject) -> Reply | Failure:
        reasoning: Any = body["reasoning"]
        if "summary" in reasoning:
            message = "Your organization must be verified to generate reasoning summaries. Please go to the settings."
            return Failure(400, message, "invalid_request_error", "unsupported_value")
        return Reply(text=("Here.",), reasoning=("hidden",))

    with OpenAIResponsesUpstream(unverified, manner=Manner(summaries=False)) as upstream:
        async with router(upstream.endpoint, **provider(upstream.endpoint)) as client:
            answer = await ask(client, BODY["messages"])
            omitted = await ask(client, BODY["messages"], thinking={"type": "adaptive", "display": "omitted"})
    assert [block["type"] for block in answer["content"]] == ["thinking", "text"]
    assert answer["content"][0]["thinking"] == ""
    assert [request.body["reasoning"] for request in upstream.requests] == [
        {"effort": "high", "summary": "auto"},
        {"effort": "high"},
        {"effort": "high"},
    ]
    assert omitted["content"][1] == {"type": "text", "text": "Here."}


async def test_probe_title_and_classifier(router: Router) -> None:
    schema = {"type": "object", "properties": {"title": {"type": "string"}}, "additionalProperties": False}
    efforts = {"efforts": ["low", "medium", "high"], "json_schema": True}
    with OpenAIResponsesUpstream(lambda body: text("<severity>low</severity> and more")) as upstream:
        async with router(upstream.endpoint, **provider(upstream.endpoint, **efforts)) as client:
            plain = {"tools": [], "system": None, "thinking": None, "output_config": None}
            probe = await ask(client, [{"role": "user", "content": "Hi"}], max_tokens=1, **plain)
            assert probe["type"] == "message", probe
            title = {"format": {"type": "json_schema", "schema": schema}}
            await ask(client, [{"role": "user", "content": "x"}], **{**plain, "output_config": title})
            verdict = await ask(
                client,
                [{"role": "user", "content": "x"}],
                **{**plain, "max_tokens": 64, "stop_sequences": ["</severity>"], "thinking": {"type": "disabled"}},
            )
        assert upstream.refusals == []
        bodies = [request.body for request in upstream.requests]
        assert bodies[0]["max_output_tokens"] == 16
        assert "tools" not in bodies[0]
        assert bodies[1]["text"] == {"format": {"type": "json_schema", "name": "answer", "schema": schema}}
        assert bodies[2]["reasoning"] == {"effort": "low", "summary": "auto"}
        assert bodies[2]["max_output_tokens"] == 64 + 2048
        assert verdict["content"] == [{"type": "text", "text": "<severity>low"}]
        assert (verdict["stop_reason"], verdict["stop_sequence"]) == ("stop_sequence", "</severity>")


async def test_web_search_is_the_providers_own(router: Router) -> None:
    search = Search("weather in Rome", (("https://a.example/?utm_source=openai", "A"), ("https://b.example/", "B")))
    with OpenAIResponsesUpstream(lambda body: Reply(text=("Sunny.",), search=search, reasoning=("Hm",))) as upstream:
        facts = {"native_web_search": True, "search_sources": True}
        async with router(upstream.endpoint, **provider(upstream.endpoint, **facts)) as client:
            tool = {"type": "web_search_20250305", "name": "web_search", "max_uses": 8}
            messages = [{"role": "user", "content": "Perform a web search for the query: weather in Rome"}]
            whole = await ask(client, messages, tools=[tool])
            streamed = await ask(client, messages, stream=True, tools=[tool])
        assert upstream.refusals == []
    for answer in (whole, streamed):
        use = next(block for block in answer["content"] if block["type"] == "server_tool_use")
        result = next(block for block in answer["content"] if block["type"] == "web_search_tool_result")
        assert use["input"] == {"query": "weather in Rome"}
        assert result["tool_use_id"] == use["id"]
        assert [(link["title"], link["url"]) for link in result["content"]] == [
            ("A", "https://a.example/?utm_source=openai"),
            ("B", "https://b.example/"),
        ]
        assert answer["stop_reason"] == "end_turn"
    assert whole["usage"]["server_tool_use"] == {"web_search_requests": 1}
    assert len(next(block for block in whole["content"] if block["type"] == "text")["citations"]) == 2


async def test_a_model_switched_in_from_chat_and_back(router: Router) -> None:
    """Reasoning of the one is nothing for the other; calls and results go on."""
    with OpenAIResponsesUpstream(three_turns()) as responses, OpenAIChatUpstream() as chat:
        chat.begin(lambda body: Reply(reasoning=("Chat thinks.",), calls=(Call("Bash", {"x": "1"}, "call_a"),)))
        providers = (
            ProviderConfig(
                "mock", responses.endpoint, ("sk-upstream",), ("gpt-5.2",), quirks={"encrypted_reasoning": True}
            ),
            ProviderConfig("chat", chat.endpoint, ("sk-upstream",), ("m",)),
        )
        async with router(responses.endpoint, providers=providers) as client:
            messages = list(BODY["messages"])
            for model in ("chat,m", "mock,gpt-5.2", "chat,m", "mock,gpt-5.2"):
                answer = await ask(client, messages, model=model, max_tokens=8000)
                assert answer.get("stop_reason") == "tool_use", answer
                messages += [kept(answer), results(answer)]
        assert responses.refusals == []
        assert chat.refusals == []
        assert [item["id"] for item in responses.requests[-1].of_type("reasoning")] == ["rs_1_0"]
        assert "I must look." not in chat.requests[-1].raw.decode()
        assert "Chat thinks." not in responses.requests[-1].raw.decode()


async def test_cut_and_failed_streams_are_failures(router: Router) -> None:
    with OpenAIResponsesUpstream(lambda body: Reply(text=("a",) * 10, cut_after=6)) as upstream:
        async with router(upstream.endpoint, **provider(upstream.endpoint)) as client:
            answer = await client.post("/v1/messages", json={**BODY, "stream": True})
            raw = await answer.read()
            assert b"event: error" in raw
            assert b"message_stop" not in raw
            upstream.begin(lambda body: Reply(finish="failed"))
            answer = await client.post("/v1/messages", json={**BODY, "stream": True})
            assert answer.status == 500
            assert "The server had an error" in (await answer.json())["error"]["message"]
