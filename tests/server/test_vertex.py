"""Vertex AI from end to end: a token server and an upstream on loopback, both of which check what they get."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from ccrouter.config.types import ProviderConfig, RouterConfig, Target, TransformerUse
from ccrouter.log_levels import TRACE
from ccrouter.model.json import JsonObject, as_object
from tests.server.conftest import Router
from tests.upstreams.anthropic_rules import sign
from tests.upstreams.google_tokens import GoogleTokenServer, generated_key, pem
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.replies import Call, Failure, Reply, text
from tests.upstreams.vertex import VertexUpstream

BETAS = (
    "claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,prompt-caching-scope-2026-01-05,"
    "effort-2025-11-24,advanced-tool-use-2025-11-20,mid-conversation-system-2026-04-07,fine-grained-tool-streaming-2025-05-14"
)
CLAUDE, OLD_CLAUDE, GEMINI = "claude-opus-4-8", "claude-haiku-4-5@20251001", "gemini-3.1-pro-preview"
BASH = {
    "name": "Bash",
    "description": "Run it",
    "input_schema": {"type": "object", "properties": {"command": {"type": "string"}}},
}


PLAIN: dict[str, Any] = {"model": "x", "max_tokens": 9, "stream": True, "messages": [{"role": "user", "content": "Hi"}]}


def claude_code_body(**changes: Any) -> dict[str, Any]:
    """A turn as Claude Code sends it (field-notes 4.3, 7)."""
    mark = {"type": "ephemeral", "scope": "global"}
    return {
        "model": "claude-opus-4-8",
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "List files", "cache_control": mark}]},
            {"role": "system", "content": [{"type": "text", "text": "Agents: none", "cache_control": mark}]},
        ],
        "system": [{"type": "text", "text": "You are Claude Code", "cache_control": mark}],
        "tools": [
            {**BASH, "cache_control": mark},
            {"name": "Later", "input_schema": {"type": "object"}, "defer_loading": True},
        ],
        "metadata": {"user_id": "u"},
        "max_tokens": 32_000,
        "thinking": {"type": "adaptive"},
        "output_config": {"effort": "high"},
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        "stream": True,
        **changes,
    }


@pytest.fixture
def tokens() -> Iterator[GoogleTokenServer]:
    with GoogleTokenServer() as running:
        yield running


@pytest.fixture
def vertex(tokens: GoogleTokenServer) -> Iterator[VertexUpstream]:
    with VertexUpstream(tokens.accepts) as running:
        yield running


def config(base_url: str, options: JsonObject, model: str, use: str = "vertex-claude") -> dict[str, Any]:
    provider = ProviderConfig("vertex", base_url, ("a-made-up-key",), (model,), use=(TransformerUse(use, options),))
    return {"providers": (provider,), "router": RouterConfig(Target("vertex", model))}


def events_of(raw: bytes) -> list[dict[str, Any]]:
    return [orjson.loads(line[6:]) for line in raw.splitlines() if line.startswith(b"data: ")]


def message_of(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The content of a streamed answer."""
    blocks: list[dict[str, Any]] = []
    for event in events:
        if event["type"] == "content_block_start":
            blocks.append({**event["content_block"], "json": ""})
        elif event["type"] == "content_block_delta":
            delta = event["delta"]
            for key in ("text", "thinking", "signature"):
                if key in delta:
                    blocks[-1][key] += delta[key]
            blocks[-1]["json"] += delta.get("partial_json", "")
    for block in blocks:
        arguments = block.pop("json")
        if block["type"] == "tool_use":
            block["input"] = orjson.loads(arguments)
    return blocks


