"""A strict, scripted Gemini upstream: refuses what the real one refuses, answers what the test says, records all.

with GeminiUpstream(lambda body: text("Hello")) as upstream:
    ...                                     # POST upstream.base_url + "gemini-3.1-pro-preview:generateContent"
    assert not upstream.refusals

It signs what Gemini signs (the first call of a turn, where asked to also thoughts and text), gives ids to the calls of
Gemini 3, and takes back a signature only on the very part it stood on, an id only of its own making.
"""

import asyncio
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from types import TracebackType
from typing import Self

import orjson
from aiohttp import web

from ccrouter.model.json import Json, JsonObject, as_list, as_object, as_str
from tests.upstreams.gemini_models import rules_of
from tests.upstreams.gemini_rules import Issued, refusal
from tests.upstreams.replies import Failure, Reply, stopped
from tests.upstreams.server import ThreadedServer

Script = Callable[[JsonObject], Reply | Failure]
PATH = re.compile(r"/v1beta/models/(?P<model>[^/:]+):(?P<action>generateContent|streamGenerateContent)$")
STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
LINKS = (("https://a.example/one", "a.example"), ("https://b.example/two", "b.example"))
"""What a search finds."""


@dataclass(slots=True)
class Recorded:
    """One request: `at` is time.monotonic() at arrival; `number` counts from 1; `outcome` tells what became of it."""

    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    raw: bytes
    body: JsonObject
    at: float
    number: int = 1
    model: str = ""
    streamed: bool = False
    status: int = 0
    outcome: str = "open"
    """`open`, `answered`, `refused: …`, `failed`, `cut`, `client gone`."""
    pieces_sent: int = 0

    @property
    def contents(self) -> list[JsonObject]:
        return [turn for entry in as_list(self.body.get("contents")) or [] if (turn := as_object(entry))]

    @property
    def parts(self) -> list[JsonObject]:
        """All parts of all turns."""
        return [part for turn in self.contents for entry in as_list(turn["parts"]) or [] if (part := as_object(entry))]

    @property
    def tool_names(self) -> list[str]:
        """Names of the functions that were declared, in order."""
        return [str(declared["name"]) for declared in self.declarations]

    @property
    def declarations(self) -> list[JsonObject]:
        return [
            declared
            for tool in as_list(self.body.get("tools")) or []
            for entry in as_list((as_object(tool) or {}).get("functionDeclarations")) or []
            if (declared := as_object(entry))
        ]

    @property
    def text(self) -> str:
        """All text of the system instruction, the turns and the results, for `in` assertions."""
        return "\n".join(_texts([self.body.get("systemInstruction"), self.body.get("contents")]))


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, list):
        for entry in value:
            yield from _texts(entry)
    elif isinstance(value, dict):
        for key, entry in value.items():
            if key in ("text", "result", "error") and isinstance(entry, str):
                yield entry
            elif key != "inlineData":
                yield from _texts(entry)


def _silent(body: JsonObject) -> Reply | Failure:
    return Reply(text=("ok",))


@dataclass
class GeminiUpstream:
    """`script` decides each answer and may be replaced between requests. `api_key` None: any key, or none, will do.
    `models` empty: any model name will do; else 404 for the others. `sign_thoughts` and `sign_text`: where signatures
    stand beside those on calls; `sign_text` "first" puts one on the first piece of the answer, "last" on an empty part
    behind it."""

    script: Script = _silent
    api_key: str | None = "goog-upstream"
    models: frozenset[str] = frozenset()
    sign_thoughts: bool = False
    sign_text: str = ""
    issued: Issued = field(default_factory=Issued)
    requests: list[Recorded] = field(default_factory=list[Recorded])
    _numbers: Iterator[int] = field(default_factory=lambda: count(1), init=False, repr=False)
    """Not begun anew by `begin`: ids made of them must be unique in a whole conversation."""

    def __post_init__(self) -> None:
        self._server = ThreadedServer(self._handle)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def base_url(self) -> str:
        """As CCR's configs write it."""
        return f"{self.url}/v1beta/models/"

    @property
    def refusals(self) -> list[str]:
        """What this upstream had to refuse as invalid, for the failure message of a test."""
        return [f"{request.model}: {request.outcome}" for request in self.requests if "refused" in request.outcome]

    def to(self, model: str) -> list[Recorded]:
        """The requests that came for one model."""
        return [request for request in self.requests if request.model == model]

    def begin(self, script: Script) -> None:
        """Forget what was recorded, and answer by `script` from now on. What was signed stays known."""
        self.script = script
        self.requests.clear()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            body = as_object(orjson.loads(raw)) if raw else {}
        except orjson.JSONDecodeError:
            body = None
        record = Recorded(request.path_qs, headers, raw, body or {}, time.monotonic(), next(self._numbers))
        self.requests.append(record)
        failure = self._refusal(request, record, body)
        if failure is not None:
            record.outcome = f"refused: {failure.status} {failure.message}"
            return _failure(record, failure)
        reply = self.script(record.body)
        if isinstance(reply, Failure):
            record.outcome = "failed"
            return _failure(record, reply)
        chunks = list(self.chunks(record.body, reply, record.model, record.number))
        if not record.streamed:
            record.status, record.outcome = 200, "answered"
            return web.Response(
                body=orjson.dumps(merged(chunks)), content_type="application/json", headers=reply.headers
            )
        return await _stream(request, record, reply, chunks)

    def _refusal(self, request: web.Request, record: Recorded, body: JsonObject | None) -> Failure | None:
        found = PATH.match(request.path)
        if found is None or request.method != "POST":
            return Failure(404, f"no such method: {request.method} {request.path}")
        record.model, record.streamed = found["model"], found["action"] == "streamGenerateContent"
        if "key" in request.query:
            return Failure(400, "a key does not belong in a URL")
        if record.streamed != (request.query.get("alt") == "sse"):
            return Failure(400, "alt=sse goes with streamGenerateContent, and nothing else")
        if self.api_key is not None and record.headers.get("x-goog-api-key") != self.api_key:
            return Failure(400, "API key not valid. Please pass a valid API key.", code="API_KEY_INVALID")
        if not record.headers.get("content-type", "").startswith("application/json"):
            return Failure(415, "content-type must be application/json")
        if body is None:
            return Failure(400, "Invalid JSON payload received.")
        refused = refusal(body, record.model, self.issued)
        if refused is not None:
            return Failure(400, refused.message)
        if self.models and record.model not in self.models:
            return Failure(404, f"models/{record.model} is not found for API version v1beta")
        return None

    def chunks(self, body: JsonObject, reply: Reply, model: str, number: int = 1) -> Iterator[JsonObject]:
        """The answer's chunks, one part each; the last tells how it ended."""
        usage = _usage(reply)
        began = {name: usage[name] for name in ("promptTokenCount", "totalTokenCount")}

        def chunk(parts: list[Json], finish: str | None = None, **more: Json) -> JsonObject:
            candidate: JsonObject = {"content": {"parts": parts, "role": "model"}, "index": 0, **more}
            if finish is not None:
                candidate["finishReason"] = finish
            return {
                "candidates": [candidate],
                "usageMetadata": began if finish is None else usage,
                "modelVersion": model,
                "responseId": f"response-{number}",
            }

        for piece in reply.reasoning:
            thought: JsonObject = {"text": piece, "thought": True}
            yield chunk([self.issued.sign(thought) if self.sign_thoughts else thought])
        for position, piece in enumerate(stopped(reply.text, _stops(body, reply))[0]):
            part: JsonObject = {"text": piece}
            yield chunk([self.issued.sign(part) if self.sign_text == "first" and position == 0 else part])
        for position, call in enumerate(reply.calls):
            function: JsonObject = {"name": call.name, "args": dict(call.arguments)}
            if rules_of(model).ids:
                function["id"] = f"{call.id}-{number}"
                self.issued.ids.add(f"{call.id}-{number}")
            part = {"functionCall": function}
            yield chunk([self.issued.sign(part) if position == 0 else part])
        last: JsonObject = {"text": ""}
        more: JsonObject = {}
        if any("googleSearch" in (as_object(tool) or {}) for tool in as_list(body.get("tools")) or []):
            more["groundingMetadata"] = _grounding(reply)
        yield chunk([self.issued.sign(last) if self.sign_text == "last" else last], reply.finish or "STOP", **more)


