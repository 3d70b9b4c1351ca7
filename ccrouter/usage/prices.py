"""What tokens cost: rates, and the price of one answer. Pure."""

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from ccrouter.config.types import ModelPrices
from ccrouter.frozen import frozen
from ccrouter.model.events import Usage
from ccrouter.model.json import as_int, as_object

Rate: TypeAlias = float | tuple[tuple[int, float], ...]
"""US dollars for a million; or by the size of the prompt: (above so many tokens, rate), from 0 upwards. A larger prompt
has the rate for all of its tokens."""

FREE: Final = 0.0


@frozen
class Price:
    """A model's rates. None: those tokens cost what the next wider kind does (1 h writes, writes, input)."""

    input: Rate
    output: Rate
    cache_read: Rate | None = None
    cache_write: Rate | None = None
    cache_write_1h: Rate | None = None
    searches: float | None = None
    """US dollars for a thousand web searches of the provider's own."""
    requests: float = 0.0
    """US dollars for a thousand requests."""

    def of(self, usage: Usage) -> float | None:
        """What the answer cost in US dollars; None where its usage does not tell enough."""
        if usage.input is None or usage.output is None or unusual(usage):
            return None
        read, write = usage.cache_read or 0, usage.cache_write or 0
        prompt = usage.input + read + write
        searches = searches_of(usage)
        if searches and self.searches is None:
            return None
        longer = min(write, written_for_an_hour(usage))
        write_rate = self.input if self.cache_write is None else self.cache_write
        millions = (
            usage.input * at(self.input, prompt)
            + read * at(self.input if self.cache_read is None else self.cache_read, prompt)
            + (write - longer) * at(write_rate, prompt)
            + longer * at(write_rate if self.cache_write_1h is None else self.cache_write_1h, prompt)
            + usage.output * at(self.output, prompt)
        )
        return millions / 1e6 + (searches * (self.searches or 0.0) + self.requests) / 1e3


def price_of_config(given: ModelPrices) -> Price:
    """The price that the config names."""
    return Price(given.input, given.output, given.cache_read, given.cache_write)


def at(rate: Rate, prompt: int) -> float:
    """The rate for a prompt of so many tokens."""
    if isinstance(rate, int | float):
        return rate
    return next((value for start, value in reversed(rate) if prompt > start), rate[0][1])


def searches_of(usage: Usage) -> int:
    """The web searches that the provider ran."""
    counts = as_object(usage.extras.get("server_tool_use"))
    return (as_int(counts.get("web_search_requests")) or 0) if counts is not None else 0


def written_for_an_hour(usage: Usage) -> int:
    """Of the tokens written to Anthropic's cache those that stay there for an hour."""
    kinds = as_object(usage.extras.get("cache_creation"))
    return (as_int(kinds.get("ephemeral_1h_input_tokens")) or 0) if kinds is not None else 0


def unusual(usage: Usage) -> bool:
    """True where the provider says that the answer was not served at the standard rates."""
    tier = usage.extras.get("service_tier")
    return usage.extras.get("speed") == "fast" or tier in UNUSUAL_TIERS


UNUSUAL_TIERS: Final = frozenset({"priority", "batch", "flex"})


def total(costs: Iterable[float | None]) -> float | None:
    """The costs together; None where one is not known, or there are none."""
    known: list[float] = []
    for cost in costs:
        if cost is None:
            return None
        known.append(cost)
    return sum(known) if known else None


def price_for(prices: Mapping[str, ModelPrices], model: str) -> Price | None:
    """The price that the config names for a model, or for all others (`*`)."""
    given = prices.get(model) or prices.get("*")
    return None if given is None else price_of_config(given)
