"""What a search backend offers, and what all of them share: one interface, HTTP, errors in words."""

import html
import re
from collections.abc import Iterable, Mapping
from typing import Final, Protocol
from urllib.parse import urlsplit

import orjson

from ccrouter.config.urls import place_of
from ccrouter.dialects.web_search import ErrorCode, SearchResult
from ccrouter.errors import CCRouterError, UpstreamError
from ccrouter.frozen import frozen
from ccrouter.model.json import Json, JsonObject, as_list, as_object, as_str
from ccrouter.upstream.client import UpstreamClient

SECONDS: Final = 20.0
"""How long a search may take in all: the client shows its first warning after 20 s of silence."""
LONGEST_TEXT: Final = 2_000
"""Characters of one result's text that are kept: they go into a prompt, and with the message into every later one."""
MOST_ASKED: Final = 20
"""What every engine gives at once."""


class SearchError(CCRouterError):
    """A search failed. The message says it in words, without keys; `code` is Anthropic's word for it, `status` the
    engine's where it gave one."""

    def __init__(self, message: str, code: ErrorCode = "unavailable", *, status: int | None = None) -> None:
        super().__init__(message)
        self.code: ErrorCode = code
        self.status = status


class SearchBackend(Protocol):
    """A search engine."""

    async def search(
        self, query: str, *, max_results: int, allowed: tuple[str, ...] = (), blocked: tuple[str, ...] = ()
    ) -> list[SearchResult]:
        """At most `max_results` links, best first; where `allowed` names domains only theirs, never those of `blocked`.

        Raises:
            SearchError: the engine could not be reached, refused, or answered nonsense.
        """
        ...


@frozen
class Http:
    """JSON over the daemon's one client."""

    client: UpstreamClient
    proxy: str | None

    async def json(
        self, method: str, url: str, headers: Mapping[str, str], body: JsonObject | None = None
    ) -> JsonObject:
        """The JSON object that a 2xx answer holds.

        Raises:
            SearchError: anything else.
        """
        host = place_of(url)
        sent = {"accept": "application/json", **headers}
        data = None
        if body is not None:
            sent["content-type"] = "application/json"
            data = orjson.dumps(body)
        try:
            answer = await self.client.fetch(method, url, sent, data, seconds=SECONDS, proxy=self.proxy)
        except UpstreamError as error:
            raise SearchError(f"the search backend cannot be used: {error.detail.message}") from error
        try:
            value = as_object(orjson.loads(answer.body))
        except orjson.JSONDecodeError:
            value = None
        if not 200 <= answer.status < 300:
            raise refused(host, answer.status, value)
        if value is None:
            raise SearchError(f"the search backend at {host} did not answer with JSON")
        return value


def refused(host: str, status: int, answer: JsonObject | None) -> SearchError:
    """A status other than 2xx in words."""
    said = _said(answer)
    told = f"{status}: {said}" if said else str(status)
    if status in {401, 403}:
        return SearchError(
            f"the search backend at {host} refused access ({told}); check `search` in the config", status=status
        )
    if status in {429, 432, 433}:  # Tavily's own two: the plan's limit, and that of pay as you go
        return SearchError(
            f"the search backend at {host} allows no more searches for now ({told})", "too_many_requests"
        )
    return SearchError(f"the search backend at {host} answered {told}")


def _said(answer: Json) -> str:
    """The words in an error body, wherever they are: `{detail: {error}}`, `{error: {detail}}`, `{message}`, …"""
    if isinstance(answer, str):
        return " ".join(answer.split())[:200]
    fields = as_object(answer) or {}
    for name in ("error", "detail", "message", "description"):
        if fields.get(name):
            return _said(fields[name])
    return ""


def results_in(
    entries: Json, *, text: str, age: tuple[str, ...], limit: int, allowed: tuple[str, ...], blocked: tuple[str, ...]
) -> list[SearchResult]:
    """The results of an engine's list: `url` and `title`, the fields that hold text and age by name, no link twice."""
    results: dict[str, SearchResult] = {}
    for entry in as_list(entries) or ():
        fields = as_object(entry) or {}
        url = as_str(fields.get("url")) or ""
        if not url.startswith(("http://", "https://")) or url in results or not is_wanted(url, allowed, blocked):
            continue
        told = next((found for name in age if (found := as_str(fields.get(name)))), None)
        shown = plain(as_str(fields.get(text)) or "")[:LONGEST_TEXT]
        results[url] = SearchResult(url, plain(as_str(fields.get("title")) or url), shown, told)
        if len(results) == limit:
            break
    return list(results.values())


def is_wanted(url: str, allowed: Iterable[str], blocked: Iterable[str]) -> bool:
    """Whether the client wants links of this site. A domain stands for its subdomains too, a path for what is below."""
    allowed = tuple(allowed)
    return (not allowed or any(_within(url, domain) for domain in allowed)) and not any(
        _within(url, domain) for domain in blocked
    )


def _within(url: str, domain: str) -> bool:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return False
    name, _, path = domain.lower().removeprefix("https://").removeprefix("http://").partition("/")
    name = name.removeprefix("*.").strip(".")
    at_home = host == name or host.endswith(f".{name}")
    return bool(name) and at_home and parts.path.lower().startswith(f"/{path}" if path else "")


def restricted(query: str, allowed: tuple[str, ...]) -> str:
    """`query` with the sites it is restricted to, as all large engines understand it."""
    if not allowed:
        return query
    return f"{query} ({' OR '.join(f'site:{domain}' for domain in allowed)})"


def asked(limit: int, allowed: tuple[str, ...], blocked: tuple[str, ...]) -> int:
    """How many results to ask for, so that enough are left when those of other sites are taken out."""
    return min(MOST_ASKED, limit * 3 if allowed or blocked else limit)


def plain(text: str) -> str:
    """`text` without the HTML that engines mark hits with, in one line."""
    return " ".join(html.unescape(re.sub(r"</?[a-zA-Z][^<>]*>", "", text)).split())
