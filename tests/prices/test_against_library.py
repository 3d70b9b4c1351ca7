"""Our figures beside those of genai-prices itself: every model of its list, several usages, several moments."""

import functools
import re
import warnings
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ccrouter.model.events import Usage
from ccrouter.usage import price_table
from ccrouter.usage.price_table import list_price

genai_prices = pytest.importorskip("genai_prices", reason="genai-prices is not installed: nothing to compare with")

from genai_prices.data import providers  # noqa: E402
from genai_prices.types import Usage as LibraryUsage  # noqa: E402

from tests.prices.__main__ import FILE  # noqa: E402
from tests.prices.library import APART, table_text  # noqa: E402

ADDRESSES = {
    "aws": "https://bedrock-runtime.eu-west-1.amazonaws.com/",
    "arcee": "https://api.arcee.ai/v1",
    "azure": "https://mine.openai.azure.com/openai",
    "baseten": "https://inference.baseten.co/v1",
    "cloudflare": "https://api.cloudflare.com/client/v4/accounts/1/ai/v1",
    "cohere": "https://api.cohere.com",
    "databricks": "https://x.cloud.databricks.com/serving-endpoints",
    "google": "https://generativelanguage.googleapis.com/v1beta/models/",
    "meta": "https://api.meta.ai/v1",
    "minimax": "https://api.minimax.io/anthropic/v1",
    "modal": "https://x.modal.run/v1",
    "moonshotai": "https://api.moonshot.ai/v1",
    "openrouter": "https://openrouter.ai/api/v1",
}
USAGES = [
    Usage(1_000, 100),
    Usage(0, 0),
    Usage(10, 2_000, 50_000, 0),
    Usage(5_000, 1_234, 20_000, 3_000),
    Usage(150_000, 20, 40_000, 10_001),
    Usage(300_000, 900, 1, 1),
    Usage(1_200_000, 1),
    Usage(100, 50, 10, 900, {"cache_creation": {"ephemeral_5m_input_tokens": 200, "ephemeral_1h_input_tokens": 700}}),
]


def sample(match: Any) -> str:
    """A name that a condition takes, as far as it is easily told."""
    for field in ("equals", "starts_with", "ends_with", "contains"):
        if (text := getattr(match, field, None)) is not None:
            return text
    parts = getattr(match, "or_", None)
    return sample(parts[-1]) if parts else "".join(sample(part) for part in getattr(match, "and_", ()))


CHAT = {"input_mtok", "output_mtok"}


def moments() -> list[datetime]:
    now = datetime.now(UTC).replace(minute=31)
    hours = [now + timedelta(hours=6 * turn) for turn in range(4)]
    return [*hours, *(now + timedelta(days=days) for days in (30, 365))]


def theirs(usage: Usage) -> LibraryUsage:
    """The same usage as the library wants it: wholes that include their parts."""
    read, write = usage.cache_read or 0, usage.cache_write or 0
    kinds: Any = usage.extras.get("cache_creation") or {}
    return LibraryUsage(
        input_tokens=(usage.input or 0) + read + write,
        output_tokens=usage.output,
        cache_read_tokens=read,
        cache_write_tokens=write,
        cache_write_1h_tokens=kinds.get("ephemeral_1h_input_tokens", 0),
    )


def priced(model: Any) -> bool:
    """Whether the table must have a price: for texts in and out, none of whose parts has a price of its own."""
    for price in [one.prices for one in model.prices] if isinstance(model.prices, list) else [model.prices]:
        given = {name: value for name, value in price.__dict__.items() if value is not None}
        if not set(given) >= CHAT:
            return False
        for name in APART & set(given):
            if given[name] != given["input_mtok" if name.startswith("input") else "output_mtok"]:
                return False
    return True


@pytest.fixture(autouse=True)
def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table is not kept between look-ups, which are few elsewhere."""
    monkeypatch.setattr(price_table, "_providers", functools.cache(price_table._providers))


@pytest.mark.parametrize("provider", providers, ids=lambda provider: provider.id)
def test_every_model_costs_what_the_library_says(provider: Any) -> None:
    address = ADDRESSES.get(provider.id) or provider.api_pattern.replace("\\", "").replace("(/|$)", "/")
    if provider.id in {"openai-decisions", "elevenlabs", "voyageai"}:
        pytest.skip("no chat models of its own, or an address that belongs to another")
    assert re.match(provider.api_pattern, address), f"give {provider.id} a sample address: {provider.api_pattern}"
    seen = 0
    for name in dict.fromkeys(name for model in provider.models for name in (model.id, sample(model.match))):
        found = provider.find_model(name, all_providers=providers)
        if found is None:
            assert list_price(address, name, moments()[0]) is None, name
            continue
        for moment in moments() if isinstance(found.prices, list) else moments()[:1]:
            price = list_price(address, name, moment)
            if price is None:
                assert not priced(found), name
                continue
            seen += 1
            for usage in USAGES:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    expected = found.calc_price(theirs(usage), provider, genai_request_timestamp=moment).total_price
                assert price.of(usage) == pytest.approx(float(expected), rel=1e-9), (name, moment, usage, price)
    assert seen or not any(priced(model) for model in provider.models)


def test_the_file_is_what_the_library_gives() -> None:
    """Whoever raises the library's version writes the file anew: `make prices`."""
    text = FILE.read_text(encoding="utf-8")
    made = re.search(r'"made": "(.*)"', text)
    assert made is not None
    moment = datetime.fromisoformat(made[1]).replace(tzinfo=UTC)
    assert f"genai-prices {genai_prices.__version__}" in text
    assert table_text(moment, genai_prices.__version__) == text
