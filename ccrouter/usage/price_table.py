"""The list prices that ship with the package: `data/prices.json`, from genai-prices (`data/README.md`).

The library itself takes 0.7 s to import and 42 MB, which a daemon that promises 70 MB for everything cannot spend. The
table is read when the first price is asked for, and what was found is remembered by address and model, not the table:
the first look takes 9 ms and leaves 2 MB, others 2 ms (Python 3.11).
"""

import re
from datetime import UTC, date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Final, NotRequired, TypeAlias, TypedDict

import orjson

from ccrouter.frozen import frozen
from ccrouter.usage.prices import Price, Rate

REMEMBERED: Final = 512

_COMPACT_DATE = re.compile(r"-(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)")


_Rate: TypeAlias = "float | tuple[float, *tuple[tuple[int, float], ...]]"
"""A number, or [base, [start, rate], …]."""
_Match: TypeAlias = "str | _Clause"
_Clause = TypedDict(
    "_Clause",
    {"starts": str, "ends": str, "contains": str, "regex": str, "or": list[_Match], "and": list[_Match]},
    total=False,
)
"""One of these."""
_Prices = TypedDict(
    "_Prices",
    {
        "input": _Rate,
        "output": _Rate,
        "cache_read": NotRequired[_Rate],
        "cache_write": NotRequired[_Rate],
        "cache_write_1h": NotRequired[_Rate],
        "searches": NotRequired[float],
        "requests": NotRequired[float],
        "from": NotRequired[str],
        "daily": NotRequired[tuple[str, str]],
    },
)


class _Provider(TypedDict):
    id: str
    api: str
    also: list[str]
    models: list[tuple[_Match, list[_Prices]]]


@frozen
class Conditional:
    """A price with the time in which it holds."""

    price: Price
    since: date | None = None
    daily: tuple[time, time] | None = None
    """Between these times of each day, in UTC; over midnight where the second comes first."""

    def holds(self, moment: datetime) -> bool:
        """Whether this is the price at `moment` (in UTC)."""
        if self.since is not None and moment.date() < self.since:
            return False
        if self.daily is None:
            return True
        begin, end = self.daily
        now = moment.time()
        return begin <= now < end if begin <= end else now >= begin or now < end


def list_price(api_base_url: str, model: str, moment: datetime) -> Price | None:
    """The list price of a model at an address; None where the table does not know one of them.

    `moment`: when it was used, with a time zone.
    """
    found = _found(api_base_url, model)
    if not found:
        return None
    utc = moment.astimezone(UTC)
    return next((entry.price for entry in reversed(found) if entry.holds(utc)), found[0].price)


@lru_cache(REMEMBERED)
def _found(api_base_url: str, model: str) -> tuple[Conditional, ...]:
    if "/coding" in api_base_url:
        return ()  # plans for a fixed sum a month (Z.ai, Kimi), beside the same models by the token
    providers = _providers()
    provider = next((one for one in providers if re.match(one["api"], api_base_url)), None)
    if provider is None:
        return ()
    sellers = [provider, *(one for name in provider["also"] for one in providers if one["id"] == name)]
    name = model.lower()
    for spelling in dict.fromkeys((name, _COMPACT_DATE.sub(r"-\1-\2-\3", name))):
        for seller in sellers:
            for match, prices in seller["models"]:
                if matches(match, spelling):
                    return tuple([_conditional(entry) for entry in prices])
    return ()


def _providers() -> "list[_Provider]":
    # Not by importlib.resources: that loads zipfile, 1.4 MB for nothing.
    return orjson.loads((Path(__file__).parents[1] / "data" / "prices.json").read_bytes())["providers"]


def matches(match: "_Match", model: str) -> bool:
    """Whether a model's name (in lower case) meets a condition of the table (`tests/prices/library.py` writes them)."""
    if isinstance(match, str):
        return match == model
    if "starts" in match:
        return model.startswith(match["starts"])
    if "ends" in match:
        return model.endswith(match["ends"])
    if "contains" in match:
        return match["contains"] in model
    if "regex" in match:
        return re.search(match["regex"], model) is not None
    if "or" in match:
        return any(matches(one, model) for one in match["or"])
    return all(matches(one, model) for one in match.get("and", ()))


def _conditional(entry: "_Prices") -> Conditional:
    daily = entry.get("daily")
    since = entry.get("from")
    return Conditional(
        Price(
            input=_rate(entry["input"]),
            output=_rate(entry["output"]),
            cache_read=_rate(entry["cache_read"]) if "cache_read" in entry else None,
            cache_write=_rate(entry["cache_write"]) if "cache_write" in entry else None,
            cache_write_1h=_rate(entry["cache_write_1h"]) if "cache_write_1h" in entry else None,
            searches=entry.get("searches"),
            requests=entry.get("requests", 0.0),
        ),
        None if since is None else date.fromisoformat(since),
        None if daily is None else (time.fromisoformat(daily[0]), time.fromisoformat(daily[1])),
    )


def _rate(value: "_Rate") -> Rate:
    return value if isinstance(value, int | float) else ((0, value[0]), *value[1:])
