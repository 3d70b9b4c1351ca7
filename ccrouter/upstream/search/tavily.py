"""Tavily (docs.tavily.com/documentation/api-reference/endpoint/search)."""

from ccrouter.dialects.web_search import SearchResult
from ccrouter.model.json import Json, JsonObject
from ccrouter.upstream.search.backend import Http, results_in


class Tavily:
    """Tavily's search API; the key goes in a header."""

    def __init__(self, http: Http, url: str, api_key: str | None) -> None:
        self._http = http
        self._url = url.removesuffix("/search")
        self._headers = {"authorization": f"Bearer {api_key}"} if api_key else {}

    async def search(
        self, query: str, *, max_results: int, allowed: tuple[str, ...] = (), blocked: tuple[str, ...] = ()
    ) -> list[SearchResult]:
        """See SearchBackend."""
        body: JsonObject = {"query": query, "max_results": max_results, "search_depth": "basic"}
        if allowed:
            body["include_domains"] = list[Json](allowed)
        if blocked:
            body["exclude_domains"] = list[Json](blocked)
        answer = await self._http.json("POST", f"{self._url}/search", self._headers, body)
        return results_in(
            answer.get("results"),
            text="content",
            age=("published_date",),
            limit=max_results,
            allowed=allowed,
            blocked=blocked,
        )
