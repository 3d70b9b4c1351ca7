"""Brave Search (api-dashboard.search.brave.com/app/documentation/web-search)."""

from typing import Final
from urllib.parse import urlencode

from ccrouter.dialects.web_search import SearchResult
from ccrouter.model.json import as_object
from ccrouter.upstream.search.backend import Http, asked, restricted, results_in

LONGEST_QUERY: Final = 400
MOST_WORDS: Final = 50
"""Brave answers 422 to longer queries."""


class Brave:
    """Brave's web search API; the key goes in a header."""

    def __init__(self, http: Http, url: str, api_key: str | None) -> None:
        self._http = http
        self._url = url.removesuffix("/search").removesuffix("/web")
        self._headers = {"x-subscription-token": api_key} if api_key else {}

    async def search(
        self, query: str, *, max_results: int, allowed: tuple[str, ...] = (), blocked: tuple[str, ...] = ()
    ) -> list[SearchResult]:
        """See SearchBackend."""
        words = restricted(query, allowed).split()[:MOST_WORDS]
        parameters = {"q": " ".join(words)[:LONGEST_QUERY], "count": asked(max_results, allowed, blocked)}
        answer = await self._http.json("GET", f"{self._url}/web/search?{urlencode(parameters)}", self._headers)
        return results_in(
            (as_object(answer.get("web")) or {}).get("results"),
            text="description",
            age=("age", "page_age"),
            limit=max_results,
            allowed=allowed,
            blocked=blocked,
        )
