"""Web search that a chat upstream runs itself: how it is asked, and how what it found becomes Anthropic's blocks.

Vendors' pages, November 2026. xAI has no part here: its `search_parameters` answers 410 Gone and only its Responses API
searches (vercel/ai#15713).
"""

from collections.abc import Iterable
from typing import Final

import orjson

from ccrouter.dialects.lenient_json import object_list
from ccrouter.dialects.quirks import Quirks
from ccrouter.dialects.web_search import (
    SearchResult,
    domains,
    helper_query,
    max_uses,
    search_id,
    web_search_tool,
)
from ccrouter.model.json import Json, JsonObject, as_int, as_list, as_object, as_str
from ccrouter.model.request import Request, Tool

SEARCHING: Final = frozenset({"search", "web_search", "browser_search"})
"""`executed_tools[].type` of Groq's searches; others run code or open pages."""


def may_search(request: Request, quirks: Quirks) -> bool:
    """True when the request asks for web search and the provider has one."""
    return quirks.web_search_style != "none" and web_search_tool(request) is not None


def search_tools(request: Request, quirks: Quirks) -> list[Json]:
    """Entries for the body's `tools` by which the provider may search."""
    tool = web_search_tool(request)
    if tool is None or quirks.web_search_style != "openrouter" or helper_query(request) is not None:
        return []
    parameters: JsonObject = {}
    if (uses := max_uses(tool)) is not None:
        parameters["max_uses"] = uses
    parameters.update(_domain_fields(tool, "allowed_domains", "excluded_domains"))
    entry: JsonObject = {"type": "openrouter:web_search"}
    return [{**entry, "parameters": parameters} if parameters else entry]


def search_fields(request: Request, quirks: Quirks) -> JsonObject:
    """Further fields of the body that make the provider search, or say where."""
    tool = None if quirks.web_search_style == "none" else web_search_tool(request)
    if tool is None:
        return {}
    match quirks.web_search_style:
        case "openrouter" if helper_query(request) is not None:
            # Here a search was asked for; the server tool would leave it to the model whether there is one.
            plugin: JsonObject = {"id": "web", **_domain_fields(tool, "include_domains", "exclude_domains")}
            return {"plugins": [plugin]}
        case "web_search_options":
            return {"web_search_options": {}}
        case "perplexity":
            allowed, blocked = domains(tool, "allowed_domains"), domains(tool, "blocked_domains")
            names: list[Json] = [*allowed, *[f"-{domain}" for domain in blocked]]
            return {"search_domain_filter": names} if names else {}
        case "compound":
            settings = _domain_fields(tool, "include_domains", "exclude_domains")
            return {"search_settings": settings} if settings else {}
        case _:
            return {}


def _domain_fields(tool: Tool, allowed: str, blocked: str) -> JsonObject:
    found = {allowed: domains(tool, "allowed_domains"), blocked: domains(tool, "blocked_domains")}
    return {name: list[Json](entries) for name, entries in found.items() if entries}


class Sources:
    """The pages that one reply tells it found. Each comes once, in the order in which they were first told."""

    def __init__(self, query: str) -> None:
        self.query = query
        """What was searched for, as far as anybody tells."""
        self.searches = 0
        self._known: dict[str, SearchResult] = {}
        self._pending: list[SearchResult] = []

    @property
    def pending(self) -> bool:
        """True when there are results that no block shows yet."""
        return bool(self._pending)

    def take(self, seed: str) -> tuple[str, str, list[SearchResult]]:
        """Id, query and results of the next search to show: those that came since the last."""
        results, self._pending = self._pending, []
        self.searches += 1
        return search_id(f"{seed}/{self.searches}"), self.query, results

    def annotations(self, entries: Json) -> list[SearchResult]:
        """`annotations` of a message or delta. Returns those that cite: they say where in the text they belong."""
        cited: list[SearchResult] = []
        for entry in object_list(entries):
            fields = as_object(entry.get("url_citation")) or entry  # some leave out the inner object
            result = self._add(fields, ("content", "snippet", "text"))
            start, end = as_int(fields.get("start_index")), as_int(fields.get("end_index"))
            if result is not None and start is not None and end is not None and end > start:
                cited.append(result)
        return cited

    def body(self, fields: JsonObject) -> None:
        """Perplexity's `search_results`, and `citations`, which are bare addresses (xAI's and Perplexity's)."""
        for entry in object_list(fields.get("search_results")):
            self._add(entry, ("snippet", "content"))
        for address in as_list(fields.get("citations")) or ():
            self._add({"url": address}, ())

    def executed(self, entries: Iterable[JsonObject]) -> None:
        """Groq's `executed_tools`: each is told when it begins, and again with its results."""
        for entry in entries:
            if as_str(entry.get("type")) not in SEARCHING:
                continue
            self.query = _query_of(entry.get("arguments")) or self.query
            found = as_object(entry.get("search_results")) or {}
            for result in object_list(found.get("results")):
                self._add(result, ("content",))

    def _add(self, fields: JsonObject, text: tuple[str, ...]) -> SearchResult | None:
        url = as_str(fields.get("url")) or ""
        if not url:
            return None
        if url not in self._known:
            said = next((found for name in text if (found := as_str(fields.get(name)))), "")
            age = as_str(fields.get("date")) or as_str(fields.get("last_updated"))
            result = SearchResult(url, as_str(fields.get("title")) or "", said, age)
            self._known[url] = result
            self._pending.append(result)
        return self._known[url]


def _query_of(arguments: Json) -> str:
    try:
        given = as_object(orjson.loads(arguments)) if isinstance(arguments, str) else as_object(arguments)
    except orjson.JSONDecodeError:
        given = None
    return as_str((given or {}).get("query")) or ""
