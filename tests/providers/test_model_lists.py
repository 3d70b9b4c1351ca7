"""Where a provider's list of models is, and what is read from it."""

import pytest

from ccrouter.config.types import ProviderConfig
from ccrouter.model.json import Json
from ccrouter.providers.model_lists import listed_models, model_list_url
from ccrouter.providers.resolve import protocol_for
from ccrouter.runtime import DIALECTS


@pytest.mark.parametrize(
    ("name", "base", "url"),
    [
        ("openai", "https://api.openai.com/v1", "https://api.openai.com/v1/models"),
        ("openrouter", "https://openrouter.ai/api/v1/chat/completions", "https://openrouter.ai/api/v1/models"),
        ("x", "http://127.0.0.1:8000", "http://127.0.0.1:8000/v1/models"),
        ("x", "https://h/v1/responses", "https://h/v1/models"),
        ("x", "https://h/v1/messages", "https://h/v1/models?limit=1000"),
        ("anthropic", "https://api.anthropic.com", "https://api.anthropic.com/v1/models?limit=1000"),
        (
            "gemini",
            "https://generativelanguage.googleapis.com/v1beta/models/",
            "https://generativelanguage.googleapis.com/v1beta/models?pageSize=1000",
        ),
        (
            "gemini",
            "https://generativelanguage.googleapis.com/v1beta/openai",
            "https://generativelanguage.googleapis.com/v1beta/openai/models",
        ),
        ("ollama", "http://localhost:11434/v1", "http://localhost:11434/api/tags"),
        ("ollama", "http://gpu:11434/v1/chat/completions", "http://gpu:11434/api/tags"),
        ("ollama-cloud", "https://ollama.com/v1", "https://ollama.com/api/tags"),
        (
            "azure",
            "https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21",
            "https://r.openai.azure.com/openai/models?api-version=2024-10-21",
        ),
    ],
)
def test_the_address_is_beside_the_endpoint(name: str, base: str, url: str) -> None:
    provider = ProviderConfig(name, base)
    protocol = protocol_for(provider)
    assert model_list_url(provider, protocol, DIALECTS[protocol].url(base, model="x", stream=False)) == url


def test_vertex_has_none() -> None:
    assert model_list_url(ProviderConfig("v", "https://aiplatform.googleapis.com"), "vertex_gemini", "") is None


@pytest.mark.parametrize(
    ("answer", "models"),
    [
        ({"object": "list", "data": [{"id": "b", "object": "model"}, {"id": "a"}, {"id": "b"}]}, ("b", "a")),
        ({"data": [{"type": "model", "id": "claude-x", "display_name": "X"}], "has_more": False}, ("claude-x",)),
        (
            {
                "models": [
                    {"name": "models/gemini-2.5-pro", "supportedGenerationMethods": ["generateContent", "countTokens"]},
                    {"name": "models/embedding-001", "supportedGenerationMethods": ["embedContent"]},
                ]
            },
            ("gemini-2.5-pro",),
        ),
        ({"models": [{"name": "qwen3:8b", "model": "qwen3:8b", "size": 1}]}, ("qwen3:8b",)),
        ([{"id": "a"}], ("a",)),
        ({"data": []}, ()),
        ({"data": [{"id": 3}, None, {}]}, ()),
        ({"error": {"message": "no"}}, None),
        ("models", None),
    ],
)
def test_names_are_read(answer: Json, models: tuple[str, ...] | None) -> None:
    assert listed_models(answer) == models
