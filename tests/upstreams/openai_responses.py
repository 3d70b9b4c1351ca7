"""A strict, scripted Responses upstream: refuses what OpenAI refuses, answers what the test says, records all.

with OpenAIResponsesUpstream(lambda body: text("Hello")) as upstream:
    ...                                     # POST upstream.endpoint
    assert not upstream.refusals
    assert upstream.requests[0].body["model"] == "gpt-5.2"

Reasoning comes as items with a summary and a seal; given back with another id, with another seal or without the item
that followed it, it is refused. Nothing is remembered between requests.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from types import TracebackType
from typing import Self

import orjson
from aiohttp import web

from ccrouter.model.json import Json, JsonObject, as_list, as_object, as_str
from tests.upstreams.openai_responses_reply import Manner, pieces, whole
from tests.upstreams.openai_responses_rules import Strictness, refusal
from tests.upstreams.replies import Failure, Reply
from tests.upstreams.server import ThreadedServer

Script = Callable[[JsonObject], Reply | Failure]
PATHS = ("/v1/responses", "/openai/v1/responses", "/openai/responses")


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
    status: int = 0
    outcome: str = "open"
    """`open`, `answered`, `refused: …`, `failed`, `cut`, `client gone`."""
    pieces_sent: int = 0

    @property
    def model(self) -> str:
        return as_str(self.body.get("model")) or ""

    @property
    def items(self) -> list[JsonObject]:
        return [item for entry in as_list(self.body.get("input")) or [] if (item := as_object(entry))]

    def of_type(self, kind: str) -> list[JsonObject]:
        """The input items of one type."""
        return [item for item in self.items if item.get("type") == kind]

    @property
    def tool_names(self) -> list[str]:
        """Names of the functions that were offered, in order; other tools by their type."""
        tools = [as_object(tool) or {} for tool in as_list(self.body.get("tools")) or []]
        return [as_str(tool.get("name")) or str(tool.get("type")) for tool in tools]

    @property
    def text(self) -> str:
        """The instructions and all text of all items, for `in` assertions."""
        return "\n".join([as_str(self.body.get("instructions")) or "", *_texts(self.body.get("input"))])


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for entry in value:
            yield from _texts(entry)
    elif isinstance(value, dict):
        for key, entry in value.items():
            if key in ("content", "text", "output", "summary"):
                yield from _texts(entry)


def _silent(body: JsonObject) -> Reply | Failure:
    return Reply(text=("ok",))


@dataclass
class OpenAIResponsesUpstream:
    """`script` decides each answer and may be replaced between requests. `api_key` None: any key, or none, will do.
    `models` empty: any model name will do; else 404 for the others. `manner` is how answers are told."""

    script: Script = _silent
    strictness: Strictness = field(default_factory=Strictness)
    manner: Manner = field(default_factory=Manner)
    api_key: str | None = "sk-upstream"
    models: frozenset[str] = frozenset()
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
    def endpoint(self) -> str:
        return f"{self.url}/v1/responses"

    @property
    def refusals(self) -> list[str]:
        return [f"{request.model}: {request.outcome}" for request in self.requests if "refused" in request.outcome]

    def to(self, model: str) -> list[Recorded]:
        """The requests that came for one model."""
        return [request for request in self.requests if request.model == model]

    def begin(self, script: Script) -> None:
        """Forget what was recorded, and answer by `script` from now on."""
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
        failure = self._refusal(request, headers, body)
        if failure is not None:
            record.outcome = f"refused: {failure.status} {failure.message}"
            return _failure(record, failure)
        reply = self.script(record.body)
        if isinstance(reply, Failure):
            record.outcome = "failed"
            return _failure(record, reply)
        if record.body.get("stream") is not True:
            record.status, record.outcome = 200, "answered"
            return web.Response(
                body=orjson.dumps(whole(record.body, reply, record.number, self.manner)),
                content_type="application/json",
                headers=reply.headers,
            )
        return await _stream(request, record, reply, self.manner)

    def _refusal(self, request: web.Request, headers: Mapping[str, str], body: JsonObject | None) -> Failure | None:
        kind = "invalid_request_error"
        if request.path not in PATHS:
            return Failure(404, f"Invalid URL ({request.method} {request.path})", kind)
        if request.method != "POST":
            return Failure(405, "Only POST requests are accepted.", kind)
        given = headers.get("api-key") or headers.get("authorization", "").removeprefix("Bearer ")
        if self.api_key is not None and given != self.api_key:
            return Failure(401, "Incorrect API key provided", kind, "invalid_api_key")
        if not headers.get("content-type", "").startswith("application/json"):
            return Failure(415, "content-type must be application/json", kind)
        if body is None:
            return Failure(400, "We could not parse the JSON body of your request.", kind)
        found = refusal(body, self.strictness)
        if found is not None:
            return Failure(400, f"{found.message} ({found.param})", kind)
        if self.models and body["model"] not in self.models:
            return Failure(404, f"The model `{body['model']}` does not exist", kind, "model_not_found")
        return None


def _failure(record: Recorded, failure: Failure) -> web.Response:
    error = {"message": failure.message, "type": failure.kind, "param": None, "code": failure.code}
    body = failure.body if failure.body is not None else orjson.dumps({"error": error})
    record.status = failure.status
    return web.Response(body=body, status=failure.status, content_type="application/json", headers=failure.headers)


async def _stream(request: web.Request, record: Recorded, reply: Reply, manner: Manner) -> web.StreamResponse:
    record.status = 200
    response = web.StreamResponse(headers={"content-type": "text/event-stream; charset=utf-8", **reply.headers})
    await response.prepare(request)
    try:
        for number, piece in enumerate(pieces(record.body, reply, record.number, manner)):
            if reply.cut_after == number:
                record.outcome = "cut"
                if reply.cut == "abort" and request.transport is not None:
                    request.transport.abort()
                return response
            if reply.pause:
                await asyncio.sleep(reply.pause)
            await response.write(piece)
            record.pieces_sent += 1
    except (ConnectionResetError, asyncio.CancelledError):
        record.outcome = "client gone"
        raise
    record.outcome = "answered"
    await response.write_eof()
    return response
