"""A scripted Vertex AI: Claude as `rawPredict`, Gemini as `generateContent`, others on the OpenAI-compatible endpoint.

Refuses what Vertex refuses: a token it does not know, any path but the documented ones, unknown betas, Messages fields
that it does not have, ids on function calls, signatures of others. Sources are named in `dialects/vertex.py`; the lists
here are written down a second time on purpose."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final

import orjson
from aiohttp import web

from ccrouter.model.json import Json, JsonObject, as_list, as_object, as_str
from tests.upstreams.anthropic import AnthropicUpstream, error_body, pieces, whole
from tests.upstreams.anthropic_rules import refusal as refusal_of_claude
from tests.upstreams.gemini import GeminiUpstream, merged
from tests.upstreams.gemini_rules import Issued, refusal
from tests.upstreams.replies import Failure, Reply, text
from tests.upstreams.scripted import Recorded, Script, failed, streamed
from tests.upstreams.server import LoopbackServer

PATH: Final = re.compile(
    r"/v1/projects/(?P<project>[\w-]+)/locations/(?P<location>[a-z0-9-]+)/"
    r"(?:publishers/(?P<publisher>anthropic|google)/models/(?P<model>[\w.@-]+):(?P<method>\w+)"
    r"|endpoints/openapi/chat/completions)"
)
BETAS: Final = {
    "tool-search-tool-2025-10-19",
    "context-management-2025-06-27",
    "interleaved-thinking-2025-05-14",
    "dangerous-tool-use-2026-09-03",
    "per-turn-control-2026-07-01",
    "thinking-display-updates-2026-08-18",
    "web-search-2025-03-05",
}
CLAUDE_FIELDS: Final = {
    "anthropic_version", "messages", "system", "max_tokens", "tools", "tool_choice", "thinking", "stream",
    "temperature", "top_p", "top_k", "stop_sequences", "metadata", "output_config", "context_management", "safeguards",
}  # fmt: skip


class IssuedByVertex(Issued):
    """Calls have no ids on Vertex, so signatures stand on parts without any."""

    def sign(self, part: JsonObject) -> JsonObject:
        return super().sign(_without_id(part))


@dataclass
class VertexUpstream(LoopbackServer):
    """`script` decides each answer; `accepts` judges the `Authorization` header."""

    accepts: Callable[[str | None], bool]
    script: Script = lambda body: text("ok")
    project: str = "project-1"
    location: str = "us-east5"
    requests: list[Recorded] = field(default_factory=list[Recorded])

    def __post_init__(self) -> None:
        super().__post_init__()
        self._gemini_side = GeminiUpstream(issued=IssuedByVertex())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self._gemini_side.__exit__(None, None, None)

    @property
    def refusals(self) -> list[str]:
        return [request.outcome for request in self.requests if "refused" in request.outcome]

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        body = as_object(orjson.loads(raw)) or {}
        record = Recorded.of(request, raw, body, len(self.requests) + 1)
        self.requests.append(record)
        found = PATH.fullmatch(request.path)
        if found is None or (found["project"], found["location"]) != (self.project, self.location):
            return _google_error(record, 404, "NOT_FOUND", f"no such place: {request.path}")
        if not self.accepts(record.headers.get("authorization")):
            words = "Request had invalid authentication credentials. Expected OAuth 2 access token"
            return _google_error(record, 401, "UNAUTHENTICATED", words)
        if "x-api-key" in record.headers or "x-goog-api-key" in record.headers or "key" in request.query:
            return _google_error(record, 400, "INVALID_ARGUMENT", "a key where a token was sent")
        if found["publisher"] == "anthropic":
            return await self._claude(request, record, found["model"], found["method"])
        if found["publisher"] == "google":
            return await self._gemini(record, request.query_string, found["model"], found["method"])
        return await self._chat(record)

    async def _claude(self, request: web.Request, record: Recorded, model: str, method: str) -> web.StreamResponse:
        refusal = next(_claude_refusals(record, model, method), None)
        if refusal is not None:
            record.outcome = f"refused: {refusal}"
            return _failure(record, Failure(400, refusal))
        record.body = {**record.body, "model": model}
        reply = self.script(record.body)
        if isinstance(reply, Failure):
            record.outcome = "failed"
            return _failure(record, reply)
        record.status = 200
        if method == "streamRawPredict":
            headers = {"content-type": AnthropicUpstream.STREAM_TYPE, **AnthropicUpstream.HEADERS}
            return await streamed(request, record, reply, pieces(record.body, reply, record.number), headers)
        record.outcome, record.sent = "answered", orjson.dumps(whole(record.body, reply, record.number))
        return web.Response(body=record.sent, content_type="application/json")

    async def _gemini(self, record: Recorded, query: str, model: str, method: str) -> web.StreamResponse:
        refused = next(_gemini_refusals(record, query, method), None)
        if refused is None and (found := refusal(record.body, model, self._gemini_side.issued)) is not None:
            refused = str(found.message)
        if refused is not None:
            return _google_error(record, 400, "INVALID_ARGUMENT", refused)
        reply = self.script(record.body)
        if isinstance(reply, Failure):
            return _google_error(record, reply.status, reply.kind, reply.message)
        record.status, record.outcome = 200, "answered"
        chunks = list(self._gemini_side.chunks(record.body, reply, model, record.number))
        for chunk in chunks:
            for candidate in _objects(chunk["candidates"]):
                content = as_object(candidate["content"]) or {}
                content["parts"] = [_without_id(part) for part in _objects(content["parts"])]
        if method == "generateContent":
            return web.json_response(merged(chunks))
        record.sent = b"".join(b"data: " + orjson.dumps(chunk) + b"\r\n\r\n" for chunk in chunks)
        return web.Response(body=record.sent, content_type="text/event-stream")

    async def _chat(self, record: Recorded) -> web.StreamResponse:
        """Only that it was reached rightly: the chat protocol has a scripted upstream of its own."""
        if "/" not in (as_str(record.body.get("model")) or ""):
            return _google_error(record, 400, "INVALID_ARGUMENT", "Malformed publisher model")
        reply = self.script(record.body)
        assert isinstance(reply, Reply)
        record.status, record.outcome = 200, "answered"
        message: JsonObject = {"role": "assistant", "content": "".join(reply.text)}
        choice: JsonObject = {"index": 0, "message": message, "finish_reason": "stop"}
        return web.json_response({"id": "c", "object": "chat.completion", "model": "m", "choices": [choice]})


def _failure(record: Recorded, failure: Failure) -> web.Response:
    return failed(record, failure, error_body(failure), AnthropicUpstream.HEADERS)


def _google_error(record: Recorded, status: int, word: str, message: str) -> web.Response:
    record.outcome, record.status = f"refused: {status} {message}", status
    error = {"error": {"code": status, "message": message, "status": word}}
    return web.json_response([error] if "stream" in record.path else error, status=status)


def _claude_refusals(record: Recorded, model: str, method: str) -> Iterator[str]:
    body = record.body
    if (method == "streamRawPredict") != (body.get("stream") is True):
        yield f"{method} with stream: {body.get('stream')}"
    if body.get("anthropic_version") != "vertex-2023-10-16":
        yield "anthropic_version: Field required"
    for name in body.keys() - CLAUDE_FIELDS:
        yield f"{name}: Extra inputs are not permitted"
    betas = {beta for beta in record.headers.get("anthropic-beta", "").split(",") if beta}
    if betas - BETAS:
        yield f"Unexpected value(s) `{', '.join(sorted(betas - BETAS))}` for the `anthropic-beta` header."
    if "context_management" in body and "context-management-2025-06-27" not in betas:
        yield "context_management: Extra inputs are not permitted"
    for place, mark in _cache_marks(body):
        if mark.keys() - {"type", "ttl"}:
            yield f"{place}.cache_control: Extra inputs are not permitted"
    old = re.search(r"-(3|4-[0-7])(?:$|[@-])", model) is not None
    for position, message in enumerate(_objects(body.get("messages"))):
        if message.get("role") == "system" and not position:
            yield "messages.0: use the top-level 'system' parameter for the initial system prompt"
        if message.get("role") == "system" and old:
            yield "role 'system' is not supported on this model"
    config = as_object(body.get("output_config")) or {}
    if "effort" in config and re.search(r"-(3|4-[0-5])(?:$|[@-])", model):
        yield "output_config.effort: Extra inputs are not permitted"
    for tool in _objects(body.get("tools")):
        if (as_str(tool.get("type")) or "custom").startswith(("advisor", "code_execution", "web_fetch")):
            yield f"tools.0: Input tag '{tool.get('type')}' found using 'type' does not match any of the expected tags"
        if tool.get("defer_loading") and "tool-search-tool-2025-10-19" not in betas:
            yield "tools.0.custom.defer_loading: Extra inputs are not permitted"
    messages_body = {name: value for name, value in body.items() if name != "anthropic_version"}
    if (refused := refusal_of_claude({"model": model, **messages_body})) is not None:
        yield refused


def _gemini_refusals(record: Recorded, query: str, method: str) -> Iterator[str]:
    """What Vertex refuses beyond what the Gemini API does."""
    body = record.body
    if method not in ("streamGenerateContent", "generateContent"):
        yield f"no method {method}"
    if query != ("alt=sse" if method == "streamGenerateContent" else ""):
        yield f"query {query}"
    for name in (as_object(body.get("toolConfig")) or {}).keys() - {"functionCallingConfig", "retrievalConfig"}:
        yield f"Invalid JSON payload received. Unknown name \"{name}\" at 'tool_config': Cannot find field."
    for position, content in enumerate(_objects(body.get("contents"))):
        for part in _objects(content.get("parts")):
            for kind in ("functionCall", "functionResponse"):
                if "id" in (as_object(part.get(kind)) or {}):
                    yield f"Unknown name \"id\" at 'contents[{position}].parts[0].{kind}': Cannot find field."


def _cache_marks(body: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    blocks = [*_objects(body.get("system")), *_objects(body.get("tools"))]
    for message in _objects(body.get("messages")):
        blocks.extend(_objects(message.get("content")))
    for position, block in enumerate(blocks):
        if (mark := as_object(block.get("cache_control"))) is not None:
            yield str(position), mark


def _objects(value: Json) -> list[JsonObject]:
    return [found for entry in as_list(value) or [] if (found := as_object(entry)) is not None]


def _without_id(part: JsonObject) -> JsonObject:
    call = as_object(part.get("functionCall"))
    return part if call is None else {**part, "functionCall": {k: v for k, v in call.items() if k != "id"}}
