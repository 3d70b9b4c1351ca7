"""The provider's own web search, told as Anthropic's: `server_tool_use`, `web_search_tool_result` and citations."""

import re

import orjson

from ccrouter.dialects.lenient_json import compact_json
from ccrouter.model.json import Json, JsonObject, as_list, as_object, as_str

_UNFIT = re.compile(r"[^a-zA-Z0-9_]")


class Search:
    """One search the provider ran. `sources` are (url, title), the title empty where it was not told."""

    __slots__ = ("id", "query", "sources")

    def __init__(self, id_: str, query: str, sources: list[tuple[str, str]]) -> None:
        self.id = id_
        self.query = query
        self.sources = sources

    def use(self) -> JsonObject:
        """The block that says that it was run; its input follows as a delta."""
        return {"type": "server_tool_use", "id": self.id, "name": "web_search", "input": {}}

    def input(self) -> str:
        """The input, as JSON text."""
        return compact_json({"query": self.query})


class Searches:
    """Follows the searches of one reply, and the sources its text cites."""

    def __init__(self) -> None:
        self._searches: list[Search] = []
        self._cited: dict[str, str] = {}

    @property
    def count(self) -> int:
        """How many were run."""
        return len(self._searches)

    def begin(self, item: JsonObject) -> Search | None:
        """A finished `web_search_call`, or None when it only looked into a page that an earlier one found."""
        action = as_object(item.get("action"))
        if action is None:  # xAI: the call of a function of its own
            action = _parsed(as_str(item.get("arguments")) or "")
            action = {**action, "type": "search" if "query" in action else item.get("name")}
        query = as_str(action.get("query")) or " ".join(_texts(action.get("queries")))
        if action.get("type") != "search" and not query:
            return None
        number = len(self._searches)
        id_ = _UNFIT.sub("_", as_str(item.get("id")) or str(number))
        search = Search(f"srvtoolu_{id_}", query, _sources(action.get("sources")))
        if any(known.id == search.id for known in self._searches):
            search.id = f"{search.id}_{number}"
        self._searches.append(search)
        return search

    def cite(self, annotation: JsonObject) -> JsonObject | None:
        """A citation delta for a `url_citation`, or None for any other annotation."""
        url = as_str(annotation.get("url"))
        if annotation.get("type") != "url_citation" or not url:
            return None
        title = as_str(annotation.get("title")) or ""
        self._cited[url] = self._cited.get(url) or title
        location: JsonObject = {
            "type": "web_search_result_location",
            "url": url,
            "title": title or None,
            "encrypted_index": "",
            "cited_text": "",
        }
        return {"type": "citations_delta", "citation": location}

    def results(self) -> list[JsonObject]:
        """The result block of each search. What was cited and is no search's own counts as found by the last one."""
        titles = {_bare(url): title for url, title in self._cited.items()}
        own = {_bare(url) for search in self._searches for url, _ in search.sources}
        blocks: list[JsonObject] = []
        for search in self._searches:
            found = [(url, title or titles.get(_bare(url), "")) for url, title in search.sources]
            if search is self._searches[-1]:
                found += [(url, title) for url, title in self._cited.items() if _bare(url) not in own]
            content: list[Json] = [_result(url, title) for url, title in found]
            blocks.append({"type": "web_search_tool_result", "tool_use_id": search.id, "content": content})
        return blocks


def _result(url: str, title: str) -> JsonObject:
    return {"type": "web_search_result", "title": title or url, "url": url, "encrypted_content": "", "page_age": None}


def _sources(value: Json) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for entry in as_list(value) or ():
        fields = as_object(entry) or {}
        url = as_str(fields.get("url"))
        if url:
            found.setdefault(url, as_str(fields.get("title")) or "")
    return list(found.items())


def _bare(url: str) -> str:
    """`url` without the mark that OpenAI puts on cited ones (`?utm_source=chatgpt.com`, `…=openai`)."""
    return re.sub(r"[?&]utm_source=[^&#]*", "", url)


def _texts(value: Json) -> list[str]:
    return [entry for entry in as_list(value) or () if isinstance(entry, str)]


def _parsed(text: str) -> JsonObject:
    try:
        return as_object(orjson.loads(text)) or {}
    except ValueError:
        return {}
