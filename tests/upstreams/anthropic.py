"""A strict, scripted Anthropic Messages upstream: refuses what Anthropic refuses, answers by script, records bytes.

It stands in for Anthropic in pass-through tests, and for the router itself when only the client is being looked at."""

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
from tests.upstreams.anthropic_rules import refusal, sign
from tests.upstreams.replies import Failure, Reply, stopped
from tests.upstreams.server import ThreadedServer

Script = Callable[[JsonObject], Reply | Failure]
ERROR_TYPES: Mapping[int, str] = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}


@dataclass(slots=True)
class Recorded:
    """One request as it came: `raw` is the body's very bytes, `headers` in order and spelling."""

    method: str
    path: str
    raw_headers: tuple[tuple[str, str], ...]
    raw: bytes
    body: JsonObject
    at: float
    number: int = 1
    """Counts from 1. The client joins messages of the same id, so each answer's id must be its own."""
    status: int = 0
    outcome: str = "open"
    sent: bytes = b""
    """The bytes of the answer, for byte-for-byte comparison in pass-through tests."""

    @property
    def headers(self) -> dict[str, str]:
        """Names in lower case."""
        return {name.lower(): value for name, value in self.raw_headers}

    @property
    def model(self) -> str:
        return as_str(self.body.get("model")) or ""


def _silent(body: JsonObject) -> Reply | Failure:
    return Reply(text=("ok",))


