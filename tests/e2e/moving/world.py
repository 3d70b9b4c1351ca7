"""The internet as the published files mean it, and what a test does with a daemon in it."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import orjson

from ccrouter.model.json import JsonObject, as_object
from tests.e2e.daemon import Daemon
from tests.e2e.plain_http import HTTPAnswer, post
from tests.upstreams.anthropic import AnthropicUpstream
from tests.upstreams.gemini import GeminiUpstream
from tests.upstreams.internet import Internet
from tests.upstreams.openai_chat import OpenAIChatUpstream

DOCUMENTED = Path(__file__).parents[2] / "config" / "documented"
PUBLISHED = DOCUMENTED / "foreign"


class OpenRouterUpstream(OpenAIChatUpstream):
    """It ignores what it does not know, and takes cache marks for Claude."""

    ENDPOINTS: ClassVar[tuple[str, ...]] = ("/api/v1/chat/completions",)

    def _invalid(self, body: JsonObject) -> None:
        return None


class DeepSeekUpstream(OpenAIChatUpstream):
    ENDPOINTS: ClassVar[tuple[str, ...]] = ("/chat/completions",)


@dataclass
class World:
    """All upstreams, and the way to them."""

    openai: OpenAIChatUpstream
    gemini: GeminiUpstream
    anthropic: AnthropicUpstream
    openrouter: OpenRouterUpstream
    deepseek: DeepSeekUpstream
    internet: Internet

    def asked(self) -> list[str]:
        """The models that were asked for, by whoever."""
        upstreams = (self.openai, self.gemini, self.anthropic, self.openrouter, self.deepseek)
        return [request.model for upstream in upstreams for request in upstream.requests if request.body]


def serve(daemon: Daemon, option: str, file: Path) -> None:
    """The file itself, from a folder of its own; every command of this daemon is about it from now on."""
    folder = daemon.home / "theirs"
    folder.mkdir()
    shutil.copy(file, folder / file.name)
    daemon.extra = {**daemon.extra, "CCR_CONFIG": str(folder / file.name)}
    done = daemon.ccr("start", option, str(folder / file.name))
    assert done.returncode == 0, done


def ask(daemon: Daemon, model: str, key: str = "") -> HTTPAnswer:
    body: JsonObject = {
        "model": model,
        "max_tokens": 100,
        "messages": [{"role": "user", "content": "Hello"}],
        "tools": [{"name": "t", "input_schema": {"type": "object"}}],
    }
    return post(daemon.url, body, key)


def said(answer: HTTPAnswer) -> str:
    assert answer.status == 200, answer
    content = (as_object(orjson.loads(answer.body)) or {})["content"]
    assert isinstance(content, list)
    return "".join(str((as_object(block) or {}).get("text", "")) for block in content)