@pytest.mark.parametrize("model", [CLAUDE, OLD_CLAUDE])
async def test_a_conversation_with_claude(
    router: Router, vertex: VertexUpstream, tokens: GoogleTokenServer, model: str
) -> None:
    """Thinking, a tool call, its result: signatures go back as they came, and one token serves both turns."""
    thinking = Reply(reasoning=("I ", "think"), text=("Look",), calls=(Call("Bash", {"command": "ls"}, "toolu_1"),))
    vertex.script = lambda body: thinking
    options: JsonObject = {"credentials": tokens.service_account()}
    async with router(vertex.url, **config(vertex.url, options, model)) as client:
        first = claude_code_body()
        reply = await client.post("/v1/messages?beta=true", json=first, headers={"anthropic-beta": BETAS})
        assert reply.status == 200, await reply.text()
        raw = await reply.read()
        assert vertex.refusals == []
        content = message_of(events_of(raw))
        assert content[0] == {"type": "thinking", "thinking": "I think", "signature": sign("I think")}
        assert content[2] == {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "ls"}}

        vertex.script = lambda body: text("Done")
        result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "a.txt"}
        turns = [{"role": "assistant", "content": content}, {"role": "user", "content": [result]}]
        second = claude_code_body(messages=[*first["messages"], *turns])
        reply = await client.post("/v1/messages?beta=true", json=second, headers={"anthropic-beta": BETAS})
        assert reply.status == 200, await reply.text()
        assert message_of(events_of(await reply.read())) == [{"type": "text", "text": "Done"}]
    assert vertex.refusals == []
    sent = vertex.requests
    assert (
        sent[0].path
        == f"/v1/projects/project-1/locations/us-east5/publishers/anthropic/models/{model}:streamRawPredict"
    )
    assert sent[0].headers["anthropic-beta"] == (
        "interleaved-thinking-2025-05-14,context-management-2025-06-27,tool-search-tool-2025-10-19"
    )
    assert not {name for name in sent[0].headers if name.startswith(("x-", "anthropic-version"))}
    first_messages, second_messages = (record.body["messages"] for record in sent)
    assert isinstance(first_messages, list)
    assert isinstance(second_messages, list)
    assert second_messages[: len(first_messages)] == first_messages, "the prompt cache must survive"
    role = "system" if model == CLAUDE else "user"
    roles = [as_object(message) or {} for message in second_messages]
    assert [message["role"] for message in roles] == ["user", role, "assistant", "user"]
    assert "Agents: none" in orjson.dumps(second_messages[1]).decode()
    assert ("output_config" in sent[0].body) == (model == CLAUDE)
    assert tokens.issued == ["ya29.issued-1"]


async def test_streamed_bytes_pass_untouched(router: Router, vertex: VertexUpstream, tokens: GoogleTokenServer) -> None:
    vertex.script = lambda body: Reply(reasoning=("hm",), text=("Hel", "lo"))
    options: JsonObject = {"credentials": tokens.service_account()}
    async with router(vertex.url, **config(vertex.url, options, CLAUDE)) as client:
        reply = await client.post("/v1/messages", json=claude_code_body(), headers={"anthropic-beta": BETAS})
        assert await reply.read() == vertex.requests[0].sent


async def test_a_whole_answer_and_probes(router: Router, vertex: VertexUpstream, tokens: GoogleTokenServer) -> None:
    options: JsonObject = {"credentials": tokens.service_account()}
    async with router(vertex.url, **config(vertex.url, options, CLAUDE)) as client:
        probe = {"model": "x", "max_tokens": 1, "messages": [{"role": "user", "content": "Hi"}], "metadata": {}}
        reply = await client.post("/v1/messages", json=probe)
        assert reply.status == 200, await reply.text()
        assert (await reply.json())["content"] == [{"type": "text", "text": "ok"}]
    assert vertex.requests[0].path.endswith("/models/claude-opus-4-8:rawPredict")


async def test_key_file_in_the_config_of_ccr(
    router: Router, vertex: VertexUpstream, tokens: GoogleTokenServer, tmp_path: Path
) -> None:
    """`GOOGLE_APPLICATION_CREDENTIALS` and its kin are top-level keys of the config (ccr-behaviour 1.4, 4.9)."""
    (tmp_path / "key.json").write_bytes(orjson.dumps(tokens.service_account(project_id="of-the-file")))
    environment = {
        "GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "key.json"),
        "GOOGLE_CLOUD_PROJECT": "of-the-config",
        "GOOGLE_CLOUD_LOCATION": "global",
    }
    vertex.project, vertex.location = "of-the-config", "global"
    async with router(vertex.url, **config(vertex.url, {}, CLAUDE), environment=environment) as client:
        reply = await client.post("/v1/messages", json=claude_code_body(), headers={"anthropic-beta": BETAS})
        assert reply.status == 200, await reply.text()
    assert vertex.refusals == []


