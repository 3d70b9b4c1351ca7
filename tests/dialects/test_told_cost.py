"""The cost among the token counts. The shapes are OpenRouter's and Perplexity's (recordings, openrouter.ai/docs)."""

from typing import Any

import pytest

from ccrouter.dialects.anthropic.usage import decode_usage, encode_usage
from ccrouter.dialects.openai_chat.usage import read_usage
from ccrouter.dialects.told_cost import told_cost


@pytest.mark.parametrize(
    ("usage", "cost"),
    [
        ({}, None),
        ({"cost": 0.0037, "is_byok": False, "cost_details": {"upstream_inference_cost": 0.0037}}, 0.0037),
        ({"cost": 0}, 0.0),
        # The user's own key: the fee, and what the maker takes.
        ({"cost": 0.01, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.2}}, pytest.approx(0.21)),
        ({"cost": 0.01, "is_byok": True, "cost_details": {"upstream_inference_cost": None}}, None),
        ({"cost": {"total_cost": 0.006}}, None),
        ({"cost": True}, None),
        ({"cost": -1}, None),
        ({"cost": float("nan")}, None),
    ],
)
def test_told_cost(usage: Any, cost: float | None) -> None:
    assert told_cost(usage) == cost


def test_it_is_read_in_both_shapes_and_not_told_on() -> None:
    chat = read_usage({"prompt_tokens": 10, "completion_tokens": 2, "cost": 0.5})
    assert chat is not None
    assert chat.cost == 0.5
    assert "cost" not in encode_usage(chat)
    assert decode_usage({"input_tokens": 10, "output_tokens": 2, "cost": 0.5}).cost == 0.5
