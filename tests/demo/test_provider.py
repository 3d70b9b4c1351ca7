"""The demo provider over real sockets: both protocols, streamed and whole."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from aiohttp import ClientSession

from ccrouter.demo.pictures import gradient
from ccrouter.demo.provider import DEMO_KEY, DemoProvider, start_provider

BASH = {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}
TITLE = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}


@pytest.fixture
async def provider() -> AsyncIterator[DemoProvider]:
    running = await start_provider(piece_seconds=0)
    yield running
    await running.stop()


async def ask(url: str, body: Any, key: str = DEMO_KEY) -> tuple[int, str, bytes]:
    async with ClientSession() as session:
        data = body if isinstance(body, bytes) else orjson.dumps(body)
        async with session.post(url, data=data, headers={"authorization": f"Bearer {key}"}) as answer:
            return answer.status, answer.content_type, await answer.read()


def events(raw: bytes) -> list[Any]:
    lines = [line[6:] for line in raw.split(b"\n") if line.startswith(b"data: ")]
    return [orjson.loads(line) for line in lines if line != b"[DONE]"]


def chat(content: Any, model: str = "demo-chat", **more: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": content}], **more}


def message(content: Any, model: str = "claude-demo", **more: Any) -> dict[str, Any]:
    return {"model": model, "max_tokens": 1000, "messages": [{"role": "user", "content": content}], **more}


class TestOpenAIChat:
    async def test_whole(self, provider: DemoProvider):
        status, kind, raw = await ask(provider.openai_chat_url, chat("What is a router?"))
        body = orjson.loads(raw)
        assert (status, kind) == (200, "application/json")
        assert "“What is a router?”" in body["choices"][0]["message"]["content"]
        assert body["choices"][0]["finish_reason"] == "stop"
        usage = body["usage"]
        assert usage["prompt_tokens"] == 5  # 17 characters, four to a token
        assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]

    async def test_streamed_says_the_same_as_whole(self, provider: DemoProvider):
        _, _, whole = await ask(provider.openai_chat_url, chat("Say:  a\n b", "demo-reasoner"))
        asked = chat("Say:  a\n b", "demo-reasoner", stream=True, stream_options={"include_usage": True})
        _, kind, raw = await ask(provider.openai_chat_url, asked)
        expected = orjson.loads(whole)
        deltas = [event["choices"][0]["delta"] for event in events(raw) if event["choices"]]
        assert kind == "text/event-stream"
        assert raw.endswith(b"data: [DONE]\n\n")
        for field in ("content", "reasoning_content"):
            text = "".join(delta.get(field) or "" for delta in deltas)
            assert text
            assert text == expected["choices"][0]["message"][field]
        assert events(raw)[-1]["usage"] == expected["usage"]

    async def test_no_usage_unless_asked_for(self, provider: DemoProvider):
        _, _, raw = await ask(provider.openai_chat_url, chat("Hi", stream=True))
        assert not any("usage" in event for event in events(raw))

    async def test_calls_the_tool_in_fragments_and_ends_with_text(self, provider: DemoProvider):
        tools = [{"type": "function", "function": {"name": "Bash", "parameters": BASH}}]
        asked = chat("Run `echo hello from the demo`", tools=tools)
        _, _, raw = await ask(provider.openai_chat_url, {**asked, "stream": True})
        choices = [event["choices"][0] for event in events(raw)]
        calls = [call for choice in choices for call in choice["delta"].get("tool_calls", [])]
        assert calls[0]["function"]["name"] == "Bash"
        assert len(calls) > 3
        arguments = orjson.loads("".join(call["function"]["arguments"] for call in calls))
        assert arguments["command"] == "echo hello from the demo"
        assert choices[-1]["finish_reason"] == "tool_calls"

        call = {"id": calls[0]["id"], "type": "function", "function": {"name": "Bash", "arguments": "{}"}}
        asked["messages"] += [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": calls[0]["id"], "content": "hello from the demo"},
        ]
        _, _, raw = await ask(provider.openai_chat_url, asked)
        choice = orjson.loads(raw)["choices"][0]
        assert "“hello from the demo”" in choice["message"]["content"]
        assert choice["finish_reason"] == "stop"

    async def test_without_the_tool_it_only_talks(self, provider: DemoProvider):
        _, _, raw = await ask(provider.openai_chat_url, chat("Run `ls`"))
        assert "tool_calls" not in orjson.loads(raw)["choices"][0]["message"]

    async def test_measures_a_picture(self, provider: DemoProvider):
        url = "data:image/png;base64," + base64.b64encode(gradient(96, 64)).decode()
        parts = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": url}}]
        _, _, raw = await ask(provider.openai_chat_url, chat(parts, "demo-vision"))
        assert "1 picture: PNG, 96 × 64 pixels" in orjson.loads(raw)["choices"][0]["message"]["content"]

    async def test_keeps_to_max_tokens_and_stop(self, provider: DemoProvider):
        _, _, raw = await ask(provider.openai_chat_url, chat("Hello", max_tokens=1))
        choice = orjson.loads(raw)["choices"][0]
        assert (choice["message"]["content"], choice["finish_reason"]) == ("demo", "length")
        _, _, raw = await ask(provider.openai_chat_url, chat("Hello", stop=["work"]))
        choice = orjson.loads(raw)["choices"][0]
        assert (choice["message"]["content"], choice["finish_reason"]) == ("demo-chat here, for everyday ", "stop")

    async def test_answers_a_schema_with_json(self, provider: DemoProvider):
        format_ = {"type": "json_schema", "json_schema": {"name": "x", "schema": TITLE}}
        _, _, raw = await ask(provider.openai_chat_url, chat("Name my session", response_format=format_))
        content = orjson.loads(raw)["choices"][0]["message"]["content"]
        assert orjson.loads(content) == {"title": "Name my session"}

    @pytest.mark.parametrize(
        ("body", "status", "says"),
        [
            (b"{", 400, "parse"),
            ({}, 400, "model"),
            ({"model": "demo-chat"}, 400, "messages"),
            (chat("x", "gpt-9"), 404, "gpt-9"),
            ({"model": "demo-chat", "messages": [{"role": "robot", "content": "x"}]}, 400, "robot"),
            ({"model": "demo-chat", "messages": [{"role": "tool", "tool_call_id": "a", "content": "x"}]}, 400, "tool"),
        ],
    )
    async def test_refuses_in_openais_shape(self, provider: DemoProvider, body: Any, status: int, says: str):
        got, _, raw = await ask(provider.openai_chat_url, body)
        assert got == status
        assert says in orjson.loads(raw)["error"]["message"]

    async def test_an_unanswered_tool_call_is_refused(self, provider: DemoProvider):
        call = {"id": "call_1", "type": "function", "function": {"name": "Bash", "arguments": "{}"}}
        messages = [{"role": "assistant", "tool_calls": [call]}, {"role": "user", "content": "and now?"}]
        status, _, raw = await ask(provider.openai_chat_url, {"model": "demo-chat", "messages": messages})
        assert status == 400
        assert "call_1" in orjson.loads(raw)["error"]["message"]

    async def test_a_wrong_key_is_401(self, provider: DemoProvider):
        status, _, raw = await ask(provider.openai_chat_url, chat("x"), key="wrong")
        assert (status, orjson.loads(raw)["error"]["code"]) == (401, "invalid_api_key")


class TestAnthropic:
    async def test_the_model_probe(self, provider: DemoProvider):
        status, _, raw = await ask(provider.anthropic_url, message("Hi", max_tokens=1))
        body = orjson.loads(raw)
        assert status == 200
        assert body["type"] == "message"
        assert body["stop_reason"] == "max_tokens"
        assert body["usage"]["input_tokens"] == 1

    async def test_streamed_says_the_same_as_whole(self, provider: DemoProvider):
        asked = message("Think: what?", thinking={"type": "enabled", "budget_tokens": 1024})
        _, _, raw = await ask(provider.anthropic_url, asked)
        whole = orjson.loads(raw)
        _, _, raw = await ask(provider.anthropic_url, {**asked, "stream": True})
        blocks: list[dict[str, Any]] = []
        for event in events(raw):
            match event:
                case {"type": "content_block_start", "index": index, "content_block": block}:
                    assert index == len(blocks)
                    blocks.append(block)
                case {"type": "content_block_delta", "index": index, "delta": delta}:
                    (field,) = delta.keys() - {"type"}
                    blocks[index][field] += delta[field]
                case _:
                    continue
        assert [block["type"] for block in whole["content"]] == ["thinking", "text"]
        assert blocks == whole["content"]
        assert [event["type"] for event in events(raw)][-2:] == ["message_delta", "message_stop"]
        assert events(raw)[-2]["usage"] == whole["usage"]

    async def test_searches(self, provider: DemoProvider):
        tools = [{"type": "web_search_20250305", "name": "web_search", "max_uses": 8}]
        asked = message("Perform a web search for the query: python asyncio", tools=tools)
        _, _, raw = await ask(provider.anthropic_url, asked)
        use, result, text = orjson.loads(raw)["content"]
        assert (use["type"], use["input"]) == ("server_tool_use", {"query": "python asyncio"})
        assert result["tool_use_id"] == use["id"]
        assert all(found["type"] == "web_search_result" and found["url"] for found in result["content"])
        assert text["type"] == "text"

    async def test_reads_past_reminders_and_system_messages(self, provider: DemoProvider):
        parts = [
            {"type": "text", "text": "<system-reminder>\nnot mine\n</system-reminder>"},
            {"type": "text", "text": "mine"},
        ]
        asked = message(parts)
        asked["messages"].append({"role": "system", "content": "not mine either"})
        _, _, raw = await ask(provider.anthropic_url, asked)
        text = orjson.loads(raw)["content"][0]["text"]
        assert "“mine”" in text

    async def test_reads_a_file_through_the_tool(self, provider: DemoProvider):
        read = {"name": "Read", "input_schema": {"type": "object", "properties": {"file_path": {}}}}
        _, _, raw = await ask(provider.anthropic_url, message("Read /tmp/notes.txt, please", tools=[read]))
        body = orjson.loads(raw)
        assert body["stop_reason"] == "tool_use"
        assert body["content"][-1]["input"] == {"file_path": "/tmp/notes.txt"}
        result = [{"type": "tool_result", "tool_use_id": body["content"][-1]["id"], "content": "three lines"}]
        asked = message("Read /tmp/notes.txt", tools=[read])
        asked["messages"] += [
            {"role": "assistant", "content": body["content"]},
            {"role": "user", "content": result},
        ]
        _, _, raw = await ask(provider.anthropic_url, asked)
        assert "“three lines”" in orjson.loads(raw)["content"][0]["text"]

    async def test_counts_tokens_as_it_bills_them(self, provider: DemoProvider):
        asked = message("x" * 400, system="y" * 40)
        _, _, counted = await ask(provider.anthropic_url + "/count_tokens", asked)
        _, _, raw = await ask(provider.anthropic_url, asked)
        assert orjson.loads(counted) == {"input_tokens": 110}
        assert orjson.loads(raw)["usage"]["input_tokens"] == 110

    @pytest.mark.parametrize(
        ("body", "status", "kind"),
        [
            ({"model": "claude-demo", "messages": [{"role": "user", "content": "x"}]}, 400, "invalid_request_error"),
            (message("x", "claude-9"), 404, "not_found_error"),
            ({"model": "claude-demo", "max_tokens": 1, "messages": []}, 400, "invalid_request_error"),
        ],
    )
    async def test_refuses_in_anthropics_shape(self, provider: DemoProvider, body: Any, status: int, kind: str):
        got, _, raw = await ask(provider.anthropic_url, body)
        answered = orjson.loads(raw)
        assert (got, answered["type"], answered["error"]["type"]) == (status, "error", kind)