@dataclass
class AnthropicUpstream:
    """`script` decides each answer to `POST /v1/messages` and may be replaced between requests. `discovered` is what
    `GET /v1/models` lists, as id → display name."""

    script: Script = _silent
    api_key: str | None = None
    discovered: Mapping[str, str] = field(default_factory=dict[str, str])
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
        return f"{self.url}/v1/messages"

    @property
    def refusals(self) -> list[str]:
        return [f"{request.model}: {request.outcome}" for request in self.requests if "refused" in request.outcome]

    def begin(self, script: Script) -> None:
        """Forget what was recorded, and answer by `script` from now on."""
        self.script = script
        self.requests.clear()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        try:
            body = (as_object(orjson.loads(raw)) or {}) if raw else {}
        except orjson.JSONDecodeError:
            body = {}
        record = Recorded(
            request.method,
            request.path_qs,
            tuple(request.headers.items()),
            raw,
            body,
            time.monotonic(),
            next(self._numbers),
        )
        self.requests.append(record)
        if request.path == "/v1/models":
            entries = [
                {"type": "model", "id": identity, "display_name": name, "created_at": "2026-01-01T00:00:00Z"}
                for identity, name in self.discovered.items()
            ]
            return web.json_response({"data": entries, "has_more": False})
        if request.path == "/v1/messages/count_tokens":
            return web.json_response({"input_tokens": max(1, len(raw) // 4)})
        if request.path != "/v1/messages":
            return web.Response(status=200 if request.method == "HEAD" else 404)
        failure = self._refusal(record)
        if failure is not None:
            record.outcome = f"refused: {failure.status} {failure.message}"
            return _failure(record, failure)
        reply = self.script(body)
        if isinstance(reply, Failure):
            record.outcome = "failed"
            return _failure(record, reply)
        record.status = 200
        if body.get("stream") is not True:
            record.outcome, record.sent = "answered", orjson.dumps(whole(body, reply, record.number))
            return web.Response(
                body=record.sent,
                content_type="application/json",
                headers={"request-id": "req_scripted", **reply.headers},
            )
        return await _stream(request, record, reply)

    def _refusal(self, record: Recorded) -> Failure | None:
        if self.api_key is not None:
            given = record.headers.get("x-api-key") or record.headers.get("authorization", "").removeprefix("Bearer ")
            if given != self.api_key:
                return Failure(401, "invalid x-api-key")
        if record.body and "anthropic-version" not in record.headers:
            return Failure(400, "anthropic-version: header is required")
        refused = refusal(record.body)
        return Failure(400, refused) if refused is not None else None


def _failure(record: Recorded, failure: Failure) -> web.Response:
    record.status = failure.status
    error = {"type": ERROR_TYPES.get(failure.status, "api_error"), "message": failure.message}
    shape = {"type": "error", "error": error, "request_id": "req_scripted"}
    record.sent = failure.body if failure.body is not None else orjson.dumps(shape)
    headers = {"request-id": "req_scripted", **failure.headers}
    return web.Response(body=record.sent, status=failure.status, content_type="application/json", headers=headers)


async def _stream(request: web.Request, record: Recorded, reply: Reply) -> web.StreamResponse:
    response = web.StreamResponse(
        headers={"content-type": "text/event-stream; charset=utf-8", "request-id": "req_scripted", **reply.headers}
    )
    await response.prepare(request)
    try:
        for number, piece in enumerate(pieces(record.body, reply, record.number)):
            if reply.cut_after == number:
                record.outcome = "cut"
                if reply.cut == "abort" and request.transport is not None:
                    request.transport.abort()
                return response
            if reply.pause:
                await asyncio.sleep(reply.pause)
            record.sent += piece
            await response.write(piece)
    except (ConnectionResetError, asyncio.CancelledError):
        record.outcome = "client gone"
        raise
    record.outcome = "answered"
    await response.write_eof()
    return response


def _stops(body: JsonObject, reply: Reply) -> tuple[str, ...]:
    return tuple(str(stop) for stop in as_list(body.get("stop_sequences")) or []) if reply.honour_stop else ()


def _usage(reply: Reply, output: int) -> JsonObject:
    spent = reply.spent
    return {
        "input_tokens": spent.prompt - spent.cached,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": spent.cached,
        "output_tokens": output,
    }


def _stop_reason(reply: Reply, stop: str | None) -> str:
    return reply.finish or ("tool_use" if reply.calls else "stop_sequence" if stop else "end_turn")


def whole(body: JsonObject, reply: Reply, number: int = 1) -> JsonObject:
    """The answer as one message."""
    text, stop = stopped(reply.text, _stops(body, reply))
    content: list[Json] = []
    if reply.reasoning:
        thinking = "".join(reply.reasoning)
        content.append({"type": "thinking", "thinking": thinking, "signature": sign(thinking)})
    if text:
        content.append({"type": "text", "text": "".join(text)})
    content.extend(
        {"type": "tool_use", "id": call.id, "name": call.name, "input": dict(call.arguments)} for call in reply.calls
    )
    return {
        "id": f"msg_{number}",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": content,
        "stop_reason": _stop_reason(reply, stop),
        "stop_sequence": stop,
        "usage": _usage(reply, reply.spent.completion),
    }


def pieces(body: JsonObject, reply: Reply, number: int = 1) -> Iterator[bytes]:
    """The answer as server-sent events, one event each."""
    text, stop = stopped(reply.text, _stops(body, reply))
    message = whole(body, reply, number)
    message.update(content=[], stop_reason=None, stop_sequence=None, usage=_usage(reply, 1))
    yield _event("message_start", message=message)
    index = 0
    if reply.reasoning:
        deltas: list[JsonObject] = [{"type": "thinking_delta", "thinking": piece} for piece in reply.reasoning]
        deltas.append({"type": "signature_delta", "signature": sign("".join(reply.reasoning))})
        yield from _block(index, {"type": "thinking", "thinking": "", "signature": ""}, deltas)
        index += 1
    if text:
        yield from _block(
            index, {"type": "text", "text": ""}, [{"type": "text_delta", "text": piece} for piece in text]
        )
        index += 1
    for call in reply.calls:
        arguments = orjson.dumps(dict(call.arguments)).decode()
        fragments: list[JsonObject] = [
            {"type": "input_json_delta", "partial_json": arguments[start : start + call.fragment]}
            for start in range(0, len(arguments), call.fragment)
        ]
        yield from _block(index, {"type": "tool_use", "id": call.id, "name": call.name, "input": {}}, fragments)
        index += 1
    delta: JsonObject = {"stop_reason": _stop_reason(reply, stop), "stop_sequence": stop}
    yield _event("message_delta", delta=delta, usage=_usage(reply, reply.spent.completion))
    yield _event("message_stop")


def _block(index: int, start: JsonObject, deltas: list[JsonObject]) -> Iterator[bytes]:
    yield _event("content_block_start", index=index, content_block=start)
    for delta in deltas:
        yield _event("content_block_delta", index=index, delta=delta)
    yield _event("content_block_stop", index=index)


def _event(kind: str, **fields: Json) -> bytes:
    return f"event: {kind}\ndata: ".encode() + orjson.dumps({"type": kind, **fields}) + b"\n\n"
