"""Token counts in Anthropic's meaning."""

from typing import Any

import pytest

from ccrouter.dialects.gemini.usage import read_usage
from ccrouter.model.events import Usage


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({}, Usage()),
        ({"trafficType": "ON_DEMAND"}, Usage()),
        ({"promptTokenCount": 9}, Usage(input=9)),
        ({"promptTokenCount": 9, "cachedContentTokenCount": 4}, Usage(input=5, cache_read=4)),
        ({"promptTokenCount": 9, "toolUsePromptTokenCount": 5, "cachedContentTokenCount": 4}, Usage(10, None, 4)),
        ({"promptTokenCount": 9, "candidatesTokenCount": 3, "thoughtsTokenCount": 5}, Usage(9, 8)),
        ({"thoughtsTokenCount": 5}, Usage(output=5)),
        ({"promptTokenCount": 3, "cachedContentTokenCount": 4}, Usage(input=3, cache_read=4)),
        ({"promptTokenCount": -1, "candidatesTokenCount": "3"}, Usage()),
    ],
)
def test_counts(raw: Any, expected: Usage) -> None:
    assert read_usage(raw) == expected
