"""SearXNG, the meta search engine that people run themselves (docs.searxng.org/dev/search_api.html)."""

from urllib.parse import urlencode

from ccrouter.dialects.web_search import SearchResult
from ccrouter.upstream.search.backend import Http, SearchError, restricted, results_in

NO_JSON = (
    "SearXNG refused (403). Most instances do not allow the JSON format: in its settings.yml write "
    "search: {formats: [html, json]}, and take this machine out of the limiter"
)


class SearXNG:
    """The JSON API of an instance at `url`. `api_key` is a bearer token, for instances behind a gate."""

    def __init__(self, http: Http, url: str, api_key: str | None) -> None:
        self._http = http
        self._url = url.removesuffix("/search")
        self._headers = {"authorization": f"Bearer {api_key}"} if api_key else {}

    async def search(
        self, query: str, *, max_results: int, allowed: tuple[str, ...] = (), blocked: tuple[str, ...] = ()
    ) -> list[SearchResult]:
        """See SearchBackend. SearXNG itself knows no number of results."""
        parameters = urlencode({"q": restricted(query, allowed), "format": "json"})
        try:
            answer = await self._http.json("GET", f"{self._url}/search?{parameters}", self._headers)
        except SearchError as error:
            if error.status == 403:
                raise SearchError(NO_JSON, status=403) from error
            raise
        return results_in(
            answer.get("results"),
            text="content",
            age=("publishedDate",),
            limit=max_results,
            allowed=allowed,
            blocked=blocked,
        )
