"""The upstream of the benchmark: a bare-socket server with answers made beforehand, so that it costs little itself.

`python -m bench.upstream` listens on a free port of 127.0.0.1 and prints it. The last `[[bench:NAME]]` in the request
says which scenario's answer is meant; the path is not looked at.
"""

import asyncio
import re
import sys
from typing import cast

from bench.answers import Answer
from bench.scenarios import all_scenarios

CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
MARKER = b"[[bench:"


def framed(answer: Answer) -> tuple[bytes, ...]:
    """The writes that make up the whole HTTP answer. Each event of a stream is an HTTP chunk of its own."""
    if not answer.streamed:
        body = b"".join(answer.parts)
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        return (head.encode() + body,)
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    chunks = [b"%x\r\n%b\r\n" % (len(part), part) for part in answer.parts]
    chunks[0] = head + chunks[0]
    chunks[-1] += b"0\r\n\r\n"
    return tuple(chunks) if answer.pause else (b"".join(chunks),)


class UpstreamProtocol(asyncio.Protocol):
    """One connection. Bodies come with a content-length, one request at a time."""

    def __init__(self, answers: dict[bytes, tuple[tuple[bytes, ...], float]]) -> None:
        self._answers = answers
        self._received: list[bytes] = []
        self._missing: int | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one without deriving from it

    def data_received(self, data: bytes) -> None:
        self._received.append(data)
        if self._missing is None:
            head = b"".join(self._received)
            end = head.find(b"\r\n\r\n")
            if end < 0:
                return
            found = CONTENT_LENGTH.search(head, 0, end + 2)
            self._missing = (int(found.group(1)) if found else 0) - (len(head) - end - 4)
        else:
            self._missing -= len(data)
        if self._missing <= 0:
            request = b"".join(self._received)
            self._received.clear()
            self._missing = None
            self._answer(request)

    def _answer(self, request: bytes) -> None:
        assert self._transport is not None
        start = request.rfind(MARKER) + len(MARKER)
        name = request[start : request.find(b"]]", start)]
        prepared = self._answers.get(name) if start >= len(MARKER) else None
        if prepared is None:
            self._transport.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
            return
        writes, pause = prepared
        self._write(writes, 0, pause)

    def _write(self, writes: tuple[bytes, ...], position: int, pause: float) -> None:
        assert self._transport is not None
        if self._transport.is_closing():
            return
        self._transport.write(writes[position])
        if position + 1 < len(writes):
            asyncio.get_running_loop().call_later(pause, self._write, writes, position + 1, pause)


async def serve() -> None:
    """Serve until killed; the first line of standard output is the port."""
    answers = {
        name.encode(): (framed(scenario.answer), scenario.answer.pause) for name, scenario in all_scenarios().items()
    }
    server = await asyncio.get_running_loop().create_server(lambda: UpstreamProtocol(answers), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    if sys.platform != "win32":
        import uvloop

        uvloop.run(serve())
    else:
        asyncio.run(serve())
