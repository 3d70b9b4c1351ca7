"""OpenAI's own SDK, pointed at a router in front of each kind of upstream."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import openai
import pytest
from pydantic import BaseModel

from ccrouter.config.types import ProviderConfig, RouterConfig, Target
from ccrouter.model.json import JsonObject
from tests.server.conftest import Router
from tests.upstreams.anthropic import AnthropicUpstream
from tests.upstreams.gemini import GeminiUpstream
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.openai_chat_rules import Strictness
from tests.upstreams.openai_responses import OpenAIResponsesUpstream
from tests.upstreams.replies import Failure, Reply

UPSTREAMS: dict[str, Callable[[Any], Any]] = {
    "anthropic": AnthropicUpstream,
    "openai_chat": lambda script: OpenAIChatUpstream(script, strictness=Strictness(max_tokens_required=False)),
    "openai_responses": OpenAIResponsesUpstream,
    "gemini": GeminiUpstream,
}
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"
    "AAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


def config_for(kind: str, upstream: Any) -> dict[str, Any]:
    """The configuration with one provider of this kind."""
    url = upstream.base_url if kind == "gemini" else upstream.endpoint
    model = {"gemini": "gemini-2.5-flash", "anthropic": "claude-sonnet-5"}.get(kind, "m-text")
    key = "goog-upstream" if kind == "gemini" else "sk-upstream"
    provider = ProviderConfig("mock", url, (key,), (model,), protocol=kind)
    return {"providers": (provider,), "router": RouterConfig(Target("mock", model))}


@asynccontextmanager
async def sdk(serve: Router, url: str = "http://unused", **changes: Any) -> AsyncGenerator[openai.AsyncOpenAI]:
    """OpenAI's SDK, pointed at a running router."""
    async with (
        serve(url, **changes) as client,
        openai.AsyncOpenAI(api_key="anything", base_url=str(client.make_url("/v1")), max_retries=0) as made,
    ):
        yield made


@asynccontextmanager
async def asking(
    router: Router, kind: str, script: Callable[[JsonObject], Reply | Failure]
) -> AsyncGenerator[tuple[openai.AsyncOpenAI, Any]]:
    """The SDK in front of an upstream of this kind; what it was asked is checked by its own rules."""
    with UPSTREAMS[kind](script) as upstream:
        async with sdk(router, **config_for(kind, upstream)) as client:
            yield client, upstream
        assert upstream.refusals == []


every_upstream = pytest.mark.parametrize("kind", list(UPSTREAMS))


class City(BaseModel):
    name: str
    people: int
