"""Decisions of whole configurations, written as users write them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import orjson

from ccrouter.config.types import Config
from ccrouter.model.json import Json, JsonObject
from ccrouter.model.request import Request
from ccrouter.router import Decision, Facts, KnownTargets, ProviderFacts, decide
from tests.config.loading import load_text

PROVIDERS: list[Json] = [
    {"name": "deepseek", "api_base_url": "http://127.0.0.1:1", "models": ["deepseek-chat", "deepseek-reasoner"]},
    {"name": "ollama", "api_base_url": "http://127.0.0.1:2", "models": ["qwen3-coder"]},
    {"name": "gemini", "api_base_url": "http://127.0.0.1:3", "models": ["gemini-2.5-pro"]},
]
CHAT, REASONER = "deepseek,deepseek-chat", "deepseek,deepseek-reasoner"
LOCAL, GEMINI = "ollama,qwen3-coder", "gemini,gemini-2.5-pro"


def configured(folder: Path, router: JsonObject | None = None, **others: Json) -> Config:
    """The checked configuration with this Router and these further top-level keys; without `default`, CHAT."""
    routes: JsonObject = {"default": CHAT, **(router or {})}
    value: JsonObject = {"Providers": PROVIDERS, "Router": routes, **others}
    return config_of(folder, value)


def config_of(folder: Path, value: JsonObject) -> Config:
    """The checked configuration that `value` is. Nothing may be wrong with it."""
    loaded = load_text(folder, orjson.dumps(value).decode())
    assert loaded.problems == (), loaded.problems
    assert loaded.config is not None
    return loaded.config


def known(
    tokens: int = 1_000,
    *,
    headers: Mapping[str, str] | None = None,
    session: str | None = None,
    time: str | None = None,
    body_bytes: int | None = None,
) -> Facts:
    """Facts of a request with `tokens` tokens in four bytes each, at that time of day."""
    now = None if time is None else datetime.strptime(time, "%H:%M").replace(tzinfo=UTC)
    size = tokens * 4 if body_bytes is None else body_bytes
    return Facts(headers or {}, lambda: tokens, size, session_id=session, now=now)


def told(
    request: Request, config: Config, facts: Facts | None = None, providers: ProviderFacts | None = None
) -> Decision:
    """The decision."""
    return decide(request, facts or known(), config, provider_facts=providers or KnownTargets())
