"""The load generator: Anthropic Messages requests over bare sockets, and a check of every answer.

A contestant does not win by dropping or batching: the number of text deltas and the whole text must be what the
upstream sent.
"""

import asyncio
import itertools
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, cast

import orjson

from bench.answers import Answer, Wire
from bench.scenarios import Scenario

Spoken = Literal["anthropic", "upstream"]
"""What a contestant answers in: `upstream` is the pass-through, which copies the upstream's bytes."""

CONTENT_MARK = re.compile(rb'text_delta|input_json_delta|"content":"|"arguments":"|output_text\.delta|"parts":')
TIMEOUT_SECONDS = 60.0
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)


class WrongAnswerError(Exception):
    """A contestant answered with something else than the upstream's text in the upstream's pieces."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. Times are seconds since the request was written; `first` is the first byte of content.

    `chunked`: the body is still in HTTP chunks. They are taken off when it is checked, after the time that is measured:
    the load generator shares its machine with whom it measures.
    """

    status: int
    body: bytes
    first: float
    total: float
    chunked: bool = False

    @property
    def content(self) -> bytes:
        """The body without HTTP's framing. Raises WrongAnswerError when it is cut."""
        return unchunked(self.body) if self.chunked else self.body


@dataclass(frozen=True, slots=True)
class Load:
    """What one contestant did in one round: seconds per request, and for the whole round."""

    first: tuple[float, ...]
    total: tuple[float, ...]
    wall: float


class _Connection(asyncio.Protocol):
    """A keep-alive client connection with one request open at a time."""

    def __init__(self) -> None:
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
        if self._first is None and (self._length is not None or CONTENT_MARK.search(data)):
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
        chunked = self._length is None
        reply = Reply(int(raw[9:12]), raw[self._end_of_head :], self._first or total, total, chunked)
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
    """The pieces of text or of a call's arguments in a streamed answer, in order, empty ones left out."""
    found: list[str] = []
    for line in body.split(b"\n"):
        if not line.startswith(b"data:") or line[5:].strip() == b"[DONE]":
            continue
        piece = PIECE_OF[wire](orjson.loads(line[5:]))
        if piece:
            found.append(piece)
    return found


def whole_texts(spoken: Spoken, body: bytes) -> list[str]:
    """The texts of a whole answer. Raises WrongAnswerError when it is none."""
    try:
        message = orjson.loads(body)
        if spoken == "anthropic":
            return [block["text"] for block in message["content"] if block["type"] == "text"]
        return [choice["message"]["content"] for choice in message["choices"]]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise WrongAnswerError(f"not a message: {body[:300].decode(errors='replace')}") from None


def _of_anthropic(event: Any) -> str | None:
    if event.get("type") == "error":
        raise WrongAnswerError(f"an error event: {event}")
    delta = event.get("delta") or {}
    return delta.get("partial_json") or delta.get("text")


def _of_openai_chat(event: Any) -> str | None:
    delta = (event.get("choices") or [{}])[0].get("delta") or {}
    calls = delta.get("tool_calls") or [{}]
    return delta.get("content") or (calls[0].get("function") or {}).get("arguments")


def _of_openai_responses(event: Any) -> str | None:
    return event["delta"] if event.get("type") == "response.output_text.delta" else None


def _of_gemini(event: Any) -> str | None:
    return event["candidates"][0]["content"]["parts"][0].get("text")


PIECE_OF: dict[Wire, Callable[[Any], str | None]] = {
    "anthropic": _of_anthropic,
    "openai_chat": _of_openai_chat,
    "openai_responses": _of_openai_responses,
    "gemini": _of_gemini,
}


def check(spoken: Spoken, answer: Answer, reply: Reply) -> None:
    """Raise WrongAnswerError unless `reply` carries the answer's text in as many pieces as the upstream sent."""
    body = reply.content
    if reply.status != 200:
        raise WrongAnswerError(f"status {reply.status}: {body[:300].decode(errors='replace')}")
    if answer.streamed:
        pieces = text_deltas("anthropic" if spoken == "anthropic" else answer.wire, body)
    else:
        pieces = whole_texts(spoken, body)
    if len(pieces) != answer.deltas:
        raise WrongAnswerError(f"{len(pieces)} pieces of text instead of {answer.deltas}")
    text = "".join(pieces)
    if text != answer.text and not (answer.tool and orjson.loads(text) == orjson.loads(answer.text)):
        raise WrongAnswerError("the text is not the upstream's")


_numbers = itertools.count(1)
"""Of all requests of this process: a warm-up's are not sent again."""


async def send(port: int, spoken: Spoken, scenario: Scenario, requests: int) -> Load:
    """Send `requests` requests, `scenario.in_flight` at a time, and check every answer. Raises WrongAnswerError."""
    head = (
        f"POST /v1/messages?beta=true HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n"
        f"authorization: Bearer bench\r\nanthropic-version: 2023-06-01\r\nuser-agent: claude-cli/2.1.197"
        f"\r\ncontent-length: {len(scenario.body)}\r\n\r\n"
    ).encode()
    bodies = [head + scenario.numbered(next(_numbers)) for _ in range(requests)]
    loop = asyncio.get_running_loop()
    connections = [
        (await loop.create_connection(_Connection, "127.0.0.1", port))[1]
        for _ in range(min(scenario.in_flight, requests))
    ]
    replies: list[Reply] = []

    async def worker(connection: _Connection) -> None:
        while bodies:
            replies.append(await connection.ask(bodies.pop()))

    began = time.perf_counter()
    workers = [asyncio.create_task(worker(connection)) for connection in connections]
    try:
        await asyncio.gather(*workers)
    except TimeoutError:
        raise WrongAnswerError(f"no complete answer within {TIMEOUT_SECONDS:.0f} s") from None
    finally:
        for task in workers:  # where one has failed the others would go on
            task.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        for connection in connections:
            connection.close()
    wall = time.perf_counter() - began
    for reply in replies:
        check(spoken, scenario.answer, reply)
    return Load(tuple(reply.first for reply in replies), tuple(reply.total for reply in replies), wall)


def run(port: int, spoken: Spoken, scenario: Scenario, requests: int) -> Load:
    """`send` in a loop of its own."""
    with asyncio.Runner(loop_factory=fast_loop) as runner:
        return runner.run(send(port, spoken, scenario, requests))


def fast_loop() -> asyncio.AbstractEventLoop:
    """uvloop's where there is one: what the load generator needs is missing to whom it measures."""
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    import uvloop

    return uvloop.new_event_loop()
