"""A scripted Gemini Balance: a pool of Gemini keys behind one token, in Gemini's protocol and in OpenAI's.

Faithful to https://github.com/snailyp/gemini-balance where a client can tell: the ways to give the token, its error
shapes (exception/exceptions.py), the names that it makes of models (service/model/model_service.py), and what it makes
of a request before Google gets it (`_build_payload` of service/chat/gemini_chat_service.py): the search of a searching
model gives way to functions; of thinking the client's word counts, then the name's.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import orjson
from aiohttp import web

from ccrouter.model.json import Json, JsonObject, as_list, as_object, as_str
from tests.upstreams import openai_chat
from tests.upstreams.gemini import GeminiUpstream, Recorded
from tests.upstreams.openai_chat_rules import Strictness, refusal
from tests.upstreams.replies import Failure, Reply

CHAT = re.compile(r"(/hf|/openai)?/v1/chat/completions")
SUFFIXES = ("-search", "-image", "-non-thinking")


@dataclass
class GeminiBalanceUpstream(GeminiUpstream):
    """`api_key` is the one allowed token. `to_google` is what went on to Google, as (real model, body)."""

    api_key: str | None = "balance-token-0123456789"
    models: frozenset[str] = frozenset({"gemini-2.5-flash", "gemini-2.5-pro"})
    search_models: frozenset[str] = frozenset({"gemini-2.5-flash", "gemini-2.5-pro"})
    image_models: frozenset[str] = frozenset({"gemini-2.5-flash"})
    keys_in_urls: list[str] = field(default_factory=list[str])
    to_google: list[tuple[str, JsonObject]] = field(default_factory=list[tuple[str, JsonObject]])

    @property
    def refusals(self) -> list[str]:
        return [f"{request.path}: {request.outcome}" for request in self.requests if "refused" in request.outcome]

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.path.startswith("/gemini/"):
            request = request.clone(rel_url=request.rel_url.with_path(request.path.removeprefix("/gemini")))
        return await super()._handle(request)

    def _elsewhere(self, request: web.Request, record: Recorded) -> web.Response | None:
        if "key" in request.query:
            self.keys_in_urls.append(request.path)
        if request.path == "/health":
            return web.json_response({"status": "healthy"})
        if request.method != "GET":
            return None
        if not self._authorised(request):
            return web.json_response(_error("Invalid key and missing x-goog-api-key header"), status=401)
        names: list[Json] = [*self._names()]
        if request.path == "/v1/models":
            return web.json_response({"object": "list", "data": [{"id": name} for name in names], "success": True})
        if request.path == "/v1beta/models":
            methods = ["generateContent", "countTokens"]
            listed = [{"name": f"models/{name}", "supportedGenerationMethods": methods} for name in names]
            return web.json_response({"models": listed})
        return None

    def _refusal(self, request: web.Request, record: Recorded, body: JsonObject | None) -> Failure | None:
        if not self._authorised(request):
            return Failure(401, "Invalid key and missing x-goog-api-key header")
        chat = CHAT.fullmatch(request.path) is not None
        model = (as_str((body or {}).get("model")) or "") if chat else record.model
        if not chat and not record.model:
            return Failure(404, "Not Found")
        if model not in self._names():
            return Failure(400, f"Model {model} is not supported")
        if chat:
            found = refusal(body or {}, Strictness(max_tokens_limit=65_536))
            return None if found is None else Failure(400, found.message)
        # The token is judged above, in all its ways; the path's name is not Google's.
        key = self.api_key
        self.api_key, names, self.models = None, self.models, frozenset()
        try:
            refused = super()._refusal(request, record, body)
        finally:
            self.api_key, self.models = key, names
        if refused is None and body is not None:
            self.to_google.append((real_model(model), payload(model, body)))
        return refused

    def _streamed(self, record: Recorded) -> bool:
        return record.streamed or record.body.get("stream") is True

    def _error(self, record: Recorded, failure: Failure) -> bytes:
        return orjson.dumps(_error(failure.message))

    def _whole(self, record: Recorded, reply: Reply) -> JsonObject:
        if "messages" in record.body:
            return openai_chat.whole(record.body, reply, record.number)
        return super()._whole(record, reply)

    def _pieces(self, record: Recorded, reply: Reply) -> Iterable[bytes]:
        if "messages" in record.body:
            return openai_chat.pieces(record.body, reply, record.number)
        return super()._pieces(record, reply)

    def _authorised(self, request: web.Request) -> bool:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        return self.api_key in (bearer, request.headers.get("x-goog-api-key"), request.query.get("key"))

    def _names(self) -> tuple[str, ...]:
        found: list[str] = []
        for name in sorted(self.models):
            found += [name, f"{name}-non-thinking"]
            found += [f"{name}-search"] if name in self.search_models else []
            found += [f"{name}-image"] if name in self.image_models else []
        return tuple(found)


def real_model(name: str) -> str:
    """The model that a name stands for at Google."""
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def payload(model: str, body: JsonObject) -> JsonObject:
    """What becomes of a request's tools and thinking."""
    tools: JsonObject = {}
    for entry in as_list(body.get("tools")) or []:
        tools.update(as_object(entry) or {})
    if model.endswith("-search"):
        tools["googleSearch"] = {}
    if tools.get("functionDeclarations"):
        tools.pop("googleSearch", None)
    config = dict(as_object(body.get("generationConfig")) or {})
    if "thinkingConfig" not in config and model.endswith("-non-thinking"):
        config["thinkingConfig"] = {"thinkingBudget": 128 if "gemini-2.5-pro" in model else 0}
    return {"tools": [tools] if tools else [], "generationConfig": config}


def _error(message: str) -> JsonObject:
    return {"error": {"code": "http_error", "message": message}}
