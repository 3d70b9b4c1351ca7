"""A request of Claude Code's agent, and providers of different families and dialects."""

from ccrouter.config.types import ProviderConfig
from ccrouter.model.request import Tool

CLAUDE_CODE = tuple(
    [
        Tool(name, f"{name} does what it says.", {"type": "object", "properties": {}})
        for name in ("Bash", "Read", "Edit", "Write")
    ]
)

PROVIDERS = (
    ProviderConfig("deepseek", "https://deepseek.example/v1", ("k",), ("deepseek-chat",)),
    ProviderConfig("google", "https://google.example/v1beta", ("k",), ("gemini-2.5-pro",)),
    ProviderConfig("openai", "https://openai.example/v1/responses", ("k",), ("gpt-5.2",)),
    ProviderConfig("moonshot", "https://moonshot.example/anthropic", ("k",), ("kimi-k2.5",)),
    ProviderConfig("anthropic", "https://anthropic.example/v1/messages", ("k",), ("claude-opus-4-8",)),
    ProviderConfig("openrouter", "https://openrouter.example/v1", ("k",), ("anthropic/claude-opus-4.8",)),
    ProviderConfig("somewhere", "https://somewhere.example/v1", ("k",), ("my-model",)),
)