async def test_a_revoked_token_is_replaced_at_once(
    router: Router, vertex: VertexUpstream, tokens: GoogleTokenServer
) -> None:
    options: JsonObject = {"credentials": tokens.service_account()}
    async with router(vertex.url, **config(vertex.url, options, CLAUDE)) as client:
        reply = await client.post("/v1/messages", json=PLAIN)
        assert reply.headers["x-ccr-attempts"] == "1"
        tokens.revoked |= set(tokens.issued)
        reply = await client.post("/v1/messages", json=PLAIN)
        assert reply.status == 200
        assert reply.headers["x-ccr-attempts"] == "2"
        assert tokens.issued == ["ya29.issued-1", "ya29.issued-2"]
        vertex.accepts = lambda header: False
        reply = await client.post("/v1/messages", json=PLAIN)
        body = await reply.json()
    assert (reply.status, body["error"]["type"]) == (502, "api_error")
    assert "vertex" in body["error"]["message"]
    assert "ya29" not in body["error"]["message"]
    assert len(vertex.requests) == 1 + 2 + 2, "two tries, not for ever"


@pytest.mark.parametrize("broken", ["refused", "down"])
async def test_without_a_token_the_fallback_serves(
    router: Router, vertex: VertexUpstream, tokens: GoogleTokenServer, broken: str
) -> None:
    changes: JsonObject = (
        {"client_email": "stranger@x"} if broken == "refused" else {"token_uri": "http://127.0.0.1:9/"}
    )
    options: JsonObject = {"credentials": tokens.service_account(**changes)}
    settings = config(vertex.url, options, CLAUDE)
    with OpenAIChatUpstream(lambda body: text("from the other")) as other:
        spare = ProviderConfig("other", other.endpoint, ("sk-upstream",), ("m-text",))
        settings["providers"] = (*settings["providers"], spare)
        settings["fallback"] = {"default": (Target("other", "m-text"),)}
        async with router(vertex.url, **settings) as client:
            reply = await client.post("/v1/messages", json={**PLAIN, "stream": False})
            body = await reply.json()
    assert reply.status == 200, body
    assert body["content"] == [{"type": "text", "text": "from the other"}]
    assert vertex.requests == []


async def test_bad_credentials_are_told_and_not_retried(
    router: Router, vertex: VertexUpstream, tokens: GoogleTokenServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(TRACE)
    options: JsonObject = {"client_email": "stranger@x", "private_key": pem(generated_key()), "project_id": "p"}
    settings = config(vertex.url, options, CLAUDE)
    # Google itself is not to be asked from here; the proxy that the config names for it is not there.
    settings["proxy_url"] = "http://127.0.0.1:9"
    async with router(vertex.url, **settings) as client:
        reply = await client.post("/v1/messages", json=claude_code_body())
        unreachable = await reply.json()
    assert reply.status == 502
    assert "oauth2.googleapis.com could not be reached" in unreachable["error"]["message"]
    options = {"credentials": tokens.service_account(client_email="stranger@x")}
    async with router(vertex.url, **config(vertex.url, options, CLAUDE)) as client:
        reply = await client.post("/v1/messages", json=claude_code_body())
        body = await reply.json()
    assert (reply.status, body["error"]["type"]) == (502, "api_error")
    assert reply.headers["x-should-retry"] == "false"
    assert "vertex" in body["error"]["message"]
    assert "Google refused the key of stranger@x" in body["error"]["message"]
    assert "PRIVATE" not in caplog.text + repr(body)


async def test_no_token_is_logged(
    router: Router, vertex: VertexUpstream, tokens: GoogleTokenServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("ccrouter").setLevel(TRACE)
    options: JsonObject = {"credentials": tokens.service_account()}
    async with router(vertex.url, **config(vertex.url, options, CLAUDE)) as client:
        await client.post("/v1/messages", json=PLAIN)
    assert "ya29." not in caplog.text
    assert "PRIVATE KEY" not in caplog.text


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (Failure(429, "Quota exceeded"), "Quota exceeded"),
        (Failure(529, "Overloaded"), "Overloaded"),
        (Failure(400, "prompt is too long: 250000 tokens > 200000 maximum"), "prompt is too long: 250000"),
        (
            Failure(404, "", body=b'[{"error":{"code":404,"message":"Publisher Model was not found"}}]'),
            "not found",
        ),
    ],
)
async def test_errors_keep_their_words(
    router: Router, vertex: VertexUpstream, tokens: GoogleTokenServer, failure: Failure, words: str
) -> None:
    vertex.script = lambda body: failure
    options: JsonObject = {"credentials": tokens.service_account()}
    async with router(vertex.url, **config(vertex.url, options, CLAUDE)) as client:
        reply = await client.post("/v1/messages", json=claude_code_body(), headers={"anthropic-beta": BETAS})
        body = await reply.json()
    assert reply.status == failure.status, body
    assert words in body["error"]["message"]


