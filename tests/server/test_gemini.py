"""Conversations over real sockets with a Gemini upstream that refuses what Google refuses."""

from itertools import pairwise
from typing import Any

import pytest

from ccrouter.config.types import ProviderConfig, RouterConfig, Target
from ccrouter.model.json import JsonObject
from tests.server.conftest import Router
from tests.server.conversation import ask, kept, result
from tests.upstreams.gemini import LINKS, GeminiUpstream
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.replies import Call, Failure, Reply, Spent, text

LONG = "mcp__plugin_a_very_long_plugin_name_indeed__and_a_server__its_tool_name"
SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "properties": {"x": {"type": "string"}, "title": {"type": ["string", "null"], "exclusiveMinimum": 0}},
    "additionalProperties": False,
}
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}
NEWEST, OLDER = "gemini-3.1-pro-preview", "gemini-2.5-flash"
BODY: dict[str, Any] = {
    "model": "claude-x",
    "max_tokens": 64000,
    "system": [
        {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1.328; cch=abcde;"},
        {"type": "text", "text": "You are Claude Code.", "cache_control": {"type": "ephemeral"}},
    ],
    "thinking": {"type": "adaptive"},
    "output_config": {"effort": "high"},
    "metadata": {"user_id": '{"device_id":"d","session_id":"0b5ea2b2-1111-2222-3333-444455556666"}'},
    "tools": [{"name": name, "description": name, "input_schema": SCHEMA} for name in ("Bash", "Read", LONG)],
    "stream": True,
}
HI: list[Any] = [
    {"role": "user", "content": [{"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}]},
    {"role": "system", "content": [{"type": "text", "text": "Agents: none."}]},
]
CALLS = (Call("Bash", {"x": "ls"}, "a"), Call("Read", {"x": "/b"}, "b"), Call("Bash", {"x": "pwd"}, "c"))


def gemini(upstream: GeminiUpstream, model: str = NEWEST, *others: ProviderConfig) -> dict[str, Any]:
    """The configuration for one model, in CCR's form of the URL."""
    provider = ProviderConfig("mock", upstream.base_url, ("goog-upstream",), (model,), protocol="gemini")
    target = Target("mock", model)
    return {"providers": (provider, *others), "router": RouterConfig(target)}


def script(*replies: Reply | Failure) -> Any:
    waiting = list(replies)

    def answer(body: JsonObject) -> Reply | Failure:
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    return answer


def body(messages: list[Any], **more: Any) -> dict[str, Any]:
    return {**BODY, "messages": messages, **more}


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("model", [NEWEST, OLDER, "gemini-2.5-pro", "gemini-3-flash-preview"])
@pytest.mark.parametrize("signs", ["calls", "everything"])
async def test_a_tool_loop(router: Router, model: str, stream: bool, signs: str) -> None:
    """Parallel calls with one signature, images and failures in results, one more turn a prefix extension."""
    replies = (
        Reply(reasoning=("Let me ", "see."), text=("On it.",), calls=CALLS, spent=Spent(5000, 200, 4000, 150)),
        Reply(calls=(Call(LONG[:55], {"x": "1"}, "d"),)),
        Reply(reasoning=("Now ", "I know."), text=("Done", ".")),
        text("You are welcome."),
    )
    with GeminiUpstream(script(*replies)) as upstream:
        if signs == "everything":
            upstream.sign_thoughts, upstream.sign_text = True, "first"
        async with router(upstream.base_url, **gemini(upstream, model)) as client:
            first = await ask(client, body(HI, stream=stream))
            calls = [block for block in first["content"] if block["type"] == "tool_use"]
            assert [(block["name"], block["input"]["x"]) for block in calls] == [
                ("Bash", "ls"),
                ("Read", "/b"),
                ("Bash", "pwd"),
            ]
            assert first["stop_reason"] == "tool_use"
            assert first["usage"]["output_tokens"] == 200
            assert first["usage"]["cache_read_input_tokens"] == 4000
            answers = [
                result(calls[2]["id"], "no such file", is_error=True),
                result(calls[0]["id"]),
                result(calls[1]["id"], [{"type": "text", "text": "see"}, IMAGE]),
            ]
            history = [*HI, kept(first), {"role": "user", "content": answers}]
            second = await ask(client, body(history, stream=stream))
            used = [block for block in second["content"] if block["type"] == "tool_use"]
            history += [kept(second), {"role": "user", "content": [result(used[0]["id"])]}]
            third = await ask(client, body(history, stream=stream))
            assert third["stop_reason"] == "end_turn"
            assert "".join(block.get("text", "") for block in third["content"]) == "Done."
            history += [kept(third), {"role": "user", "content": "Thanks"}]
            fourth = await ask(client, body(history, stream=stream))
            assert fourth["content"][-1]["text"] == "You are welcome."
        assert not upstream.refusals
        for before, after in pairwise(upstream.requests):
            assert after.contents[: len(before.contents)] == before.contents
        sent = upstream.requests[-1]
        assert sent.path.startswith(f"/v1beta/models/{model}:")
        assert "key" not in sent.path
        assert "cch=" not in sent.text
        assert "Agents: none." in sent.text
        signatures = [part["thoughtSignature"] for part in sent.parts if "thoughtSignature" in part]
        assert "skip_thought_signature_validator" not in signatures
        assert len(signatures) == (2 if signs == "calls" else 8)


async def test_signatures_survive_a_restart_of_the_router(router: Router) -> None:
    with GeminiUpstream(script(Reply(calls=CALLS), text("Done."))) as upstream:
        async with router(upstream.base_url, **gemini(upstream)) as client:
            first = await ask(client, body(HI))
        ids = [block["id"] for block in first["content"] if block["type"] == "tool_use"]
        history = [*HI, kept(first), {"role": "user", "content": [result(id_) for id_ in ids]}]
        async with router(upstream.base_url, **gemini(upstream)) as client:
            second = await ask(client, body(history))
        assert second["content"][0]["text"] == "Done."
        assert not upstream.refusals
        assert "skip_thought_signature_validator" not in str(upstream.requests[-1].body)


async def test_models_switched_in_mid_conversation(router: Router) -> None:
    """gemini 3 → chat → gemini 3 → gemini 2.5 → gemini 3: each takes the others' turns."""
    called = Reply(reasoning=("Hm",), calls=CALLS[:2])
    with (
        GeminiUpstream(lambda given: called) as upstream,
        OpenAIChatUpstream(lambda given: Reply(reasoning=("Ah",), calls=CALLS[:2])) as chat,
    ):
        other = ProviderConfig("chat", chat.endpoint, ("sk-upstream",), ("m",))
        changes = gemini(upstream, NEWEST, other)
        async with router(upstream.base_url, **changes) as client:
            history = list(HI)
            for target in (f"mock,{NEWEST}", "chat,m", f"mock,{NEWEST}", f"mock,{OLDER}", f"mock,{NEWEST}"):
                message = await ask(client, body(history, model=target, max_tokens=8000))
                assert message.get("stop_reason") == "tool_use", message
                ids = [block["id"] for block in message["content"] if block["type"] == "tool_use"]
                history += [kept(message), {"role": "user", "content": [result(id_) for id_ in ids]}]
        assert not upstream.refusals
        assert not chat.refusals
        last = upstream.requests[-1]
        stand_ins = [part for part in last.parts if part.get("thoughtSignature") == "skip_thought_signature_validator"]
        assert len(stand_ins) == 2  # the turns of chat and of 2.5
        assert sum("thoughtSignature" in part for part in last.parts) == 4


@pytest.mark.parametrize("stream", [True, False])
async def test_an_unreadable_call_is_tried_again_once_with_a_word(router: Router, stream: bool) -> None:
    bad = Reply(finish="MALFORMED_FUNCTION_CALL")
    with GeminiUpstream(script(bad, Reply(calls=CALLS[:1]))) as upstream:
        async with router(upstream.base_url, **gemini(upstream)) as client:
            message = await ask(client, body(HI, stream=stream))
        assert message["stop_reason"] == "tool_use"
        assert [("could not be read" in request.text) for request in upstream.requests] == [False, True]
        assert not upstream.refusals
    with GeminiUpstream(script(bad)) as upstream:
        async with router(upstream.base_url, **gemini(upstream)) as client:
            message = await ask(client, body(HI, stream=stream))
        assert message["stop_reason"] == "end_turn"
        assert "MALFORMED_FUNCTION_CALL" in message["content"][0]["text"]
        assert len(upstream.requests) == 2


async def test_the_search_helper_stays_and_finds_links(router: Router) -> None:
    asked: dict[str, Any] = {
        "model": "claude-x",
        "max_tokens": 32000,
        "stream": True,
        "messages": [{"role": "user", "content": "Perform a web search for the query: what was asked"}],
        "tools": [{"type": "web_search_20250305", "name": "web_search", "max_uses": 8}],
        "tool_choice": {"type": "auto"},
    }
    with GeminiUpstream(lambda given: text("Two pages.")) as upstream:
        async with router(upstream.base_url, **gemini(upstream, OLDER)) as client:
            message = await ask(client, asked)
        assert [block["type"] for block in message["content"]] == ["text", "server_tool_use", "web_search_tool_result"]
        found = message["content"][2]["content"]
        assert [(entry["url"], entry["title"]) for entry in found] == list(LINKS)
        assert message["usage"]["server_tool_use"] == {"web_search_requests": 1}
        assert upstream.requests[0].body["tools"] == [{"googleSearch": {}}]
        assert not upstream.refusals


@pytest.mark.parametrize(
    ("failure", "status", "kind", "words"),
    [
        (
            Failure(400, "The input token count (2000000) exceeds the maximum …"),
            400,
            "invalid_request_error",
            "token count",
        ),
        (Failure(503, "The model is overloaded."), 503, "overloaded_error", "overloaded"),
        (Failure(429, "Quota exceeded."), 429, "rate_limit_error", "Quota"),
        (Failure(400, "API key not valid.", code="API_KEY_INVALID"), 502, "api_error", "refused its API key"),
        (Reply(text=("a",), cut_after=0), 502, "api_error", "an empty answer"),
    ],
)
async def test_failures_keep_their_words(
    router: Router, failure: Reply | Failure, status: int, kind: str, words: str
) -> None:
    with GeminiUpstream(script(failure)) as upstream:
        async with router(upstream.base_url, **gemini(upstream)) as client:
            reply = await client.post("/v1/messages", json=body(HI))
            told = (await reply.json())["error"]
    assert (reply.status, told["type"]) == (status, kind)
    assert words in told["message"]
    assert "goog-upstream" not in str(told)


async def test_titles_probes_and_verdicts(router: Router) -> None:
    """The small requests around a conversation (field-notes 6 and 7)."""
    schema = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
    title: dict[str, Any] = {
        **BODY,
        "tools": [],
        "thinking": {"type": "disabled"},
        "output_config": {"format": {"type": "json_schema", "schema": schema}},
        "messages": HI[:1],
    }
    probe = {"model": "claude-x", "max_tokens": 1, "messages": [{"role": "user", "content": "Hi"}]}
    verdict = {**probe, "max_tokens": 64, "stop_sequences": ["</severity>"], "thinking": {"type": "disabled"}}
    for model in (NEWEST, OLDER):
        with GeminiUpstream(script(text('{"title":"T"}'), text("Hi"), text("<severity>low</severity>"))) as upstream:
            async with router(upstream.base_url, **gemini(upstream, model)) as client:
                assert (await ask(client, title))["content"] == [{"type": "text", "text": '{"title":"T"}'}]
                assert (await ask(client, probe))["content"] == [{"type": "text", "text": "Hi"}]
                judged = await ask(client, verdict)
            assert judged["content"] == [{"type": "text", "text": "<severity>low"}]
            assert not upstream.refusals
