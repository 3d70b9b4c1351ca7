"""What every scripted upstream does alike: records all, refuses, answers what the test says, whole or streamed.

A dialect adds its rules (`_refusal`) and how its answers and errors look on the wire.
"""

import asyncio
import time
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import ClassVar, Generic, Self, TypeVar

import orjson
from aiohttp import web

from ccrouter.model.json import Json, JsonObject, as_object, as_str
from tests.upstreams.replies import Failure, Reply
from tests.upstreams.server import LoopbackServer

Script = Callable[[JsonObject], Reply | Failure]
"""From a request's body to what is answered."""


@dataclass(slots=True)
class Recorded:
    """One request as it came: `raw` is the body's very bytes, `raw_headers` in order and spelling."""

    method: str
    path: str
    """With the query."""
    raw_headers: tuple[tuple[str, str], ...]
    raw: bytes
    body: JsonObject
    at: float
    """time.monotonic() at arrival."""
    number: int = 1
    """Counts from 1. The client joins messages of the same id, so each answer's id must be its own."""
    status: int = 0
    outcome: str = "open"
    """`open`, `answered`, `refused: …`, `failed`, `cut`, `client gone`."""
    pieces_sent: int = 0
    sent: bytes = b""
    """The bytes of the answer, for byte-for-byte comparison in pass-through tests."""

    @classmethod
    def of(cls, request: web.Request, raw: bytes, body: JsonObject, number: int) -> Self:
        headers = tuple(request.headers.items())
        return cls(request.method, request.path_qs, headers, raw, body, time.monotonic(), number)

    @property
    def headers(self) -> dict[str, str]:
        """Names in lower case."""
        return {name.lower(): value for name, value in self.raw_headers}

    @property
    def model(self) -> str:
        return as_str(self.body.get("model")) or ""


Record = TypeVar("Record", bound=Recorded)


def _silent(body: JsonObject) -> Reply | Failure:
    return Reply(text=("ok",))


@dataclass
class ScriptedUpstream(LoopbackServer, Generic[Record]):
    """`script` decides each answer and may be replaced between requests."""

    STREAM_TYPE: ClassVar[str] = "text/event-stream; charset=utf-8"
    HEADERS: ClassVar[Mapping[str, str]] = {}
    """On every answer."""

    script: Script = _silent
    requests: list[Record] = field(default_factory=list[Record], kw_only=True)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1), init=False, repr=False)
    """Not begun anew by `begin`: ids made of them must be unique in a whole conversation."""

    @property
    def refusals(self) -> list[str]:
        """What this upstream had to refuse as invalid, for the failure message of a test."""
        return [f"{request.model}: {request.outcome}" for request in self.requests if "refused" in request.outcome]

    def to(self, model: str) -> list[Record]:
        """The requests that came for one model."""
        return [request for request in self.requests if request.model == model]

    def begin(self, script: Script) -> None:
        """Forget what was recorded, and answer by `script` from now on."""
        self.script = script
        self.requests.clear()

    @abstractmethod
    def _record(self, request: web.Request, raw: bytes, body: JsonObject) -> Record:
        """One request in this dialect's own reading."""

    @abstractmethod
    def _refusal(self, request: web.Request, record: Record, body: JsonObject | None) -> Failure | None:
        """What is wrong with a request. `body` None: it is no JSON object."""

    @abstractmethod
    def _error(self, record: Record, failure: Failure) -> bytes:
        """The body of an error answer."""

    @abstractmethod
    def _whole(self, record: Record, reply: Reply) -> JsonObject:
        """The body of an answer that is not streamed."""

    @abstractmethod
    def _pieces(self, record: Record, reply: Reply) -> Iterable[bytes]:
        """A streamed answer, an event each."""

    def _streamed(self, record: Record) -> bool:
        return record.body.get("stream") is True

    def _elsewhere(self, request: web.Request, record: Record) -> web.Response | None:
        """The answer where something else than a model's is asked for."""
        return None

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        try:
            body = as_object(orjson.loads(raw)) if raw else {}
        except orjson.JSONDecodeError:
            body = None
        record = self._record(request, raw, body or {})
        self.requests.append(record)
        other = self._elsewhere(request, record)
        if other is not None:
            return other
        failure = self._refusal(request, record, body)
        if failure is not None:
            record.outcome = f"refused: {failure.status} {failure.message}"
            return failed(record, failure, self._error(record, failure), self.HEADERS)
        reply = self.script(record.body)
        if isinstance(reply, Failure):
            record.outcome = "failed"
            return failed(record, reply, self._error(record, reply), self.HEADERS)
        if not self._streamed(record):
            record.status, record.outcome = 200, "answered"
            record.sent = orjson.dumps(self._whole(record, reply))
            headers = {**self.HEADERS, **reply.headers}
            return web.Response(body=record.sent, content_type="application/json", headers=headers)
        headers = {"content-type": self.STREAM_TYPE, **self.HEADERS}
        return await streamed(request, record, reply, self._pieces(record, reply), headers)


def failed(record: Recorded, failure: Failure, shaped: bytes, headers: Mapping[str, str]) -> web.Response:
    """The answer that tells `failure`: its own body, else the `shaped` one."""
    record.status = failure.status
    record.sent = failure.body if failure.body is not None else shaped
    return web.Response(
        body=record.sent,
        status=failure.status,
        content_type="application/json",
        headers={**headers, **failure.headers},
    )


async def streamed(
    request: web.Request, record: Recorded, reply: Reply, pieces: Iterable[bytes], headers: Mapping[str, str]
) -> web.StreamResponse:
    """The answer in `pieces`, paused, cut and torn as `reply` says; `record` tells whether the client stayed."""
    record.status = 200
    response = web.StreamResponse(headers={**headers, **reply.headers})
    await response.prepare(request)
    try:
        for number, piece in enumerate(pieces):
            if reply.cut_after == number:
                record.outcome = "cut"
                if reply.cut == "abort" and request.transport is not None:
                    request.transport.abort()
                return response
            if reply.pause:
                await asyncio.sleep(reply.pause)
            record.sent += piece
            await response.write(piece)
            record.pieces_sent += 1
    except (ConnectionResetError, asyncio.CancelledError):
        record.outcome = "client gone"
        raise
    record.outcome = "answered"
    await response.write_eof()
    return response


def texts(value: Json, under: frozenset[str]) -> Iterator[str]:
    """All strings in `value` that stand under the keys `under`, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for entry in value:
            yield from texts(entry, under)
    elif isinstance(value, dict):
        for key, entry in value.items():
            if key in under:
                yield from texts(entry, under)