async def test_a_conversation_with_gemini(router: Router, vertex: VertexUpstream, tokens: GoogleTokenServer) -> None:
    """Parallel calls of which only the first is signed; ids of the model's own are not repeated to Vertex."""
    calls = (Call("Bash", {"command": "ls"}, "fc1"), Call("Bash", {"command": "pwd"}, "fc2"))
    vertex.script = lambda body: Reply(reasoning=("hm",), text=("Look",), calls=calls)
    vertex.location = "us-central1"
    options: JsonObject = {"credentials": tokens.service_account()}
    async with router(vertex.url, **config(vertex.url, options, GEMINI, "vertex-gemini")) as client:
        first = claude_code_body()
        reply = await client.post("/v1/messages?beta=true", json=first, headers={"anthropic-beta": BETAS})
        assert reply.status == 200, await reply.text()
        content = message_of(events_of(await reply.read()))
        uses = [block for block in content if block["type"] == "tool_use"]
        assert [use["input"] for use in uses] == [{"command": "ls"}, {"command": "pwd"}]

        vertex.script = lambda body: text("Done")
        results = [{"type": "tool_result", "tool_use_id": use["id"], "content": "a"} for use in uses]
        turns = [{"role": "assistant", "content": content}, {"role": "user", "content": results}]
        reply = await client.post("/v1/messages", json={**first, "messages": [*first["messages"], *turns]})
        assert reply.status == 200, await reply.text()
        assert message_of(events_of(await reply.read()))[-1]["text"] == "Done"
    assert vertex.refusals == []
    assert vertex.requests[0].path == (
        f"/v1/projects/project-1/locations/us-central1/publishers/google/models/{GEMINI}:streamGenerateContent?alt=sse"
    )
    assert b"thoughtSignature" in vertex.requests[0].sent
    assert vertex.requests[1].raw.count(b"thoughtSignature") == 1, "the placeholder for unsigned calls was not needed"
    assert b"skip_thought_signature_validator" not in vertex.requests[1].raw
    assert "anthropic-beta" not in vertex.requests[0].headers


async def test_one_provider_has_models_of_all_three_kinds(
    router: Router, vertex: VertexUpstream, tokens: GoogleTokenServer
) -> None:
    """By the model's name, on a provider whose transformer is any of Vertex's."""
    llama = "meta/llama-4-maverick-maas"
    provider = ProviderConfig(
        "vertex",
        vertex.url,
        models=(CLAUDE, GEMINI, llama),
        use=(TransformerUse("vertex-gemini", {"credentials": tokens.service_account(), "location": "us-east5"}),),
        model_use={llama: (TransformerUse("vertex-openai"),)},
    )
    async with router(vertex.url, providers=(provider,), router=RouterConfig(Target("vertex", CLAUDE))) as client:
        for model in (CLAUDE, GEMINI, llama):
            body = {"model": f"vertex,{model}", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
            reply = await client.post("/v1/messages", json=body)
            assert reply.status == 200, await reply.text()
            assert (await reply.json())["content"][-1]["text"] == "ok"
    place = "/v1/projects/project-1/locations/us-east5"
    assert [record.path for record in vertex.requests] == [
        f"{place}/publishers/anthropic/models/{CLAUDE}:rawPredict",
        f"{place}/publishers/google/models/{GEMINI}:generateContent",
        f"{place}/endpoints/openapi/chat/completions",
    ]
    assert tokens.issued == ["ya29.issued-1"]
