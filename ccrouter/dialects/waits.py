"""How long a provider asks to be left alone: in headers, in Google's details, in words. Pure: no clock.

A point in time (an HTTP date, seconds since the epoch, RFC 3339) is measured from the answer's own `date` header, so
that the clocks of the two machines need not agree.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

from ccrouter.model.json import Json, as_list, as_object, as_str

_RESET = re.compile(r"(?:^|-)ratelimit-(?:.+-)?reset(?:-|$)")
_WAIT = re.compile(
    r"(?:try again|retry|wait)[^.\d]{0,30}?"
    r"((?:\d+(?:\.\d+)?\s*(?:milliseconds?|ms|hours?|h|minutes?|min|m|seconds?|sec|s)\s*)+)",
    re.IGNORECASE,
)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|mil|h|s|m|d)", re.IGNORECASE)
_SECONDS: Final = {"ms": 0.001, "mil": 0.001, "d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
_EPOCH: Final = 1e9
"""Numbers from here on are points in time, not waits: 1e9 seconds are 31 years."""
_EPOCH_MS: Final = 1e12


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from `retry-after-ms` (Azure) or `retry-after`, in seconds or as a date."""
    lower = _lower(headers)
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            wait = float(lower.get(name, "")) * unit
        except ValueError:
            continue
        if 0 <= wait < float("inf"):
            return wait
    return _until(_http_date(lower.get("retry-after")), lower)


def reset_of_limits(headers: Mapping[str, str]) -> float | None:
    """Seconds until the last of the exhausted limits is reset; None where no header says that one is exhausted.

    A limit is a pair of headers `…ratelimit-…reset…` and `…ratelimit-…remaining…`: OpenAI and Groq
    (`x-ratelimit-reset-tokens: 6m0s`), Cerebras (`…-requests-day`, seconds), OpenRouter (`x-ratelimit-reset`,
    milliseconds since the epoch), Anthropic (`anthropic-ratelimit-tokens-reset`, RFC 3339), the IETF's draft
    (`ratelimit-reset`, seconds). Groq's requests are per day and its tokens per minute: what is not exhausted, says
    nothing of how long to wait.
    """
    lower = _lower(headers)
    return max(_exhausted(lower), default=None)


def _exhausted(headers: Mapping[str, str]) -> Iterator[float]:
    for name, value in headers.items():
        if _RESET.search(name) is None:
            continue
        try:
            left = float(headers.get(name.replace("reset", "remaining"), ""))
        except ValueError:
            continue
        wait = _reset(value, headers) if left <= 0 else None
        if wait is not None:
            yield wait


def _reset(value: str, headers: Mapping[str, str]) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return seconds_of(value) if _DURATION.match(value.strip()) and "T" not in value else _rfc3339(value, headers)
    if not 0 <= number < float("inf"):
        return None
    if number >= _EPOCH:
        return _until(number / 1000 if number >= _EPOCH_MS else number, headers)
    return number


def _rfc3339(value: str, headers: Mapping[str, str]) -> float | None:
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return _until(moment.timestamp(), headers) if moment.tzinfo is not None else None


def _until(moment: float | None, headers: Mapping[str, str]) -> float | None:
    """Seconds from the answer's own date to `moment` (since the epoch); None without a date."""
    now = _http_date(headers.get("date"))
    return None if moment is None or now is None else max(0.0, moment - now)


def _http_date(value: str | None) -> float | None:
    try:
        return parsedate_to_datetime(value).timestamp() if value else None
    except (ValueError, OverflowError):
        return None


def wait_of_details(details: Json) -> float | None:
    """Google's `details: [{retryDelay: "38s"}]`."""
    for detail in as_list(details) or ():
        fields = as_object(detail)
        delay = as_str(fields.get("retryDelay")) if fields is not None else None
        if delay:
            return seconds_of(delay)
    return None


def wait_of_text(message: str) -> float | None:
    """Seconds from words such as `Please try again in 5.289s`, `1m30s`, `20ms` or `retry after 30 seconds`."""
    found = _WAIT.search(message)
    return seconds_of(found[1]) if found else None


def seconds_of(text: str) -> float | None:
    """Seconds of a duration such as `1m30s`; None where there is none in `text`."""
    parts = _DURATION.findall(text)
    return round(sum(float(number) * _SECONDS[unit.lower()] for number, unit in parts), 3) if parts else None


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
