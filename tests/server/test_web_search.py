"""Web search served by the router: real sockets, a strict upstream that knows nothing of it, a loopback engine."""

import re
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from ccrouter.config.types import ModelPrices, ProviderConfig, RouterConfig, SearchConfig, Target
from ccrouter.dialects.anthropic.events import AnthropicDecoder
from ccrouter.dialects.base import ReplyContext
from ccrouter.model.grammar import violations
from ccrouter.model.json import JsonObject
from ccrouter.sse import FrameSplitter
from tests.server.conftest import Router
from tests.upstreams.anthropic import AnthropicUpstream
from tests.upstreams.openai_chat import OpenAIChatUpstream, Recorded
from tests.upstreams.replies import Call, Failure, Reply, call, text
from tests.upstreams.search import SearchEngines

SEARCH = {"type": "web_search_20250305", "name": "web_search", "max_uses": 8}
BASH = {"name": "Bash", "input_schema": {"type": "object", "properties": {"command": {"type": "string"}}}}
LINKS = ["https://foxes.example/diet", "https://www.wildlife.example/red-fox", "https://spam.example/buy"]

Script = Callable[[JsonObject], Reply | Failure]


def helper(query: str = "what do foxes eat") -> dict[str, Any]:
    """The request that Claude Code's WebSearch makes."""
    content = [{"type": "text", "text": f"Perform a web search for the query: {query}"}]
    return {
        "model": "claude-x",
        "max_tokens": 500,
        "system": [{"type": "text", "text": "You are an assistant for performing a web search tool use"}],
        "messages": [{"role": "user", "content": content}],
        "tools": [SEARCH],
        "tool_choice": {"type": "auto"},
    }


def agent(**changes: Any) -> dict[str, Any]:
    """A request of another client: the model is to decide whether to search."""
    messages = [{"role": "user", "content": "Feed my fox"}]
    return {"model": "claude-x", "max_tokens": 500, "messages": messages, "tools": [BASH, SEARCH], **changes}


def searxng(engines: SearchEngines) -> SearchConfig:
    return SearchConfig("searxng", f"{engines.url}/searxng", None, 5)


def in_turn(*replies: Reply | Failure) -> Script:
    waiting = list(replies)
    return lambda body: waiting.pop(0) if len(waiting) > 1 else waiting[0]


async def ask(
    router: Router, upstream: OpenAIChatUpstream, body: dict[str, Any], *, stream: bool, **config: Any
) -> dict[str, Any]:
    """The answer as a whole message, however it came; the grammar and the indexes of a streamed one are checked."""
    async with router(upstream.endpoint, **config) as client:
        reply = await client.post("/v1/messages", json={**body, "stream": stream})
        raw = await reply.read()
    assert reply.status == 200, raw
    return collected(raw) if stream else orjson.loads(raw)


def collected(raw: bytes) -> dict[str, Any]:
    splitter, decoder = FrameSplitter(), AnthropicDecoder(ReplyContext("x", "x"))
    events = [event for frame in (*splitter.feed(raw), *splitter.flush()) for event in decoder.frame(frame)]
    assert violations(events) == []
    message: dict[str, Any] = {}
    parts: list[str] = []
    for line in raw.splitlines():
        if not line.startswith(b"data: "):
            continue
        data = orjson.loads(line[6:])
        match data["type"]:
            case "message_start":
                message = data["message"]
            case "content_block_start":
                assert data["index"] == len(message["content"])
                message["content"].append(data["content_block"])
                parts = []
            case "content_block_delta":
                delta = data["delta"]
                if delta["type"] == "signature_delta":
                    message["content"][-1]["signature"] = delta["signature"]
                else:
                    parts.append(next(delta[name] for name in ("text", "partial_json", "thinking") if name in delta))
            case "content_block_stop":
                block = message["content"][-1]
                if block["type"] in ("text", "thinking"):
                    block[block["type"]] = "".join(parts)
                elif parts:
                    block["input"] = orjson.loads("".join(parts))
            case "message_delta":
                message |= data["delta"]
                message["usage"] = data["usage"]
            case _:
                pass
    return message


