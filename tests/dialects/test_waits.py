"""How long providers ask to be left alone, in each of their spellings."""

import pytest

from ccrouter.dialects.waits import reset_of_limits, retry_after, wait_of_text

DATE = {"Date": "Mon, 30 Nov 2026 06:00:00 GMT"}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "30"}, 30.0),
        ({"retry-after-ms": "1500", "Retry-After": "30"}, 1.5),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon", **DATE}, None),
        ({"retry-after": "Mon, 30 Nov 2026 06:00:50 GMT", **DATE}, 50.0),
        ({"retry-after": "Mon, 30 Nov 2026 05:59:00 GMT", **DATE}, 0.0),
        ({"retry-after": "Mon, 30 Nov 2026 06:00:50 GMT"}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        # Groq: a day's requests are left, the minute's tokens are not.
        (
            {
                "x-ratelimit-remaining-requests": "14370",
                "x-ratelimit-reset-requests": "2m59.56s",
                "x-ratelimit-remaining-tokens": "0",
                "x-ratelimit-reset-tokens": "7.66s",
            },
            7.66,
        ),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s"}, 360.0),
        ({"x-ratelimit-remaining-tokens": "12", "x-ratelimit-reset-tokens": "20ms"}, None),
        ({"x-ratelimit-reset-tokens": "20ms"}, None),
        # Two are exhausted: the later one counts.
        (
            {
                "X-RateLimit-Remaining-Requests-Minute": "0",
                "X-RateLimit-Reset-Requests-Minute": "11.5",
                "X-RateLimit-Remaining-Tokens-Minute": "0",
                "X-RateLimit-Reset-Tokens-Minute": "31.25",
            },
            31.25,
        ),
        # OpenRouter: milliseconds since the epoch; others seconds.
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1796018460000", **DATE}, 60.0),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1796018460", **DATE}, 60.0),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1796018460"}, None),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "9"}, 9.0),
        (
            {
                "anthropic-ratelimit-requests-remaining": "0",
                "anthropic-ratelimit-requests-reset": "2026-11-30T06:01:30Z",
                **DATE,
            },
            90.0,
        ),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "nonsense"}, None),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "-4"}, None),
        ({"ratelimit-remaining": "nan", "ratelimit-reset": "4"}, None),
    ],
)
def test_reset_of_limits(headers: dict[str, str], seconds: float | None) -> None:
    assert reset_of_limits(headers) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Please try again in 1.6s.", 1.6),
        ("Please try again in 1m30s", 90.0),
        ("Please try again in 20ms.", 0.02),
        ("retry after 30 seconds", 30.0),
        ("Please retry in 2 minutes", 120.0),
        ("try again in 6m0s", 360.0),
        ("try again later", None),
        ("limited to 1 requests per minute. Please retry shortly.", None),
        ("Limit 30000, Used 29900, Requested 900", None),
    ],
)
def test_wait_in_words(text: str, seconds: float | None) -> None:
    assert wait_of_text(text) == seconds