def merged(chunks: list[JsonObject]) -> JsonObject:
    """The chunks of a stream as the one body of a whole answer."""
    parts: list[Json] = []
    for chunk in chunks:
        for candidate in as_list(chunk["candidates"]) or []:
            content = as_object((as_object(candidate) or {}).get("content")) or {}
            parts += as_list(content.get("parts")) or []
    last = as_object((as_list(chunks[-1]["candidates"]) or [{}])[0]) or {}
    shown: list[Json] = [part for part in parts if part != {"text": ""}]
    return {**chunks[-1], "candidates": [{**last, "content": {"parts": shown, "role": "model"}}]}


def _grounding(reply: Reply) -> JsonObject:
    said = "".join(reply.text)
    return {
        "webSearchQueries": ["what was asked"],
        "groundingChunks": [{"web": {"uri": url, "title": title}} for url, title in LINKS],
        "groundingSupports": [{"segment": {"endIndex": len(said), "text": said}, "groundingChunkIndices": [0]}],
    }


def _failure(record: Recorded, failure: Failure) -> web.Response:
    error: JsonObject = {
        "code": failure.status,
        "message": failure.message,
        "status": STATUSES.get(failure.status, "UNKNOWN"),
    }
    if failure.code is not None:
        error["details"] = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": failure.code}]
    body = failure.body if failure.body is not None else orjson.dumps({"error": error})
    if record.streamed and failure.body is None:
        body = b"[" + body + b"]"  # so Google answers a stream request
    record.status = failure.status
    return web.Response(body=body, status=failure.status, content_type="application/json", headers=failure.headers)


async def _stream(request: web.Request, record: Recorded, reply: Reply, chunks: list[JsonObject]) -> web.StreamResponse:
    record.status = 200
    response = web.StreamResponse(headers={"content-type": "text/event-stream", **reply.headers})
    await response.prepare(request)
    try:
        for number, chunk in enumerate(chunks):
            if reply.cut_after == number:
                record.outcome = "cut"
                if reply.cut == "abort" and request.transport is not None:
                    request.transport.abort()
                return response
            if reply.pause:
                await asyncio.sleep(reply.pause)
            await response.write(b"data: " + orjson.dumps(chunk) + b"\r\n\r\n")
            record.pieces_sent += 1
    except (ConnectionResetError, asyncio.CancelledError):
        record.outcome = "client gone"
        raise
    record.outcome = "answered"
    await response.write_eof()
    return response


def _stops(body: JsonObject, reply: Reply) -> tuple[str, ...]:
    if not reply.honour_stop:
        return ()
    config = as_object(body.get("generationConfig")) or {}
    return tuple(as_str(entry) or "" for entry in as_list(config.get("stopSequences")) or [])


def _usage(reply: Reply) -> JsonObject:
    spent = reply.spent
    return {
        "promptTokenCount": spent.prompt,
        "cachedContentTokenCount": spent.cached,
        "candidatesTokenCount": spent.completion - spent.reasoning,
        "thoughtsTokenCount": spent.reasoning,
        "totalTokenCount": spent.prompt + spent.completion,
    }
