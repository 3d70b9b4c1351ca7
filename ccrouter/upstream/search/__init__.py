"""Search engines that answer web searches for models whose provider does not search."""

from ccrouter.config.types import SearchConfig
from ccrouter.upstream.client import UpstreamClient
from ccrouter.upstream.search.backend import Http, SearchBackend, SearchError
from ccrouter.upstream.search.brave import Brave
from ccrouter.upstream.search.searxng import SearXNG
from ccrouter.upstream.search.tavily import Tavily

__all__ = ["SearchBackend", "SearchError", "make_backend"]


def make_backend(config: SearchConfig, client: UpstreamClient, proxy: str | None = None) -> SearchBackend:
    """The configured backend, on the daemon's one client. Cheap: it holds nothing of its own."""
    http = Http(client, proxy)
    match config.backend:
        case "searxng":
            return SearXNG(http, config.url, config.api_key)
        case "tavily":
            return Tavily(http, config.url, config.api_key)
        case "brave":
            return Brave(http, config.url, config.api_key)
