"""A strict, scripted Anthropic Messages upstream: refuses what Anthropic refuses, answers by script, records bytes.

It stands in for Anthropic in pass-through tests, and for the router itself when only the client is being looked at."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import orjson
from aiohttp import web

from ccrouter.model.json import Json, JsonObject, as_list
from tests.upstreams.anthropic_rules import refusal, sign
from tests.upstreams.replies import Failure, Reply, stopped
from tests.upstreams.scripted import Recorded, Script, ScriptedUpstream

__all__ = ["AnthropicUpstream", "Recorded", "Script", "error_body", "pieces", "whole"]

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


@dataclass
class AnthropicUpstream(ScriptedUpstream[Recorded]):
    """`script` decides each answer to `POST /v1/messages`. `discovered` is what `GET /v1/models` lists, as id → display
    name. `api_key` None: any key, or none, will do."""

    HEADERS: ClassVar[Mapping[str, str]] = {"request-id": "req_scripted"}

    api_key: str | None = None
    discovered: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def endpoint(self) -> str:
        return f"{self.url}/v1/messages"

    def _record(self, request: web.Request, raw: bytes, body: JsonObject) -> Recorded:
        return Recorded.of(request, raw, body, next(self._numbers))

    def _elsewhere(self, request: web.Request, record: Recorded) -> web.Response | None:
        if request.path == "/v1/models":
            entries = [
                {"type": "model", "id": identity, "display_name": name, "created_at": "2026-01-01T00:00:00Z"}
                for identity, name in self.discovered.items()
            ]
            return web.json_response({"data": entries, "has_more": False})
        if request.path == "/v1/messages/count_tokens":
            return web.json_response({"input_tokens": max(1, len(record.raw) // 4)})
        if request.path != "/v1/messages":
            return web.Response(status=200 if request.method == "HEAD" else 404)
        return None

    def _refusal(self, request: web.Request, record: Recorded, body: JsonObject | None) -> Failure | None:
        if self.api_key is not None:
            given = record.headers.get("x-api-key") or record.headers.get("authorization", "").removeprefix("Bearer ")
            if given != self.api_key:
                return Failure(401, "invalid x-api-key")
        if record.body and "anthropic-version" not in record.headers:
            return Failure(400, "anthropic-version: header is required")
        refused = refusal(record.body)
        return Failure(400, refused) if refused is not None else None

    def _error(self, record: Recorded, failure: Failure) -> bytes:
        return error_body(failure)

    def _whole(self, record: Recorded, reply: Reply) -> JsonObject:
        return whole(record.body, reply, record.number)

    def _pieces(self, record: Recorded, reply: Reply) -> Iterable[bytes]:
        return pieces(record.body, reply, record.number)


def error_body(failure: Failure) -> bytes:
    error = {"type": ERROR_TYPES.get(failure.status, "api_error"), "message": failure.message}
    return orjson.dumps({"type": "error", "error": error, "request_id": "req_scripted"})


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