def plain(message: dict[str, Any]) -> dict[str, Any]:
    """A message without what is its own in every request."""
    return orjson.loads(re.sub(rb"(srvtoolu|msg)_[0-9a-f]+", rb"\1_x", orjson.dumps(message)))


def kinds(message: dict[str, Any]) -> list[str]:
    return [block["type"] for block in message["content"]]


def links(message: dict[str, Any]) -> list[str]:
    return [
        result["url"]
        for block in message["content"]
        if block["type"] == "web_search_tool_result" and isinstance(block["content"], list)
        for result in block["content"]
    ]


def errors(message: dict[str, Any]) -> list[str]:
    return [
        block["content"]["error_code"]
        for block in message["content"]
        if block["type"] == "web_search_tool_result" and isinstance(block["content"], dict)
    ]


def tool_messages(request: Recorded) -> list[str]:
    return [str(message["content"]) for message in request.messages if message["role"] == "tool"]


@pytest.fixture(params=[True, False], ids=["stream", "whole"])
def stream(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


async def test_the_helper_gets_links_from_a_model_that_only_talks(router: Router, stream: bool) -> None:
    with OpenAIChatUpstream(lambda body: text("They eat ", "berries.")) as upstream, SearchEngines() as engines:
        message = await ask(router, upstream, helper(), stream=stream, search=searxng(engines))
    assert engines.queries == ["what do foxes eat"]
    assert kinds(message) == ["server_tool_use", "web_search_tool_result", "text"]
    use, result, words = message["content"]
    assert use["id"].startswith("srvtoolu_")
    assert (use["name"], use["input"]) == ("web_search", {"query": "what do foxes eat"})
    assert result["tool_use_id"] == use["id"]
    assert [(item["type"], item["url"]) for item in result["content"]] == [("web_search_result", url) for url in LINKS]
    assert result["content"][0]["title"] == "What foxes eat"
    assert result["content"][0]["page_age"] == "2026-01-02T00:00:00"
    assert result["content"][0]["encrypted_content"]
    assert words["text"] == "They eat berries."
    assert message["stop_reason"] == "end_turn"
    assert message["usage"]["server_tool_use"] == {"web_search_requests": 1}
    assert message["usage"]["output_tokens"] == 56
    # The model was told what was found, and needs no tools for it: some have none.
    [asked] = upstream.requests
    assert "tools" not in asked.body
    assert "tool_choice" not in asked.body
    assert "https://foxes.example/diet" in asked.text
    assert "Foxes eat berries & mice." in asked.text
    assert not upstream.refusals


async def test_streamed_and_whole_are_the_same_message(router: Router) -> None:
    for body, script in [
        (helper(), in_turn(text("They eat ", "berries."))),
        (
            agent(),
            lambda body: (
                text("Berries.")
                if "tool_calls" in str(body["messages"])
                else Reply(reasoning=("Hm.",), text=("I look.",), calls=(Call("web_search", {"query": "fox"}),))
            ),
        ),
    ]:
        with OpenAIChatUpstream(script) as upstream, SearchEngines() as engines:
            streamed = await ask(router, upstream, body, stream=True, search=searxng(engines))
            whole = await ask(router, upstream, body, stream=False, search=searxng(engines))
        assert plain(streamed) == plain(whole)


async def test_a_model_that_calls_the_tool(router: Router, stream: bool) -> None:
    script = in_turn(
        Reply(text=("I look.",), calls=(Call("web_search", {"query": "fox food"}, "call_7"),)), text("Berries.")
    )
    with OpenAIChatUpstream(script) as upstream, SearchEngines() as engines:
        message = await ask(router, upstream, agent(), stream=stream, search=searxng(engines))
    assert kinds(message) == ["text", "server_tool_use", "web_search_tool_result", "text"]
    assert message["content"][1]["input"] == {"query": "fox food"}
    assert links(message) == LINKS
    assert message["content"][3]["text"] == "Berries."
    assert message["stop_reason"] == "end_turn"
    # Two answers of 1234 (1000 of them cached) and 56 tokens.
    # The prompt of the last round: a sum would make the client believe that its conversation is twice as large.
    assert message["usage"]["input_tokens"] == 234
    assert message["usage"]["cache_read_input_tokens"] == 1000
    assert message["usage"]["output_tokens"] == 2 * 56
    assert message["usage"]["server_tool_use"] == {"web_search_requests": 1}
    first, second = upstream.requests
    assert first.tool_names == ["Bash", "web_search"]
    assert second.tool_names == first.tool_names
    assert second.messages[: len(first.messages)] == first.messages
    [told] = tool_messages(second)
    assert "https://www.wildlife.example/red-fox" in told
    assert not upstream.refusals


async def test_both_rounds_are_paid_for_and_the_last_prompt_is_the_context(router: Router, stream: bool) -> None:
    """A dollar a token: the sums are easily told apart."""
    script = in_turn(Reply(text=("I look.",), calls=(Call("web_search", {"query": "fox food"}, "call_7"),)), text("B."))
    prices = {"*": ModelPrices(1e6, 1e6, cache_read=0)}
    with OpenAIChatUpstream(script) as upstream, SearchEngines() as engines:
        mock = ProviderConfig("mock", upstream.endpoint, ("sk-upstream",), ("m-text", "m-think"), prices=prices)
        async with router(upstream.endpoint, search=searxng(engines), providers=(mock,)) as client:
            headers = {"x-claude-code-session-id": "s 1"}
            reply = await client.post("/v1/messages", json={**agent(), "stream": stream}, headers=headers)
            assert reply.status == 200
            await reply.read()
            admin = {"x-ccr-admin-token": "admin-token"}
            told: Any = await (await client.get("/admin/statusline?session=s%201", headers=admin)).json()
            whole: Any = await (await client.get("/admin/status", headers=admin)).json()
    session = told["session"]
    assert session["last"]["prompt"] == 1234
    assert session["total"]["input"] + session["total"]["cached"] == 2 * 1234
    assert session["last"]["cost"] == session["total"]["cost"] == whole["usage"]["cost"] == 2 * (234 + 56)


async def test_a_model_that_does_not_call_it(router: Router, stream: bool) -> None:
    with OpenAIChatUpstream(lambda body: text("Give it berries.")) as upstream, SearchEngines() as engines:
        message = await ask(router, upstream, agent(), stream=stream, search=searxng(engines))
    assert kinds(message) == ["text"]
    assert engines.queries == []
    assert "server_tool_use" not in message["usage"]


async def test_two_searches_one_after_the_other(router: Router, stream: bool) -> None:
    script = in_turn(
        call("web_search", {"query": "one"}), call("web_search", {"query": "two"}, "call_2"), text("Done.")
    )
    with OpenAIChatUpstream(script) as upstream, SearchEngines() as engines:
        message = await ask(router, upstream, agent(), stream=stream, search=searxng(engines))
    search = ["server_tool_use", "web_search_tool_result"]
    assert kinds(message) == [*search, *search, "text"]
    assert engines.queries == ["one", "two"]
    assert message["usage"]["server_tool_use"] == {"web_search_requests": 2}
    assert len({block["id"] for block in message["content"] if block["type"] == "server_tool_use"}) == 2
    assert not upstream.refusals


async def test_two_searches_at_once(router: Router, stream: bool) -> None:
    calls = (Call("web_search", {"query": "one"}, "a"), Call("web_search", {"query": "two"}, "b"))
    script = in_turn(Reply(calls=calls, interleaved=True), text("Done."))
    with OpenAIChatUpstream(script) as upstream, SearchEngines() as engines:
        message = await ask(router, upstream, agent(), stream=stream, search=searxng(engines))
    assert kinds(message) == ["server_tool_use"] * 2 + ["web_search_tool_result"] * 2 + ["text"]
    first, second, *results, _ = message["content"]
    assert [result["tool_use_id"] for result in results] == [first["id"], second["id"]]
    assert sorted(engines.queries) == ["one", "two"]
    assert len(tool_messages(upstream.requests[1])) == 2
    assert not upstream.refusals


@pytest.mark.parametrize("search_first", [True, False])
async def test_a_search_beside_another_call_ends_the_turn(router: Router, stream: bool, search_first: bool) -> None:
    calls = (Call("web_search", {"query": "one"}, "a"), Call("Bash", {"command": "ls"}, "b"))
    script = in_turn(Reply(calls=calls if search_first else calls[::-1]))
    with OpenAIChatUpstream(script) as upstream, SearchEngines() as engines:
        message = await ask(router, upstream, agent(), stream=stream, search=searxng(engines))
        assert len(upstream.requests) == 1
        search = ["server_tool_use", "web_search_tool_result"]
        assert kinds(message) == ([*search, "tool_use"] if search_first else ["tool_use", *search])
        assert message["stop_reason"] == "tool_use"
        assert message["usage"]["server_tool_use"] == {"web_search_requests": 1}
        bash = next(block for block in message["content"] if block["type"] == "tool_use")
        assert (bash["name"], bash["input"]) == ("Bash", {"command": "ls"})

        # The next request brings all of it back: a strict upstream takes it, and the model reads what was found.
        upstream.begin(in_turn(text("Done.")))
        answer = {"type": "tool_result", "tool_use_id": bash["id"], "content": "a.txt"}
        history = [
            {"role": "user", "content": "Feed my fox"},
            {"role": "assistant", "content": message["content"]},
            {"role": "user", "content": [answer]},
        ]
        await ask(router, upstream, agent(messages=history), stream=stream, search=searxng(engines))
    assert "https://foxes.example/diet" in upstream.requests[0].text
    assert "Foxes eat berries & mice." in upstream.requests[0].text
    assert not upstream.refusals


async def test_no_more_than_max_uses(router: Router, stream: bool) -> None:
    tools = [BASH, {**SEARCH, "max_uses": 2}]
    with OpenAIChatUpstream(in_turn(call("web_search", {"query": "again"}))) as upstream, SearchEngines() as engines:
        message = await ask(router, upstream, agent(tools=tools), stream=stream, search=searxng(engines))
    assert len(engines.queries) == 1, "the same query is not run twice"
    assert message["usage"]["server_tool_use"] == {"web_search_requests": 2}
    assert set(errors(message)) == {"max_uses_exceeded"}
    assert message["stop_reason"] == "end_turn"
    assert len(upstream.requests) <= 5
    assert upstream.requests[2].body["tool_choice"] == "none"
    assert not upstream.refusals


async def test_a_forced_search_is_forced_once(router: Router, stream: bool) -> None:
    def script(body: JsonObject) -> Reply:
        forced = isinstance(body.get("tool_choice"), dict)
        return call("web_search", {"query": "x"}) if forced else text("Done.")

    choice = {"type": "tool", "name": "web_search"}
    with OpenAIChatUpstream(script) as upstream, SearchEngines() as engines:
        message = await ask(router, upstream, agent(tool_choice=choice), stream=stream, search=searxng(engines))
    assert kinds(message) == ["server_tool_use", "web_search_tool_result", "text"]
    assert [request.body["tool_choice"] for request in upstream.requests][1] == "auto"


@pytest.mark.parametrize("arguments", [{}, {"q": "x"}, {"query": "  "}, {"query": "x" * 3000}])
async def test_a_call_without_a_query_is_told_so(router: Router, stream: bool, arguments: dict[str, Any]) -> None:
    script = in_turn(call("web_search", arguments), text("Sorry."))
    with OpenAIChatUpstream(script) as upstream, SearchEngines() as engines:
        message = await ask(router, upstream, agent(), stream=stream, search=searxng(engines))
    assert engines.queries == []
    assert kinds(message) == ["server_tool_use", "web_search_tool_result", "text"]
    assert errors(message) == ["query_too_long" if "xxx" in str(arguments) else "invalid_tool_input"]
    assert not upstream.refusals


async def test_without_a_backend_the_helper_is_told_so_and_no_model_is_asked(router: Router, stream: bool) -> None:
    with OpenAIChatUpstream(lambda body: text("Made-up links")) as upstream:
        message = await ask(router, upstream, helper(), stream=stream)
    assert upstream.requests == []
    assert kinds(message) == ["server_tool_use", "web_search_tool_result", "text"]
    assert errors(message) == ["unavailable"]
    assert 'configure "search"' in message["content"][2]["text"]
    assert "Router.webSearch" in message["content"][2]["text"]
    assert message["stop_reason"] == "end_turn"
    assert "server_tool_use" not in message["usage"]


async def test_without_a_backend_a_model_is_told_so(router: Router, stream: bool) -> None:
    def script(body: JsonObject) -> Reply:
        told = "configure" in str(body["messages"])
        return text("I cannot search.") if told else call("web_search", {"query": "x"})

    with OpenAIChatUpstream(script) as upstream:
        message = await ask(router, upstream, agent(), stream=stream)
    assert kinds(message) == ["server_tool_use", "web_search_tool_result", "text"]
    assert errors(message) == ["unavailable"]
    assert upstream.requests[1].body["tool_choice"] == "none"
    assert "Error: " in tool_messages(upstream.requests[1])[0]


@pytest.mark.parametrize(("status", "code"), [(500, "unavailable"), (429, "too_many_requests")])
async def test_a_backend_that_fails(router: Router, stream: bool, status: int, code: str) -> None:
    refuse: Callable[[str], tuple[int, bytes]] = lambda query: (status, b'{"error": "down"}')  # noqa: E731
    with OpenAIChatUpstream(lambda body: text("Made-up links")) as upstream, SearchEngines(refuse=refuse) as engines:
        message = await ask(router, upstream, helper(), stream=stream, search=searxng(engines))
    assert upstream.requests == []
    assert errors(message) == [code]
    assert "down" in message["content"][2]["text"]
    assert "Made-up" not in str(message)


async def test_a_search_that_finds_nothing(router: Router, stream: bool) -> None:
    with OpenAIChatUpstream(lambda body: text("Made-up links")) as upstream, SearchEngines(pages=()) as engines:
        message = await ask(router, upstream, helper(), stream=stream, search=searxng(engines))
    assert upstream.requests == []
    assert message["content"][1]["content"] == []
    assert "found nothing" in message["content"][2]["text"]


async def test_domains_of_the_tool_hold(router: Router, stream: bool) -> None:
    tools = [{**SEARCH, "allowed_domains": ["wildlife.example"]}]
    with OpenAIChatUpstream(lambda body: text("ok")) as upstream, SearchEngines() as engines:
        message = await ask(router, upstream, {**helper(), "tools": tools}, stream=stream, search=searxng(engines))
    assert links(message) == ["https://www.wildlife.example/red-fox"]


async def test_an_upstream_that_fails_first_is_an_error_with_its_status(router: Router, stream: bool) -> None:
    """Nothing goes out before the model's first word, though the links are there already."""
    with OpenAIChatUpstream(lambda body: Failure(529, "busy")) as upstream, SearchEngines() as engines:
        async with router(upstream.endpoint, search=searxng(engines)) as client:
            reply = await client.post("/v1/messages", json={**helper(), "stream": stream})
            body = await reply.json()
    assert (reply.status, body["error"]["type"]) == (529, "overloaded_error")


async def test_a_fallback_takes_over_without_a_second_search(router: Router, stream: bool) -> None:
    with (
        OpenAIChatUpstream(lambda body: Failure(500, "oops")) as broken,
        OpenAIChatUpstream(lambda body: text("Berries.")) as good,
        SearchEngines() as engines,
    ):
        providers = (
            ProviderConfig("mock", broken.endpoint, ("sk-upstream",), ("m-text",)),
            ProviderConfig("other", good.endpoint, ("sk-upstream",), ("m-2",)),
        )
        fallback = {"default": (Target("other", "m-2"),)}
        message = await ask(
            router, broken, helper(), stream=stream, search=searxng(engines), providers=providers, fallback=fallback
        )
    assert links(message) == LINKS
    assert message["content"][2]["text"] == "Berries."
    assert len(engines.queries) == 1


async def test_a_second_round_that_fails_is_an_honest_error(router: Router) -> None:
    script = in_turn(call("web_search", {"query": "x"}), Failure(500, "oops"))
    with OpenAIChatUpstream(script) as upstream, SearchEngines() as engines:
        async with router(upstream.endpoint, search=searxng(engines)) as client:
            reply = await client.post("/v1/messages", json={**agent(), "stream": True})
            raw = await reply.read()
            upstream.begin(in_turn(call("web_search", {"query": "x"}), Failure(500, "oops")))
            whole = await client.post("/v1/messages", json=agent())
    assert reply.status == 200
    assert raw.rstrip().splitlines()[-2] == b"event: error"
    assert b"message_stop" not in raw
    assert whole.status == 500


async def test_an_anthropic_upstream_without_search(router: Router, stream: bool) -> None:
    """Providers that speak Anthropic's protocol and refuse its server tools (MiniMax: 2013)."""
    with AnthropicUpstream(lambda body: text("Berries.")) as upstream, SearchEngines() as engines:
        quirks = {"native_web_search": False}
        provider = ProviderConfig("mock", upstream.endpoint, ("sk-upstream",), ("m-text",), quirks=quirks)
        message = await ask(
            router,
            upstream,  # pyright: ignore[reportArgumentType]
            helper(),
            stream=stream,
            search=searxng(engines),
            providers=(provider,),
        )
    assert links(message) == LINKS
    assert "tools" not in upstream.requests[0].body


async def test_an_anthropic_upstream_with_search_gets_the_request_as_it_is(router: Router) -> None:
    with AnthropicUpstream(lambda body: text("Berries.")) as upstream, SearchEngines() as engines:
        provider = ProviderConfig("mock", upstream.endpoint, ("sk-upstream",), ("m-text",))
        async with router(upstream.endpoint, providers=(provider,), search=searxng(engines)) as client:
            await client.post("/v1/messages", json=helper())
    assert engines.queries == []
    assert upstream.requests[0].body["tools"] == [SEARCH]


@pytest.mark.parametrize("model", ["claude-x", "mock,m-text"])
async def test_a_route_to_a_provider_that_searches_wins_over_searching_here(router: Router, model: str) -> None:
    with (
        OpenAIChatUpstream(lambda body: text("Made-up links")) as chat,
        AnthropicUpstream(lambda body: text("Berries.")) as claude,
        SearchEngines() as engines,
    ):
        providers = (
            ProviderConfig("mock", chat.endpoint, ("sk-upstream",), ("m-text",)),
            ProviderConfig("claude", claude.endpoint, ("sk-ant",), ("opus",)),
        )
        routes = RouterConfig(Target("mock", "m-text"), web_search=Target("claude", "opus"))
        async with router(chat.endpoint, providers=providers, router=routes, search=searxng(engines)) as client:
            reply = await client.post("/v1/messages", json={**helper(), "model": model})
            assert reply.headers["x-ccr-target"] == "claude,opus"
    assert (engines.queries, chat.requests) == ([], [])
    assert claude.requests[0].body["tools"] == [SEARCH]
