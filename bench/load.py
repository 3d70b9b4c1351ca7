"""The load generator: Anthropic Messages requests over bare sockets, and a check of every answer.

A contestant does not win by dropping or batching: the number of text deltas and the whole text must be what the
upstream sent.
"""

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

import orjson

from bench.scenarios import Answer, Scenario

Wire = Literal["anthropic", "openai_chat"]
"""What comes back: `openai_chat` from the pass-through, which copies the upstream's bytes."""

TEXT_MARK: dict[Wire, bytes] = {"anthropic": b"text_delta", "openai_chat": b'"content":"'}
TIMEOUT_SECONDS = 60.0
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)


class WrongAnswerError(Exception):
    """A contestant answered with something else than the upstream's text in the upstream's pieces."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. Times are seconds since the request was written; `first` is the first byte of content."""

    status: int
    body: bytes
    first: float
    total: float


@dataclass(frozen=True, slots=True)
class Load:
    """What one contestant did in one round: seconds per request, and for the whole round."""

    first: tuple[float, ...]
    total: tuple[float, ...]
    wall: float


class _Connection(asyncio.Protocol):
    """A keep-alive client connection with one request open at a time."""

    def __init__(self, text_mark: bytes) -> None:
        self._text_mark = text_mark
        self._parts: list[bytes] = []
        self._length: int | None = None
        self._end_of_head = -1
        self._received = 0
        self._began = 0.0
        self._first: float | None = None
        self._done: asyncio.Future[Reply] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_exception(WrongAnswerError(f"the connection was closed amid the answer ({exc})"))

    async def ask(self, request: bytes) -> Reply:
        assert self._transport is not None
        self._parts.clear()
        self._length, self._end_of_head, self._received, self._first = None, -1, 0, None
        self._done = asyncio.get_running_loop().create_future()
        self._began = time.perf_counter()
        self._transport.write(request)
        return await asyncio.wait_for(self._done, TIMEOUT_SECONDS)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._parts.append(data)
        self._received += len(data)
        if self._end_of_head < 0:
            self._read_head()
        if self._end_of_head < 0:
            return
        if self._first is None and (self._length is not None or self._text_mark in data):
            self._first = time.perf_counter() - self._began
        if self._length is not None:
            complete = self._received - self._end_of_head >= self._length
        else:
            complete = data.endswith(b"0\r\n\r\n") or b"".join(self._parts[-8:]).endswith(b"0\r\n\r\n")
        if complete:
            self._finish()

    def _read_head(self) -> None:
        head = b"".join(self._parts)
        end = head.find(b"\r\n\r\n")
        if end < 0:
            return
        self._parts[:] = [head]
        self._end_of_head = end + 4
        found = CONTENT_LENGTH.search(head, 0, end + 2)
        if found:
            self._length = int(found.group(1))
        elif not CHUNKED.search(head, 0, end + 2):
            self._length = 0

    def _finish(self) -> None:
        assert self._done is not None
        total = time.perf_counter() - self._began
        raw = b"".join(self._parts)
        body = raw[self._end_of_head :]
        reply = Reply(
            int(raw[9:12]), body if self._length is not None else unchunked(body), self._first or total, total
        )
        if not self._done.done():
            self._done.set_result(reply)


def unchunked(body: bytes) -> bytes:
    """A chunked HTTP body without its framing. Raises WrongAnswerError when it is cut."""
    parts: list[bytes] = []
    position = 0
    while True:
        end = body.find(b"\r\n", position)
        if end < 0:
            raise WrongAnswerError("the chunked body is cut")
        size = int(body[position:end].split(b";")[0], 16)
        if size == 0:
            return b"".join(parts)
        parts.append(body[end + 2 : end + 2 + size])
        position = end + 2 + size + 2


def text_deltas(wire: Wire, body: bytes) -> list[str]:
    """The pieces of text in a streamed answer, in order, empty ones left out."""
    pieces: list[str] = []
    for line in body.split(b"\n"):
        if not line.startswith(b"data:") or line[5:].strip() == b"[DONE]":
            continue
        event = orjson.loads(line[5:])
        if wire == "anthropic":
            if event.get("type") == "error":
                raise WrongAnswerError(f"an error event: {event}")
            delta = event.get("delta") or {}
            piece = delta.get("text") if delta.get("type") == "text_delta" else None
        else:
            choices = event.get("choices") or [{}]
            piece = (choices[0].get("delta") or {}).get("content")
        if piece:
            pieces.append(piece)
    return pieces


def check(wire: Wire, answer: Answer, reply: Reply) -> None:
    """Raise WrongAnswerError unless `reply` carries the answer's text in as many pieces as the upstream sent."""
    if reply.status != 200:
        raise WrongAnswerError(f"status {reply.status}: {reply.body[:300].decode(errors='replace')}")
    if answer.streamed:
        pieces = text_deltas(wire, reply.body)
    else:
        message = orjson.loads(reply.body)
        if wire == "anthropic":
            pieces = [block["text"] for block in message["content"] if block["type"] == "text"]
        else:
            pieces = [choice["message"]["content"] for choice in message["choices"]]
    if len(pieces) != answer.deltas:
        raise WrongAnswerError(f"{len(pieces)} pieces of text instead of {answer.deltas}")
    if "".join(pieces) != answer.text:
        raise WrongAnswerError("the text is not the upstream's")


async def run(port: int, wire: Wire, scenario: Scenario, requests: int) -> Load:
    """Send `requests` requests, `scenario.in_flight` at a time, and check every answer. Raises WrongAnswerError."""
    head = (
        f"POST /v1/messages?beta=true HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n"
        f"authorization: Bearer bench\r\nanthropic-version: 2023-06-01\r\nuser-agent: claude-cli/2.1.197"
        f"\r\ncontent-length: {len(scenario.body)}\r\n\r\n"
    ).encode()
    loop = asyncio.get_running_loop()
    connections = [
        (await loop.create_connection(lambda: _Connection(TEXT_MARK[wire]), "127.0.0.1", port))[1]
        for _ in range(min(scenario.in_flight, requests))
    ]
    replies: list[Reply] = []

    async def worker(connection: _Connection, share: int) -> None:
        replies.extend([await connection.ask(head + scenario.body) for _ in range(share)])

    began = time.perf_counter()
    try:
        await asyncio.gather(
            *(
                worker(connection, share)
                for connection, share in zip(connections, _shares(requests, connections), strict=True)
            )
        )
    except TimeoutError:
        raise WrongAnswerError(f"no complete answer within {TIMEOUT_SECONDS:.0f} s") from None
    finally:
        for connection in connections:
            connection.close()
    wall = time.perf_counter() - began
    for reply in replies:
        check(wire, scenario.answer, reply)
    return Load(tuple(reply.first for reply in replies), tuple(reply.total for reply in replies), wall)


def _shares(requests: int, connections: Sequence[object]) -> list[int]:
    each, more = divmod(requests, len(connections))
    return [each + (1 if number < more else 0) for number in range(len(connections))]
