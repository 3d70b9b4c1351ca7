"""A strict, scripted OpenAI-chat upstream: refuses what real ones refuse, answers what the test says, records all.

with OpenAIChatUpstream(lambda body: text("Hello")) as upstream:
    ...                                     # POST upstream.endpoint
    assert not upstream.refusals
    assert upstream.requests[0].body["model"] == "m-default"
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count, zip_longest
from types import TracebackType
from typing import Self

import orjson
from aiohttp import web

from ccrouter.model.json import Json, JsonObject, as_list, as_object, as_str
from tests.upstreams.openai_chat_rules import Strictness, refusal
from tests.upstreams.replies import Call, Failure, Reply, stopped
from tests.upstreams.server import ThreadedServer

Script = Callable[[JsonObject], Reply | Failure]


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
    def messages(self) -> list[JsonObject]:
        return [message for entry in as_list(self.body.get("messages")) or [] if (message := as_object(entry))]

    @property
    def tool_names(self) -> list[str]:
        """Names of the tools that were offered, in order."""
        return [str(_object(_object(tool)["function"])["name"]) for tool in as_list(self.body.get("tools")) or []]

    @property
    def text(self) -> str:
        """All text of all messages, for `in` assertions."""
        return "\n".join(_texts(self.body.get("messages")))


def _object(value: Json) -> JsonObject:
    found = as_object(value)
    assert found is not None, value
    return found


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for entry in value:
            yield from _texts(entry)
    elif isinstance(value, dict):
        for key, entry in value.items():
            if key in ("content", "text", "reasoning_content"):
                yield from _texts(entry)


def _silent(body: JsonObject) -> Reply | Failure:
    return Reply(text=("ok",))


@dataclass
class OpenAIChatUpstream:
    """`script` decides each answer and may be replaced between requests. `api_key` None: any key, or none, will do.
    `models` empty: any model name will do; else 404 for the others."""

    script: Script = _silent
    strictness: Strictness = field(default_factory=Strictness)
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
        return f"{self.url}/v1/chat/completions"

    @property
    def refusals(self) -> list[str]:
        """What this upstream had to refuse as invalid, for the failure message of a test."""
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
                body=orjson.dumps(whole(record.body, reply, record.number)),
                content_type="application/json",
                headers=reply.headers,
            )
        return await _stream(request, record, reply)

    def _refusal(self, request: web.Request, headers: Mapping[str, str], body: JsonObject | None) -> Failure | None:
        kind = "invalid_request_error"
        if request.path != "/v1/chat/completions":
            return Failure(404, f"Invalid URL ({request.method} {request.path})", kind)
        if request.method != "POST":
            return Failure(405, "Only POST requests are accepted.", kind)
        if self.api_key is not None and headers.get("authorization") != f"Bearer {self.api_key}":
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


async def _stream(request: web.Request, record: Recorded, reply: Reply) -> web.StreamResponse:
    record.status = 200
    response = web.StreamResponse(headers={"content-type": "text/event-stream; charset=utf-8", **reply.headers})
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
            await response.write(piece)
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
    stop = body.get("stop")
    if isinstance(stop, str):
        return (stop,)
    return tuple(str(entry) for entry in as_list(stop) or [])


def _usage(reply: Reply) -> JsonObject:
    spent = reply.spent
    return {
        "prompt_tokens": spent.prompt,
        "completion_tokens": spent.completion,
        "total_tokens": spent.prompt + spent.completion,
        "prompt_tokens_details": {"cached_tokens": spent.cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": spent.reasoning, "audio_tokens": 0},
    }


def _finish(reply: Reply) -> str:
    return reply.finish or ("tool_calls" if reply.calls else "stop")


def whole(body: JsonObject, reply: Reply, number: int = 1) -> JsonObject:
    """The answer as one `chat.completion` body."""
    text, _ = stopped(reply.text, _stops(body, reply))
    message: JsonObject = {"role": "assistant", "content": "".join(text) or None, "refusal": None}
    if reply.reasoning:
        message["reasoning_content"] = "".join(reply.reasoning)
    if reply.calls:
        message["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": orjson.dumps(dict(call.arguments)).decode()},
            }
            for call in reply.calls
        ]
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": body["model"],
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(reply)}],
        "usage": _usage(reply),
    }


def pieces(body: JsonObject, reply: Reply, number: int = 1) -> Iterator[bytes]:
    """The answer as server-sent events, one `data:` event each."""
    wants_usage = (as_object(body.get("stream_options")) or {}).get("include_usage") is True

    def chunk(choices: list[Json], usage: Json = None) -> bytes:
        value: JsonObject = {
            "id": f"chatcmpl-{number}",
            "object": "chat.completion.chunk",
            "created": 1_700_000_000,
            "model": body["model"],
            "choices": choices,
        }
        if wants_usage:
            value["usage"] = usage
        return b"data: " + orjson.dumps(value) + b"\n\n"

    def delta(value: JsonObject, finish: str | None = None) -> bytes:
        return chunk([{"index": 0, "delta": value, "logprobs": None, "finish_reason": finish}])

    yield delta({"role": "assistant", "content": "" if not reply.calls else None})
    for piece in reply.reasoning:
        yield delta({"reasoning_content": piece})
    for piece in stopped(reply.text, _stops(body, reply))[0]:
        yield delta({"content": piece})
    for fragment in _fragments(reply.calls, reply.interleaved):
        yield delta({"tool_calls": [fragment]})
    yield delta({}, _finish(reply))
    if wants_usage:
        yield chunk([], _usage(reply))
    yield b"data: [DONE]\n\n"


def _fragments(calls: tuple[Call, ...], interleaved: bool) -> Iterator[JsonObject]:
    per_call = [list(_fragments_of(index, call)) for index, call in enumerate(calls)]
    if not interleaved:
        for fragments in per_call:
            yield from fragments
        return
    for turn in zip_longest(*per_call):
        yield from (fragment for fragment in turn if fragment is not None)


def _fragments_of(index: int, call: Call) -> Iterator[JsonObject]:
    yield {"index": index, "id": call.id, "type": "function", "function": {"name": call.name, "arguments": ""}}
    arguments = orjson.dumps(dict(call.arguments)).decode()
    for start in range(0, len(arguments), call.fragment):
        yield {"index": index, "function": {"arguments": arguments[start : start + call.fragment]}}
