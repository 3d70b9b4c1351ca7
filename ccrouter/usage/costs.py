"""What a provider's answers cost: by the config, by its own word, by the list."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from ccrouter.config.types import ProviderConfig
from ccrouter.model.events import Usage
from ccrouter.providers.resolve import runs_for_free
from ccrouter.usage.price_table import list_price
from ccrouter.usage.prices import FREE, price_for, total

TELLS_DOLLARS: Final = frozenset({"openrouter.ai"})
"""Hosts whose `usage.cost` is in US dollars (openrouter.ai/docs, usage accounting). Elsewhere the number may mean
anything."""


def cost_of(provider: ProviderConfig, model: str, answers: Sequence[Usage], moment: datetime) -> float | None:
    """US dollars for the answers of one model; None where no price is known, rather than a wrong one.

    Each answer is priced apart, as some prices go by the size of the prompt. `moment` has a time zone.
    """
    price = price_for(provider.prices, model)
    if price is None:
        told = told_cost(provider.api_base_url, answers)
        if told is not None:
            return told
        if runs_for_free(provider, model):
            return FREE
        price = list_price(provider.api_base_url, model, moment)
    return None if price is None else total(price.of(usage) for usage in answers)


def told_cost(api_base_url: str, answers: Sequence[Usage]) -> float | None:
    """What the provider says that the answers cost."""
    return total(usage.cost for usage in answers) if tells_dollars(api_base_url) else None


@lru_cache(512)
def tells_dollars(api_base_url: str) -> bool:
    """Whether the provider's own word on costs is in US dollars."""
    try:
        return urlsplit(api_base_url).hostname in TELLS_DOLLARS
    except ValueError:
        return False
