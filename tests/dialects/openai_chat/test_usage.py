"""Token counts in Anthropic's meaning: input + cache_read + cache_write is the true prompt."""

from typing import Any

import pytest

from ccrouter.dialects.openai_chat.usage import find_usage, read_usage
from ccrouter.model.events import Usage

CASES: dict[str, tuple[dict[str, Any], Usage | None]] = {
    "OpenAI": (
        {"prompt_tokens": 100, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 60}},
        Usage(40, 7, 60),
    ),
    "no details": ({"prompt_tokens": 100, "completion_tokens": 7}, Usage(100, 7)),
    "DeepSeek": (
        {"prompt_tokens": 100, "completion_tokens": 7, "prompt_cache_hit_tokens": 60, "prompt_cache_miss_tokens": 40},
        Usage(40, 7, 60),
    ),
    "Moonshot": ({"prompt_tokens": 19, "completion_tokens": 13, "cached_tokens": 4}, Usage(15, 13, 4)),
    "Mistral": ({"prompt_tokens": 86, "completion_tokens": 7, "num_cached_tokens": 85}, Usage(1, 7, 85)),
    "a zero beside the true count": (
        {"prompt_tokens": 9, "completion_tokens": 1, "cached_tokens": 4, "prompt_tokens_details": {"cached_tokens": 0}},
        Usage(5, 1, 4),
    ),
    "OpenRouter with cache writes": (
        {
            "prompt_tokens": 2572,
            "completion_tokens": 100,
            "prompt_tokens_details": {"cached_tokens": 2240, "cache_write_tokens": 329},
        },
        Usage(3, 100, 2240, 329),
    ),
    "xAI, more cached than prompt": (
        {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 300}},
        Usage(10, 5, 300),
    ),
    "Responses names": (
        {"input_tokens": 10, "output_tokens": 5, "input_tokens_details": {"cached_tokens": 4}},
        Usage(6, 5, 4),
    ),
    "zeros tell nothing": ({"prompt_tokens": 0, "completion_tokens": 0}, None),
    "nulls": ({"prompt_tokens": None, "completion_tokens": None, "prompt_tokens_details": None}, None),
    "nonsense": ({"prompt_tokens": -5, "completion_tokens": "many"}, None),
}


@pytest.mark.parametrize(("raw", "usage"), CASES.values(), ids=CASES)
def test_read(raw: dict[str, Any], usage: Usage | None) -> None:
    assert read_usage(raw) == usage


@pytest.mark.parametrize(
    "chunk",
    [
        {"usage": {"prompt_tokens": 1}},
        {"usage": None, "x_groq": {"usage": {"prompt_tokens": 1}}},
        {"choices": [{"usage": {"prompt_tokens": 1}}]},
    ],
)
def test_find(chunk: Any) -> None:
    assert find_usage(chunk) == {"prompt_tokens": 1}


@pytest.mark.parametrize("chunk", [{}, {"usage": {}}, {"choices": []}, {"choices": [None]}, {"x_groq": {"id": "r"}}])
def test_nothing_to_find(chunk: Any) -> None:
    assert find_usage(chunk) is None
