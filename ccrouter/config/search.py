"""The `search` part of a config: which engine answers web searches."""

from collections.abc import Mapping
from typing import Final, cast

from ccrouter.config.report import Report
from ccrouter.config.types import SearchBackendName, SearchConfig
from ccrouter.config.urls import CREDENTIALS_WARNING, holds_credentials, is_http_url
from ccrouter.model.json import Json, as_int, as_object, as_str

DEFAULT_URLS: Final[Mapping[str, str]] = {
    "searxng": "",
    "tavily": "https://api.tavily.com",
    "brave": "https://api.search.brave.com/res/v1",
}
NEEDS_KEY: Final = frozenset({"tavily", "brave"})
DEFAULT_RESULTS: Final = 5


def read_search(value: Json, report: Report) -> SearchConfig | None:
    """The search backend, None where none is configured. Wrong types are the schema check's to tell."""
    entry = as_object(value)
    backend = as_str(entry.get("backend")) if entry is not None else None
    if entry is None or backend not in DEFAULT_URLS:
        return None
    url = (as_str(entry.get("url")) or "").strip() or DEFAULT_URLS[backend]
    if not url:
        fix = 'Write "url": "http://localhost:8080" or wherever your instance is'
        report.error('"url" is missing: there is no SearXNG for everybody', fix, pointer="/search")
    elif not is_http_url(url):
        report.error("must be an http or https URL", pointer="/search/url")
    elif holds_credentials(url):
        report.warning(CREDENTIALS_WARNING, pointer="/search/url")
    key = (as_str(entry.get("api_key")) or "").strip()
    if variable := report.unset("/search/api_key"):
        key = ""
        report.warning(f"no key: the variable {variable} is not set", pointer="/search/api_key")
    elif not key and backend in NEEDS_KEY:
        report.error(f'"api_key" is missing: {backend} answers nobody without one', pointer="/search")
    elif any(character < " " for character in key):
        report.error("a key must be one line of text", "Take the line break out of it", pointer="/search/api_key")
    results = as_int(entry.get("max_results")) or DEFAULT_RESULTS
    return SearchConfig(cast(SearchBackendName, backend), url.rstrip("/"), key or None, results)
