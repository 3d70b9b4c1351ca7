"""The provider's own web search: its calls, and the sources that its text cites."""

import re

import orjson

from ccrouter.dialects.web_search import SearchResult, search_id
from ccrouter.frozen import frozen
from ccrouter.model.json import Json, JsonObject, as_list, as_object, as_str


@frozen
class Search:
    """One search the provider ran. The titles of `sources` are empty where they were not told."""

    id: str
    query: str
    sources: tuple[SearchResult, ...]


class Searches:
    """Follows the searches of one reply, and the sources its text cites."""

    def __init__(self) -> None:
        self._searches: list[Search] = []
        self._cited: dict[str, SearchResult] = {}

    @property
    def count(self) -> int:
        """How many were run."""
        return len(self._searches)

    def begin(self, item: JsonObject, seed: str) -> Search | None:
        """A finished `web_search_call`, or None when it only looked into a page that an earlier one found."""
        action = as_object(item.get("action"))
        if action is None:  # xAI: the call of a function of its own
            action = _parsed(as_str(item.get("arguments")) or "")
            action = {**action, "type": "search" if "query" in action else item.get("name")}
        queries = [query for entry in as_list(action.get("queries")) or () if (query := as_str(entry))]
        query = as_str(action.get("query")) or " ".join(queries)
        if action.get("type") != "search" and not query:
            return None
        identity = search_id(f"{seed}/{len(self._searches)}/{as_str(item.get('id')) or ''}")
        search = Search(identity, query, _sources(action.get("sources")))
        self._searches.append(search)
        return search

    def cite(self, annotation: JsonObject) -> SearchResult | None:
        """The page that a `url_citation` cites, or None for any other annotation."""
        url = as_str(annotation.get("url"))
        if annotation.get("type") != "url_citation" or not url:
            return None
        result = SearchResult(url, as_str(annotation.get("title")) or "")
        if url not in self._cited or not self._cited[url].title:
            self._cited[url] = result
        return result

    def results(self) -> list[tuple[str, list[SearchResult]]]:
        """The links of each search, by its id. What was cited and is no search's own was found by the last one."""
        titles = {_bare(url): result.title for url, result in self._cited.items()}
        own = {_bare(source.url) for search in self._searches for source in search.sources}
        found: list[tuple[str, list[SearchResult]]] = []
        for search in self._searches:
            links = [
                SearchResult(source.url, source.title or titles.get(_bare(source.url), "")) for source in search.sources
            ]
            if search is self._searches[-1]:
                links += [result for url, result in self._cited.items() if _bare(url) not in own]
            found.append((search.id, links))
        return found


def _sources(value: Json) -> tuple[SearchResult, ...]:
    found: dict[str, SearchResult] = {}
    for entry in as_list(value) or ():
        fields = as_object(entry) or {}
        url = as_str(fields.get("url"))
        if url:
            found.setdefault(url, SearchResult(url, as_str(fields.get("title")) or ""))
    return tuple(found.values())


def _bare(url: str) -> str:
    """`url` without the mark that OpenAI puts on cited ones (`?utm_source=chatgpt.com`, `…=openai`)."""
    return re.sub(r"[?&]utm_source=[^&#]*", "", url)


def _parsed(text: str) -> JsonObject:
    try:
        return as_object(orjson.loads(text)) or {}
    except ValueError:
        return {}
