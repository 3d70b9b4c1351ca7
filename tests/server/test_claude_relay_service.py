"""Claude Relay Service: behind us as a provider, and in front of us as what calls us."""

from pathlib import Path
from typing import Any

import pytest

from ccrouter.model.json import JsonObject
from tests.server.relays import configured, sdk
from tests.upstreams.claude_relay import ClaudeRelayUpstream
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.replies import Failure, Reply, text

KEY = "cr_0123456789abcdef0123456789abcdef"
BODY: Any = {"model": "claude-sonnet-5", "max_tokens": 100, "messages": [{"role": "user", "content": "hi"}]}


def behind_us(url: str, *, key: str = KEY, second: str | None = None) -> JsonObject:
    """Its Claude and its Gemini address as two providers."""
    providers: list[Any] = [
        {"name": "crs", "preset": "claude-relay-service", "api_base_url": f"{url}/api/", "api_key": key,
         "models": ["claude-sonnet-5"]},
        {"name": "crs-gemini", "api_base_url": f"{url}/gemini/v1beta", "api_key": key, "models": ["gemini-2.5-pro"]},
    ]  # fmt: skip
    config: JsonObject = {"Providers": providers, "Router": {"default": "crs,claude-sonnet-5"}}
    if second is not None:
        providers.append({"name": "spare", "api_base_url": f"{second}/v1", "api_key": "sk-upstream", "models": ["m"]})
        config["fallback"] = {"default": ["spare,m"]}
    return config


async def test_both_of_its_addresses(tmp_path: Path) -> None:
    to_gemini: Any = {**BODY, "model": "crs-gemini,gemini-2.5-pro"}
    with ClaudeRelayUpstream(lambda body: text("Hel", "lo")) as relay:
        async with configured(tmp_path, behind_us(relay.url)) as router, sdk(router, "any") as client:
            whole = await client.messages.create(**BODY)
            async with client.messages.stream(**to_gemini) as stream:
                streamed = await stream.get_final_message()
        assert relay.refusals == []
        paths = relay.asked
    assert [getattr(block, "text", "") for block in whole.content] == ["Hello"]
    assert [getattr(block, "text", "") for block in streamed.content] == ["Hello"]
    assert paths == [
        ("/api/v1/messages", "x-api-key"),
        ("/gemini/v1beta/models/gemini-2.5-pro:streamGenerateContent", "x-goog-api-key"),
    ]


async def test_its_refusals_are_told_in_its_words(tmp_path: Path) -> None:
    with ClaudeRelayUpstream() as relay:
        async with configured(tmp_path, behind_us(relay.url, key="cr_another_key_0123456789")) as router:
            reply = await router.post("/v1/messages", json=BODY)
            told = (await reply.json())["error"]["message"]
    assert reply.status == 502  # a 401 would be taken for the client's own login
    assert "The provider 'crs' refused its API key for crs,claude-sonnet-5: API key not found" in told


@pytest.mark.parametrize("status", [503, 529, 500])
async def test_while_its_accounts_rest_the_fallback_serves(tmp_path: Path, status: int) -> None:
    now = [0.0]
    answers: list[Reply | Failure] = [Failure(status, "the account failed")]
    with (
        ClaudeRelayUpstream(lambda body: answers.pop() if answers else text("relay"), clock=lambda: now[0]) as relay,
        OpenAIChatUpstream(lambda body: text("spare")) as spare,
    ):
        config = behind_us(relay.url, second=spare.url)
        config["retries"] = {"same_target": 0}
        said: list[str] = []
        async with configured(tmp_path, config) as router, sdk(router, "any") as client:
            for wait in (0.0, 1.0, 700.0):
                now[0] += wait
                answer = await client.messages.create(**BODY)
                said.append(getattr(answer.content[0], "text", ""))
    assert said[:2] == ["spare", "spare"]
    assert said[2] == "relay"


@pytest.mark.parametrize("path", ["", "/api"])
@pytest.mark.parametrize("bearer", [False, True])
async def test_it_calls_us(tmp_path: Path, path: str, *, bearer: bool) -> None:
    """A `ccr` account of it: `<apiUrl>/v1/messages`, its key as a bearer token, or as `x-api-key` where it begins with
    sk-ant- (`services/ccrRelayService.js`)."""
    key = "router-key" if bearer else "sk-ant-router-key"
    with OpenAIChatUpstream(lambda body: text("Hel", "lo")) as upstream:
        config: JsonObject = {
            "APIKEY": key,
            "Providers": [
                {"name": "mock", "api_base_url": upstream.endpoint, "api_key": "sk-upstream", "models": ["m"]}
            ],
            "Router": {"default": "mock,m"},
        }
        async with configured(tmp_path, config) as router, sdk(router, key, path, bearer=bearer) as client:
            whole = await client.messages.create(**BODY)
            async with client.messages.stream(**BODY) as stream:
                streamed = await stream.get_final_message()
            counted = await client.messages.count_tokens(model=BODY["model"], messages=BODY["messages"])
            wrong = await router.post(f"{path}/v1/messages", json=BODY, headers={"x-api-key": "another"})
        assert upstream.refusals == []
    assert [getattr(block, "text", "") for block in (*whole.content, *streamed.content)] == ["Hello", "Hello"]
    assert counted.input_tokens > 0
    assert wrong.status == 401
