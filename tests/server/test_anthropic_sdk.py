"""Anthropic's own SDK as a client of the router, over real sockets, in front of every kind of upstream."""

from typing import Any

import anthropic
import pytest

from tests.server.conftest import Router
from tests.server.openai_sdk import UPSTREAMS, config_for, every_upstream
from tests.upstreams.replies import Call, Failure, Reply, text

HI: Any = [{"role": "user", "content": "hi"}]
WEATHER: Any = {
    "name": "get_weather",
    "description": "The weather in a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


@every_upstream
async def test_a_tool_loop_streamed_and_whole(router: Router, kind: str) -> None:
    calls = Reply(
        text=("Let me look.",),
        calls=(Call("get_weather", {"city": "Rome"}, "call_a"), Call("get_weather", {"city": "Oslo"}, "call_b")),
    )
    turns = [calls, text("Warm, ", "cold.")]
    with UPSTREAMS[kind](lambda body: turns.pop(0)) as upstream:
        async with router("", **config_for(kind, upstream)) as client:
            sdk = anthropic.AsyncAnthropic(api_key="k", base_url=str(client.make_url("/")), max_retries=0)
            asked: Any = {"model": "claude-x", "max_tokens": 1000, "tools": [WEATHER]}
            async with sdk, sdk.messages.stream(messages=HI, **asked) as stream:
                first = await stream.get_final_message()
                made: list[Any] = [block for block in first.content if block.type == "tool_use"]
                results = [
                    {"type": "tool_result", "tool_use_id": call.id, "content": call.input["city"]} for call in made
                ]
                history: Any = [
                    *HI,
                    {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in first.content]},
                    {"role": "user", "content": results},
                ]
                second = await sdk.messages.create(messages=history, **asked)
        assert upstream.refusals == []
    assert first.stop_reason == "tool_use"
    assert first.usage.output_tokens == 56
    assert second.content[0].type == "text"
    assert second.content[0].text == "Warm, cold."


async def test_a_failure_is_the_error_that_the_sdk_has_for_it(router: Router) -> None:
    with UPSTREAMS["openai_chat"](lambda body: Failure(429, "it says why")) as upstream:
        async with router(upstream.endpoint) as client:
            sdk = anthropic.AsyncAnthropic(api_key="k", base_url=str(client.make_url("/")), max_retries=0)
            async with sdk:
                with pytest.raises(anthropic.RateLimitError, match="it says why"):
                    await sdk.messages.create(model="claude-x", max_tokens=1000, messages=HI)
