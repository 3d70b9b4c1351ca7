"""URLs as people write them, and headers."""

import pytest

from ccrouter.dialects.openai_chat import OPENAI_CHAT


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://x.example/v1", "https://x.example/v1/chat/completions"),
        ("https://x.example/v1/", "https://x.example/v1/chat/completions"),
        ("https://x.example/v1/chat/completions", "https://x.example/v1/chat/completions"),
        ("https://x.example/v1/chat/completions/", "https://x.example/v1/chat/completions"),
        ("https://x.example/v1/chat", "https://x.example/v1/chat/completions"),
        ("https://x.example", "https://x.example/v1/chat/completions"),
        ("https://x.example/", "https://x.example/v1/chat/completions"),
        ("http://127.0.0.1:11434", "http://127.0.0.1:11434/v1/chat/completions"),
        ("https://x.example/api/paas/v4", "https://x.example/api/paas/v4/chat/completions"),
        ("https://x.example/api/coding/v3", "https://x.example/api/coding/v3/chat/completions"),
        ("https://x.example/compatible-mode/v1", "https://x.example/compatible-mode/v1/chat/completions"),
        ("https://x.example/api/v1/chat/completions?a=b", "https://x.example/api/v1/chat/completions?a=b"),
        (
            "https://r.openai.azure.com/openai/deployments/gpt?api-version=2024-10-21",
            "https://r.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=2024-10-21",
        ),
        # Azure's three shapes (field-notes 2): full endpoint, /openai/v1, the bare resource
        (
            "https://r.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=2024-10-21",
            "https://r.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=2024-10-21",
        ),
        ("https://r.openai.azure.com/openai/v1/", "https://r.openai.azure.com/openai/v1/chat/completions"),
        ("https://r.openai.azure.com", "https://r.openai.azure.com/openai/v1/chat/completions"),
        ("https://r.openai.azure.com/openai", "https://r.openai.azure.com/openai/v1/chat/completions"),
        (
            "https://r.services.ai.azure.com/?api-version=preview",
            "https://r.services.ai.azure.com/openai/v1/chat/completions?api-version=preview",
        ),
        (
            "https://r.openai.azure.com?api-version=2024-10-21",
            "https://r.openai.azure.com/openai/deployments/m/chat/completions?api-version=2024-10-21",
        ),
    ],
)
def test_url(base: str, url: str) -> None:
    assert OPENAI_CHAT.url(base, model="m", stream=True) == url


def test_headers() -> None:
    url = "https://x.example/v1/chat/completions"
    assert OPENAI_CHAT.headers("k", url=url) == {"content-type": "application/json", "authorization": "Bearer k"}
    assert OPENAI_CHAT.headers(None, url=url) == {"content-type": "application/json"}
    azure = "https://r.openai.azure.com/openai/deployments/gpt/chat/completions"
    assert OPENAI_CHAT.headers("k", url=azure) == {"content-type": "application/json", "api-key": "k"}
    lookalike = "https://x.example/r.openai.azure.com"
    assert "authorization" in OPENAI_CHAT.headers("k", url=lookalike)
