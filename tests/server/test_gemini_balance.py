"""Claude's client in front of Gemini Balance, from the configurations that its guides have."""

from pathlib import Path
from typing import Any

import pytest

from ccrouter.model.json import JsonObject
from tests.server.relays import configured, sdk
from tests.upstreams.gemini_balance import GeminiBalanceUpstream
from tests.upstreams.replies import Reply, call, text

TOKEN = "balance-token-0123456789"
TOOL: Any = {"name": "Read", "input_schema": {"type": "object", "properties": {"path": {"type": "string"}}}}


def with_headers(url: str) -> JsonObject:
    """docs/GEMINI-BALANCE.md of tonyhu2006/claude-code-router, its host, token and models exchanged."""
    return {
        "Providers": [
            {
                "name": "gemini-balance",
                "api_base_url": f"{url}/v1",
                "api_key": TOKEN,
                "models": ["gemini-2.5-flash", "gemini-2.5-pro", "gemini-2.5-flash-search"],
                "headers": {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
            }
        ],
        "Router": {"default": "gemini-balance,gemini-2.5-flash", "longContext": "gemini-balance,gemini-2.5-pro"},
    }


def native(url: str) -> JsonObject:
    """Its later form: Gemini's own protocol."""
    return {
        "Providers": [
            {
                "name": "gemini-balance",
                "api_base_url": url,
                "api_key": TOKEN,
                "models": ["gemini-2.5-flash", "gemini-2.5-pro"],
                "transformer": {"use": ["gemini"]},
            }
        ],
        "Router": {"default": "gemini-balance,gemini-2.5-flash", "longContext": "gemini-balance,gemini-2.5-pro"},
    }


def native_with_headers(url: str) -> JsonObject:
    """The token in `headers` alone."""
    config = native(f"{url}/v1beta")
    entry: Any = config["Providers"]
    del entry[0]["api_key"]
    entry[0]["headers"] = {"Authorization": f"Bearer {TOKEN}"}
    return config


def script(body: JsonObject) -> Reply:
    return call("Read", {"path": "/a"}) if body.get("tools") else text("Hel", "lo")


@pytest.mark.parametrize("config", [with_headers, native, native_with_headers])
async def test_the_guides_configs(tmp_path: Path, config: Any) -> None:
    with GeminiBalanceUpstream(script) as balance:
        async with configured(tmp_path, config(balance.url)) as router, sdk(router, "any") as client:
            whole = await client.messages.create(
                model="claude-x", max_tokens=500, messages=[{"role": "user", "content": "hi"}]
            )
            async with client.messages.stream(
                model="claude-x", max_tokens=500, messages=[{"role": "user", "content": "read"}], tools=[TOOL]
            ) as stream:
                streamed = await stream.get_final_message()
            long: Any = [{"role": "user", "content": "word " * 70_000}]
            await client.messages.create(model="claude-x", max_tokens=500, messages=long)
        assert balance.refusals == []
        assert balance.keys_in_urls == []
        models = [request.model or str(request.body.get("model")) for request in balance.requests]
    assert [getattr(block, "text", "") for block in whole.content] == ["Hello"]
    assert streamed.stop_reason == "tool_use"
    assert [block.input for block in streamed.content if block.type == "tool_use"] == [{"path": "/a"}]
    assert models == ["gemini-2.5-flash", "gemini-2.5-flash", "gemini-2.5-pro"]


@pytest.mark.parametrize(
    ("model", "thinking", "searches"),
    [
        ("gemini-2.5-pro", {"includeThoughts": True, "thinkingBudget": 4000}, False),
        ("gemini-2.5-pro-search", {"includeThoughts": True, "thinkingBudget": 4000}, True),
        ("gemini-2.5-pro-non-thinking", {"thinkingBudget": 128}, False),
        ("gemini-2.5-flash-non-thinking", {"thinkingBudget": 0}, False),
        ("gemini-2.5-flash-image", None, False),
    ],
)
async def test_its_names_of_models(tmp_path: Path, model: str, thinking: JsonObject | None, searches: bool) -> None:
    with GeminiBalanceUpstream(lambda body: text("ok")) as balance:
        async with configured(tmp_path, native(balance.url)) as router, sdk(router, "any") as client:
            await client.messages.create(
                model=f"gemini-balance,{model}",
                max_tokens=8000,
                messages=[{"role": "user", "content": "hi"}],
                thinking={"type": "enabled", "budget_tokens": 4000},
            )
        assert balance.refusals == []
        ((real, sent),) = balance.to_google
    config: Any = sent["generationConfig"]
    assert real == model.rpartition("-")[0] or real in model
    assert config.get("thinkingConfig") == thinking
    assert sent["tools"] == ([{"googleSearch": {}}] if searches else [])


async def test_a_searching_model_keeps_its_functions(tmp_path: Path) -> None:
    with GeminiBalanceUpstream(script) as balance:
        async with configured(tmp_path, native(balance.url)) as router, sdk(router, "any") as client:
            answer = await client.messages.create(
                model="gemini-balance,gemini-2.5-pro-search",
                max_tokens=500,
                messages=[{"role": "user", "content": "hi"}],
                tools=[TOOL],
            )
        assert balance.refusals == []
    assert answer.stop_reason == "tool_use"
