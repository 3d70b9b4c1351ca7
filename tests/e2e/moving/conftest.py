"""All upstreams that the published files name, behind TLS, and a daemon whose way into the internet leads to them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.daemon import Daemon
from tests.e2e.moving.world import DeepSeekUpstream, OpenRouterUpstream, World
from tests.e2e.scripts import play
from tests.upstreams.anthropic import AnthropicUpstream
from tests.upstreams.gemini import GeminiUpstream
from tests.upstreams.internet import Internet
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.replies import text

OLLAMA_NOWHERE = {"OLLAMA_HOST": "127.0.0.1:9"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with (
        OpenAIChatUpstream(play(text("from OpenAI")), api_key=None) as openai,
        GeminiUpstream(play(text("from Gemini")), api_key=None) as gemini,
        AnthropicUpstream(play(text("from Anthropic"))) as anthropic,
        OpenRouterUpstream(play(text("from OpenRouter")), api_key="sk-or-1") as openrouter,
        DeepSeekUpstream(play(text("from DeepSeek")), api_key=None) as deepseek,
    ):
        hosts = {
            "api.openai.com": openai.url,
            "generativelanguage.googleapis.com": gemini.url,
            "api.anthropic.com": anthropic.url,
            "openrouter.ai": openrouter.url,
            "api.deepseek.com": deepseek.url,
        }
        with Internet(hosts, tmp_path / "internet") as internet:
            yield World(openai, gemini, anthropic, openrouter, deepseek, internet)


@pytest.fixture
def daemon(world: World, tmp_path: Path) -> Iterator[Daemon]:
    """With nothing in its home; not started."""
    made = Daemon(tmp_path / "daemon", {})
    made.home.mkdir(parents=True)
    made.extra = {"SERVICE_PORT": str(made.port), **world.internet.environment, **OLLAMA_NOWHERE}
    yield made
    made.stop()
