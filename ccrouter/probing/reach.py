"""Is a provider there, and does it take the keys? Asked without spending: its list of models, else a HEAD."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from email.utils import parsedate_to_datetime
from typing import Final, Literal, TypeAlias

import orjson

from ccrouter.config.types import ProviderConfig
from ccrouter.dialects.base import Dialect
from ccrouter.errors import ErrorDetail, UpstreamError
from ccrouter.frozen import frozen
from ccrouter.probing.listing import list_request
from ccrouter.probing.trial import LONGEST_FAILURE, shortened
from ccrouter.providers.model_lists import listed_models
from ccrouter.upstream.client import Fetched, UpstreamClient
from ccrouter.upstream.masking import masked, with_masked

REACH_SECONDS: Final = 10.0
MOST_KEYS: Final = 20
"""Of a larger pool the first so many are asked for; more at once would look like an attack."""

KeyState: TypeAlias = Literal["accepted", "refused", "unproven"]
"""`unproven`: the list is there for everybody, or there is none, so that only a real request would tell."""

Asking: TypeAlias = Callable[[str | None], Awaitable[tuple[Dialect | None, Fetched]]]
"""Asks with a key, or without; raises UpstreamError."""


@frozen
class KeyCheck:
    """One key, masked, and what became of it; `words` are the provider's where it refused."""

    key: str
    state: KeyState
    words: str = ""


@frozen
class Reach:
    """What came of asking."""

    provider: str
    seconds: float
    failure: str | None = None
    """Set when nobody answered, in words."""
    detail: ErrorDetail | None = None
    """Why it was not reached, or what it answered instead of a list; see `probing/causes.py`."""
    status: int | None = None
    """Of the first answer."""
    words: str = ""
    """What the provider said where it neither gave a list nor refused the key."""
    keys: tuple[KeyCheck, ...] = ()
    models: tuple[str, ...] | None = None
    """What it lists; None where it gave no list."""
    ahead: float | None = None
    """Seconds that this machine's clock is ahead of the provider's; None where it told no date."""


async def reach(
    client: UpstreamClient, provider: ProviderConfig, *, proxy: str | None, seconds: float = REACH_SECONDS
) -> Reach:
    """Ask the provider, once for each of its keys. Never raises for what the provider or the network does.

    `seconds` is for each request; there are at most three rounds of them.
    """
    begun = time.perf_counter()
    keys = list(dict.fromkeys(provider.api_keys))[:MOST_KEYS]

    async def ask(key: str | None) -> tuple[Dialect | None, Fetched]:
        asked = list_request(provider, key)
        dialect, url, headers = asked if asked is not None else (None, provider.api_base_url, dict[str, str]())
        method = "HEAD" if asked is None else "GET"
        fetched = await client.fetch(method, url, headers, seconds=seconds, proxy=proxy, ca_bundle=provider.ca_bundle)
        return dialect, fetched

    def told(text: str) -> str:
        return shortened(with_masked(text, provider.api_keys), LONGEST_FAILURE)

    try:
        dialect, first = await ask(keys[0] if keys else None)
    except UpstreamError as error:
        return Reach(provider.name, time.perf_counter() - begun, failure=told(str(error)), detail=error.detail)
    ahead = clock_ahead(first.headers.get("date"), time.time())
    if dialect is None:
        unproven = tuple(KeyCheck(masked(key), "unproven") for key in keys)
        return Reach(provider.name, time.perf_counter() - begun, status=first.status, keys=unproven, ahead=ahead)

    async def check(key: str, answer: Fetched | None = None) -> KeyCheck:
        try:
            answer = answer if answer is not None else (await ask(key))[1]
        except UpstreamError as error:
            return KeyCheck(masked(key), "unproven", told(str(error)))
        state, words = key_state(dialect, answer)
        return KeyCheck(masked(key), state, told(words))

    checks = tuple(await asyncio.gather(*[check(key, first if key == keys[0] else None) for key in keys]))
    if any(found.state == "accepted" for found in checks) and await _is_public(ask):
        checks = tuple(KeyCheck(found.key, "unproven") if found.state == "accepted" else found for found in checks)
    detail = None if first.status == 200 else dialect.error(first.status, first.headers, first.body).detail
    return Reach(
        provider.name,
        time.perf_counter() - begun,
        status=first.status,
        detail=detail,
        words="" if detail is None else told(detail.message),
        keys=checks,
        models=models_in(first),
        ahead=ahead,
    )


async def _is_public(ask: Asking) -> bool:
    """Whether the list is given to those without a key, too: then it says nothing of the key."""
    try:
        return (await ask(None))[1].status == 200
    except UpstreamError:
        return False


def key_state(dialect: Dialect, answer: Fetched) -> tuple[KeyState, str]:
    """What the answer to a request for the list says about the key, and the words of a refusal."""
    if answer.status == 200:
        return "accepted", ""
    detail = dialect.error(answer.status, answer.headers, answer.body).detail
    # Gemini refuses a key with 400 (https://ai.google.dev/gemini-api/docs/troubleshooting).
    bad_key = answer.status == 400 and "api key" in detail.message.lower()
    return ("refused", detail.message) if answer.status in {401, 403} or bad_key else ("unproven", "")


def models_in(answer: Fetched) -> tuple[str, ...] | None:
    """The models that the answer lists; None where it is no list."""
    if answer.status != 200:
        return None
    try:
        return listed_models(orjson.loads(answer.body))
    except orjson.JSONDecodeError:
        return None


def clock_ahead(date: str | None, now: float) -> float | None:
    """By how many seconds `now` is after an answer's Date header (whole seconds); None where that is no date."""
    if date is None:
        return None
    try:
        return now - parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None
