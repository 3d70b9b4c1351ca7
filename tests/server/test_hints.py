"""Hints over HTTP: who gets them, who does not, and what is told of it."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import pytest

from ccrouter.config.types import Hints, ProviderConfig, RouterConfig, Target
from ccrouter.guidance_files import read_guidance
from ccrouter.model.json import JsonObject
from tests.server.conftest import Router
from tests.upstreams.anthropic import AnthropicUpstream
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.replies import Failure, Reply, Spent, text

ON = {"x-ccr-hints": "on"}
SESSION = {"x-claude-code-session-id": "5e55"}
SCHEMA: JsonObject = {"type": "object", "properties": {"command": {"type": "string"}}}
BODY: JsonObject = {
    "model": "claude-sonnet-5",
    "max_tokens": 100,
    "system": [{"type": "text", "text": "You are Claude Code."}],
    "tools": [{"name": "Bash", "description": "Runs a command.", "input_schema": SCHEMA}],
    "messages": [{"role": "user", "content": "List the files. " * 40}],
}
TITLE: JsonObject = {
    "model": "claude-sonnet-5",
    "max_tokens": 100,
    "tools": [],
    "messages": [{"role": "user", "content": "Name this session."}],
}
OURS = read_guidance({}, None).texts


@pytest.fixture
def upstream() -> Iterator[OpenAIChatUpstream]:
    with OpenAIChatUpstream() as running:
        yield running


@pytest.fixture
def anthropic() -> Iterator[AnthropicUpstream]:
    with AnthropicUpstream() as running:
        yield running


def configured(upstream: OpenAIChatUpstream, anthropic: AnthropicUpstream, **more: Any) -> dict[str, Any]:
    """Gemini and Qwen behind the one, Claude behind the other."""
    many = ProviderConfig("many", upstream.endpoint, ("sk-upstream",), ("gemini-2.5-pro", "qwen3-max", "grok-4"))
    claude = ProviderConfig("claude", anthropic.endpoint, ("sk-ant",), ("claude-opus-4-8",))
    return {"providers": (many, claude), "router": RouterConfig(Target("many", "gemini-2.5-pro")), **more}


async def post(client: Any, body: JsonObject, headers: Mapping[str, str] = ON, path: str = "/v1/messages") -> Any:
    reply = await client.post(path, data=orjson.dumps(body), headers={**SESSION, **headers})
    assert reply.status == 200, await reply.text()
    return await reply.json()


async def test_a_session_asks_for_them(
    router: Router, upstream: OpenAIChatUpstream, anthropic: AnthropicUpstream, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "ccrouter.requests"):
        async with router("", **configured(upstream, anthropic)) as client:
            await post(client, BODY)
            await post(client, TITLE)
            await post(client, BODY, {})
            await post(client, {**BODY, "model": "many,grok-4"})
    asked, title, unasked, grok = upstream.requests
    assert asked.messages[0] == {"role": "system", "content": f"You are Claude Code.\n\n{OURS['gemini'].text}"}
    assert "Notes on the tools" not in title.text + unasked.text + grok.text
    assert not [name for request in upstream.requests for name in request.headers if name.startswith("x-ccr")]
    lines = [record.getMessage() for record in caplog.records if "status=200" in record.getMessage()]
    assert ['hints="gemini (built in)"' in line for line in lines] == [True, False, False, False]


async def test_the_config_gives_them_to_all_and_a_session_may_do_without(
    router: Router, upstream: OpenAIChatUpstream, anthropic: AnthropicUpstream
) -> None:
    async with router("", **configured(upstream, anthropic, hints=Hints(True))) as client:
        await post(client, BODY, {})
        await post(client, BODY, {"x-ccr-hints": "off"})
    with_hints, without = upstream.requests
    assert OURS["gemini"].text in with_hints.text
    assert "Notes on the tools" not in without.text


async def test_claude_gets_its_bytes_untouched(
    router: Router, upstream: OpenAIChatUpstream, anthropic: AnthropicUpstream
) -> None:
    async with router("", **configured(upstream, anthropic, hints=Hints(True))) as client:
        for headers in (ON, {}):
            await post(client, {**BODY, "model": "claude,claude-opus-4-8"}, headers)
    first, second = anthropic.requests
    assert first.raw == second.raw == orjson.dumps({**BODY, "model": "claude-opus-4-8"})
    assert "x-ccr-hints" not in first.headers


async def test_each_fallback_has_the_hints_of_its_own_family(
    router: Router, upstream: OpenAIChatUpstream, anthropic: AnthropicUpstream
) -> None:
    def script(body: JsonObject) -> Reply | Failure:
        return Failure(500, "down") if body["model"] == "gemini-2.5-pro" else text("well")

    upstream.begin(script)
    fallback = {"default": (Target("many", "qwen3-max"),)}
    async with router("", **configured(upstream, anthropic, fallback=fallback)) as client:
        await post(client, BODY)
    first, second = upstream.requests
    assert (first.model, second.model) == ("gemini-2.5-pro", "qwen3-max")
    assert OURS["gemini"].text in first.text
    assert OURS["qwen"].text in second.text
    assert OURS["gemini"].text not in second.text


async def test_they_are_counted_and_what_is_learned_of_a_model_is_without_them(
    router: Router, upstream: OpenAIChatUpstream, anthropic: AnthropicUpstream
) -> None:
    count = "/v1/messages/count_tokens"
    tokens = OURS["gemini"].tokens
    async with router("", **configured(upstream, anthropic)) as client:
        plain = (await post(client, BODY, {}, count))["input_tokens"]
        assert (await post(client, BODY, ON, count))["input_tokens"] == plain + tokens
        assert (await post(client, {**BODY, "model": "many,grok-4"}, ON, count))["input_tokens"] == plain
        # An upstream that counts as we do: with hints its usage is larger by just them.
        upstream.begin(lambda body: Reply(("well",), spent=Spent(prompt=plain + tokens, cached=0)))
        for _ in range(3):
            await post(client, BODY)
        assert (await post(client, BODY, {}, count))["input_tokens"] == plain
        assert (await post(client, BODY, ON, count))["input_tokens"] == plain + tokens


async def test_explain_tells_them(router: Router, upstream: OpenAIChatUpstream, anthropic: AnthropicUpstream) -> None:
    async with router("", **configured(upstream, anthropic)) as client:
        answer = await client.post(
            "/admin/explain?wire=first",
            json=BODY,
            headers={"x-ccr-admin-token": "admin-token", "x-ccr-client-headers": orjson.dumps(ON).decode()},
        )
        (target,) = (await answer.json())["targets"]
    assert target["hints"] == {"family": "gemini", "file": None, "tokens": OURS["gemini"].tokens}
    assert target["hooks"]["request"] == ["guidance"]
    assert OURS["gemini"].text in str(target["wire"]["body"]["messages"][0]["content"])


async def test_other_apis_of_the_router_give_none(
    router: Router, upstream: OpenAIChatUpstream, anthropic: AnthropicUpstream
) -> None:
    body = {"model": "many,gemini-2.5-pro", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
    tool = {"type": "function", "function": {"name": "Bash", "parameters": SCHEMA}}
    async with router("", **configured(upstream, anthropic, hints=Hints(True))) as client:
        reply = await client.post("/v1/chat/completions", json={**body, "tools": [tool]})
        assert reply.status == 200, await reply.text()
    assert "Notes on the tools" not in upstream.requests[0].text
