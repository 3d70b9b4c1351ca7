"""Loopback search engines: SearXNG, Tavily and Brave as far as the router uses them, refusing what they refuse."""

from collections.abc import Callable
from dataclasses import dataclass, field

import orjson
from aiohttp import web

from ccrouter.model.json import Json, JsonObject, as_int, as_list, as_object, as_str
from tests.upstreams.server import LoopbackServer

PAGES: tuple[tuple[str, str, str], ...] = (
    ("https://foxes.example/diet", "What <b>foxes</b> eat", "Foxes eat <strong>berries</strong> &amp; mice."),
    ("https://www.wildlife.example/red-fox", "The red fox", "An omnivore of the family Canidae."),
    ("https://spam.example/buy", "Buy fox food", "Cheap fox food."),
    ("ftp://files.example/foxes", "No web page", "Not to be shown."),
    ("https://foxes.example/diet", "The same again", "A second hit of the same page."),
)
"""url, title, text of what every search finds; the last two have no place in an answer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One search as it came. `parameters` are those of the URL or of the JSON body."""

    engine: str
    query: str
    url: str
    headers: dict[str, str]
    parameters: JsonObject


@dataclass
class SearchEngines(LoopbackServer):
    """All three on one port. `pages` are the hits; `refuse` may answer instead (status, body) for a query."""

    api_key: str = "search-key"
    pages: tuple[tuple[str, str, str], ...] = PAGES
    refuse: Callable[[str], tuple[int, bytes] | None] = field(default=lambda query: None)
    asked: list[Asked] = field(default_factory=list[Asked])

    @property
    def queries(self) -> list[str]:
        return [asked.query for asked in self.asked]

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        raw = await request.read()
        parameters: JsonObject = (as_object(orjson.loads(raw)) or {}) if raw else dict[str, Json](request.query)
        answers = {"/searxng/search": self._searxng, "/tavily/search": self._tavily, "/brave/web/search": self._brave}
        engine = request.path.split("/")[1]
        query = as_str(parameters.get("q")) or as_str(parameters.get("query")) or ""
        self.asked.append(Asked(engine, query, str(request.url), headers, parameters))
        if request.path not in answers:
            return web.Response(status=404)
        refused = self.refuse(query)
        if refused is not None:
            return web.Response(status=refused[0], body=refused[1], content_type="application/json")
        return answers[request.path](request, headers, parameters)

    def _searxng(self, request: web.Request, headers: dict[str, str], parameters: JsonObject) -> web.Response:
        if request.method not in ("GET", "POST") or parameters.get("format") != "json":
            return web.Response(text="<html>", content_type="text/html")
        results = [
            {"url": url, "title": title, "content": text, "engine": "x", "publishedDate": "2026-01-02T00:00:00"}
            for url, title, text in self.pages
        ]
        return web.json_response({"query": parameters["q"], "number_of_results": 0, "results": results})

    def _tavily(self, request: web.Request, headers: dict[str, str], parameters: JsonObject) -> web.Response:
        if headers.get("authorization") != f"Bearer {self.api_key}" or request.method != "POST":
            return web.json_response({"detail": {"error": "Unauthorized: missing or invalid API key."}}, status=401)
        most = as_int(parameters.get("max_results")) or 5
        without = as_list(parameters.get("exclude_domains")) or []
        results = [
            {"url": url, "title": title, "content": text, "score": 0.9, "raw_content": None}
            for url, title, text in self.pages
            if not any(str(domain) in url for domain in without)
        ]
        return web.json_response({"query": parameters["query"], "answer": None, "results": results[:most]})

    def _brave(self, request: web.Request, headers: dict[str, str], parameters: JsonObject) -> web.Response:
        if headers.get("x-subscription-token") != self.api_key or request.method != "GET":
            error = {"id": "x", "status": 422, "code": "SUBSCRIPTION_TOKEN_INVALID", "detail": "The token is invalid."}
            return web.json_response({"type": "ErrorResponse", "error": error}, status=422)
        query = str(parameters["q"])
        if len(query) > 400 or len(query.split()) > 50 or not 1 <= int(str(parameters["count"])) <= 20:
            return web.json_response({"type": "ErrorResponse", "error": {"detail": "Unable to validate"}}, status=422)
        results = [
            {"url": url, "title": title, "description": text, "age": "2 days ago", "type": "search_result"}
            for url, title, text in self.pages
        ]
        found = results[: int(str(parameters["count"]))]
        return web.json_response({"type": "search", "web": {"type": "search", "results": found}})
