"""Whose price counts: the config's, the provider's own word, nothing for the own machine, the list's."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest

from ccrouter.config.types import ModelPrices, ProviderConfig
from ccrouter.model.events import Usage
from ccrouter.usage.costs import cost_of
from ccrouter.usage.price_table import Conditional, list_price
from ccrouter.usage.prices import Price

NOW = datetime(2026, 12, 1, tzinfo=UTC)
USAGE = Usage(1_000_000, 100_000)
OWN = {"own": ModelPrices(2.0, 30.0), "*": ModelPrices(1.0, 10.0)}
OPENAI = ProviderConfig("openai", "https://api.openai.com/v1")
OPENROUTER = ProviderConfig("openrouter", "https://openrouter.ai/api/v1/chat/completions")
OLLAMA = ProviderConfig("ollama", "http://localhost:11434/v1")


@pytest.mark.parametrize(
    ("provider", "model", "usage", "cost"),
    [
        (replace(OPENAI, prices=OWN), "own", USAGE, 5.0),
        (replace(OPENAI, prices=OWN), "gpt-5.2", USAGE, 2.0),
        (OPENAI, "gpt-5.2", USAGE, 1.75 + 1.4),  # openai.com/api/pricing
        (OPENAI, "no-such-model", USAGE, None),
        (OPENAI, "gpt-5.2", Usage(), None),
        (OPENAI, "gpt-5.2", Usage(100, None), None),
        (ProviderConfig("mine", "https://llm.example/v1"), "gpt-5.2", USAGE, None),
        (ProviderConfig("openai", "https://llm.example/v1"), "gpt-5.2", USAGE, None),  # a relay that bears the name
        (OPENROUTER, "openai/gpt-5.2", replace(USAGE, cost=0.125), 0.125),
        (replace(OPENROUTER, prices=OWN), "own", replace(USAGE, cost=0.125), 5.0),
        # A number that somebody else calls cost may be in any currency.
        (ProviderConfig("mine", "https://llm.example/v1"), "m", replace(USAGE, cost=0.125), None),
        (OLLAMA, "qwen3:8b", USAGE, 0.0),
        (OLLAMA, "gpt-oss:120b-cloud", USAGE, None),
        (ProviderConfig("vllm", "http://localhost:8000/v1", preset="vllm"), "m", USAGE, 0.0),
        (ProviderConfig("vllm", "https://gpu.example/v1", preset="vllm"), "m", USAGE, None),
        (ProviderConfig("litellm", "http://localhost:4000/v1", preset="litellm"), "gpt-5.2", USAGE, None),
        (ProviderConfig("zai", "https://api.z.ai/api/coding/paas/v4"), "glm-5", USAGE, None),
    ],
)
def test_cost(provider: ProviderConfig, model: str, usage: Usage, cost: float | None) -> None:
    told = cost_of(provider, model, (usage,), NOW)
    assert told == (None if cost is None else pytest.approx(cost))


def test_each_answer_is_priced_by_its_own_prompt() -> None:
    """Gemini 3 Pro takes more above 200,000 tokens: two prompts below that are not one above it."""
    gemini = ProviderConfig("gemini", "https://generativelanguage.googleapis.com/v1beta/models/")
    answer = Usage(150_000, 0)
    one = cost_of(gemini, "gemini-3-pro-preview", (answer,), NOW)
    assert one is not None
    assert cost_of(gemini, "gemini-3-pro-preview", (answer, answer), NOW) == pytest.approx(2 * one)
    assert (cost_of(gemini, "gemini-3-pro-preview", (Usage(300_000, 0),), NOW) or 0) > 2 * one


PRICE = Price(1.0, 10.0, 0.1, 1.25, 2.0, searches=10.0)


@pytest.mark.parametrize(
    ("price", "usage", "cost"),
    [
        (PRICE, Usage(1_000_000, 0, 1_000_000, 1_000_000), 1.0 + 0.1 + 1.25),
        (PRICE, Usage(0, 0, 0, 10**6, {"cache_creation": {"ephemeral_1h_input_tokens": 10**6}}), 2.0),
        (Price(1.0, 10.0), Usage(0, 0, 10**6, 10**6), 2.0),
        (PRICE, Usage(0, 0, extras={"server_tool_use": {"web_search_requests": 3}}), 0.03),
        (Price(1.0, 10.0), Usage(0, 0, extras={"server_tool_use": {"web_search_requests": 3}}), None),
        (PRICE, Usage(10, 10, extras={"service_tier": "standard"}), 0.00011),
        (PRICE, Usage(10, 10, extras={"service_tier": "priority"}), None),
        (PRICE, Usage(10, 10, extras={"speed": "fast"}), None),
        (Price(((0, 1.0), (200_000, 2.0)), 10.0), Usage(200_000, 0), 0.2),
        (Price(((0, 1.0), (200_000, 2.0)), 10.0), Usage(1, 0, 200_000), 0.400002),
    ],
)
def test_the_parts_of_a_price(price: Price, usage: Usage, cost: float | None) -> None:
    assert price.of(usage) == (None if cost is None else pytest.approx(cost))


def at(hour: int, day: int = 1) -> datetime:
    return datetime(2026, 12, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("entry", "moment", "holds"),
    [
        (Conditional(PRICE), at(0), True),
        (Conditional(PRICE, since=date(2026, 12, 2)), at(23), False),
        (Conditional(PRICE, since=date(2026, 12, 2)), at(0, 2), True),
        (Conditional(PRICE, daily=(time(8), time(16))), at(8), True),
        (Conditional(PRICE, daily=(time(8), time(16))), at(16), False),
        (Conditional(PRICE, daily=(time(16), time(1))), at(0), True),  # over midnight
        (Conditional(PRICE, daily=(time(16), time(1))), at(1), False),
    ],
)
def test_when_a_price_holds(entry: Conditional, moment: datetime, holds: bool) -> None:
    assert entry.holds(moment) is holds


def test_names_in_any_case_and_with_dates_as_they_are_written() -> None:
    names = ("gpt-5.2", "GPT-5.2", "gpt-5.2-2025-12-11", "gpt-5.2-20251211")
    assert len({str(list_price(OPENAI.api_base_url, name, NOW)) for name in names} - {"None"}) == 1
    assert list_price(OPENAI.api_base_url, names[-1], NOW) is not None
