"""An OpenAI-chat upstream on bare sockets that fails in every way that providers fail, at whatever byte.

async with Misbehaving(lambda asked: FAULTS["cut after text"](asked, reply_of("the right answer"))) as upstream:
    ...                                     # POST upstream.endpoint
    assert [asked.key for asked in upstream.asked] == ["a"]

Every fault is a pure function from what was asked, and the answer that would be right, to bytes and how the
connection ends after them.
"""

import asyncio
import socket
import ssl
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self, TypeAlias

import orjson
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ccrouter.model.json import JsonObject, as_object, as_str
from tests.upstreams.google_tokens import generated_key, pem
from tests.upstreams.openai_chat import pieces, whole
from tests.upstreams.replies import Call, Reply


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came."""

    body: JsonObject
    key: str
    number: int = 1

    @property
    def model(self) -> str:
        return as_str(self.body.get("model")) or ""

    @property
    def streamed(self) -> bool:
        return self.body.get("stream") is True


End: TypeAlias = Literal["keep", "close", "reset", "hang"]
"""The connection serves the next request; is closed properly; is torn down; stays open and says no more."""


@dataclass(frozen=True, slots=True)
class Manner:
    """What goes over the wire: all of `parts`, a write each, then the end."""

    parts: tuple[bytes, ...] = ()
    end: End = "keep"
    pause: float = 0.0
    """Seconds before the first part."""


Fault: TypeAlias = Callable[[Asked, Reply], Manner]
"""From what was asked, and what would be the right answer."""

STREAM_HEAD: Final = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n"
)
LAST_CHUNK: Final = b"0\r\n\r\n"
HTML: Final = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1>nginx</body></html>"
REASONS: Final = {200: "OK", 429: "Too Many Requests", 502: "Bad Gateway"}
OVERLOADED: Final[JsonObject] = {"message": "The engine is overloaded", "type": "server_error", "code": 503}
TOOL: Final = "Bash"
RESET_SECONDS: Final = 0.02
"""Before a reset, so that what was sent before it has arrived: a reset may overtake data."""


def words_of(text: str) -> tuple[str, ...]:
    """`text` in the pieces in which it is streamed: words, with the space before them."""
    first, *more = text.split(" ")
    return (first, *[f" {word}" for word in more])


def reply_of(text: str) -> Reply:
    return Reply(text=words_of(text))


def response(status: int, body: bytes, *, kind: str = "application/json", headers: Mapping[str, str] = {}) -> bytes:
    """One whole HTTP response."""
    fields = {"content-type": kind, "content-length": str(len(body)), **headers}
    head = "".join([f"{name}: {value}\r\n" for name, value in fields.items()])
    return f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}\r\n{head}\r\n".encode() + body


def chunk(data: bytes) -> bytes:
    """`data` as one chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def well(asked: Asked, reply: Reply) -> Manner:
    """The right answer, streamed or whole as it was asked for."""
    if not asked.streamed:
        return Manner((response(200, orjson.dumps(whole(asked.body, reply, asked.number))),))
    return Manner((STREAM_HEAD, *_chunks(asked, reply), LAST_CHUNK))


def refusing(status: int, message: str, kind: str = "server_error", code: str | None = None, **headers: str) -> Fault:
    """An error answer in OpenAI's shape. Underscores in the names of `headers` stand for hyphens."""
    body = orjson.dumps({"error": {"message": message, "type": kind, "param": None, "code": code}})
    answer = response(status, body, headers={name.replace("_", "-"): value for name, value in headers.items()})
    return lambda asked, reply: Manner((answer,))


def html_502(asked: Asked, reply: Reply) -> Manner:
    """The page of a proxy in between."""
    return Manner((response(502, HTML, kind="text/html"),))


def html_200(asked: Asked, reply: Reply) -> Manner:
    """The page of a portal or a wrong address."""
    return Manner((response(200, HTML.replace(b"502 Bad Gateway", b"Sign in"), kind="text/html"),))


def empty_200(asked: Asked, reply: Reply) -> Manner:
    """A success without a body."""
    return Manner((response(200, b"", kind="text/event-stream" if asked.streamed else "application/json"),))


def reset(asked: Asked, reply: Reply) -> Manner:
    """The connection is torn down once the request has come."""
    return Manner(end="reset")


def closed(asked: Asked, reply: Reply) -> Manner:
    """The connection is closed without a word."""
    return Manner(end="close")


def silent(asked: Asked, reply: Reply) -> Manner:
    """Takes the request and says nothing."""
    return Manner(end="hang")


def silent_after_head(asked: Asked, reply: Reply) -> Manner:
    """A status line, headers and a comment, and nothing after that."""
    return Manner((STREAM_HEAD, chunk(b": queued\n\n")), "hang")


def error_frame_first(asked: Asked, reply: Reply) -> Manner:
    """200, and then an error instead of an answer (OpenRouter)."""
    error = orjson.dumps({"error": OVERLOADED})
    if not asked.streamed:
        return Manner((response(200, error),))
    return Manner((STREAM_HEAD, chunk(b"data: " + error + b"\n\n"), chunk(b"data: [DONE]\n\n"), LAST_CHUNK))


def limit_frame_first(asked: Asked, reply: Reply) -> Manner:
    """200, and then a rate limit as an error frame."""
    error = orjson.dumps({"error": {"message": "Rate limit reached", "type": "rate_limit_error", "code": 429}})
    if not asked.streamed:
        return Manner((response(200, error),))
    return Manner((STREAM_HEAD, chunk(b"data: " + error + b"\n\n"), LAST_CHUNK))


def error_after_text(asked: Asked, reply: Reply) -> Manner:
    """Some of the answer, then an error frame."""
    if not asked.streamed:
        answer = whole(asked.body, reply, asked.number)
        choices: list[JsonObject] = answer["choices"]  # pyright: ignore[reportAssignmentType]
        choices[0] = {**choices[0], "finish_reason": "error", "error": OVERLOADED}
        return Manner((response(200, orjson.dumps(answer)),))
    frame = b"data: " + orjson.dumps({"error": OVERLOADED, "choices": []}) + b"\n\n"
    return Manner((STREAM_HEAD, *_begun(asked, reply), chunk(frame), LAST_CHUNK))


def after_text(end: End, *, properly: bool = False) -> Fault:
    """Some of the answer, then the end of the connection; `properly`: an end of the body that HTTP finds complete."""

    def manner(asked: Asked, reply: Reply) -> Manner:
        if not asked.streamed:
            body = orjson.dumps(whole(asked.body, reply, asked.number))
            half = body[: len(body) // 2]
            return Manner((response(200, half),)) if properly else Manner((response(200, body)[: -len(half)],), end)
        return Manner((STREAM_HEAD, *_begun(asked, reply), *((LAST_CHUNK,) if properly else ())), end)

    return manner


def in_a_call(asked: Asked, reply: Reply) -> Manner:
    """Some text, a tool call, and a cut amid the call's arguments."""
    words = "".join(reply.text)
    calling = Reply(text=(words,), calls=reply.calls or (Call(TOOL, {"command": "echo " + "x" * 100}),))
    if not asked.streamed:
        body = orjson.dumps(whole(asked.body, calling, asked.number))
        return Manner((response(200, body)[: body.find(rb"{\"") + 9 - len(body)],), "close")
    before = 4 if words else 3  # the role, the text, the call's head, a first fragment
    return Manner((STREAM_HEAD, *_chunks(asked, calling)[:before]), "close")


def _chunks(asked: Asked, reply: Reply) -> list[bytes]:
    return [chunk(piece) for piece in pieces(asked.body, reply, asked.number)]


def _begun(asked: Asked, reply: Reply) -> list[bytes]:
    """The role and the first half of the text, at least a word."""
    return _chunks(asked, reply)[: 2 + len(reply.text) // 2]


@dataclass
class Misbehaving:
    """Serves `script` on a free port of 127.0.0.1, in the running loop. An asynchronous context manager."""

    script: Callable[[Asked], Manner]
    tls: ssl.SSLContext | None = None
    asked: list[Asked] = field(default_factory=list[Asked])
    keep_asked: bool = True
    """False for many requests: they are only counted."""
    hanging: int = 0
    """Connections that say no more and that nobody has closed yet."""

    def __post_init__(self) -> None:
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._idle: set[asyncio.StreamWriter] = set()
        self._count = 0

    @property
    def endpoint(self) -> str:
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        return f"{'http' if self.tls is None else 'https'}://127.0.0.1:{port}/v1/chat/completions"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, ssl=self.tls, backlog=1024)

    def stop_listening(self) -> None:
        """No new connections, and an end to those on which nothing is asked just now."""
        assert self._server is not None
        self._server.close()
        for writer in self._idle:
            writer.close()

    async def stop(self) -> None:
        self.stop_listening()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while await self._serve_one(reader, writer):
                pass
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # whoever asked has gone, or the test is over
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; whether the connection serves another."""
        self._idle.add(writer)
        try:
            asked = await _read(reader, self._count + 1)
        finally:
            self._idle.discard(writer)
        self._count += 1
        if self.keep_asked:
            self.asked.append(asked)
        manner = self.script(asked)
        if manner.pause:
            await asyncio.sleep(manner.pause)
        for part in manner.parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0)
        match manner.end:
            case "keep":
                return True
            case "close":
                return False
            case "reset":
                await asyncio.sleep(RESET_SECONDS)
                tear_down(writer)
                return False
            case "hang":
                self.hanging += 1
                await reader.read()
                self.hanging -= 1
                return False


async def _read(reader: asyncio.StreamReader, number: int) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(as_object(orjson.loads(body)) or {}, headers.get("authorization", "").removeprefix("bearer "), number)


def tear_down(writer: asyncio.StreamWriter) -> None:
    """End the connection with a reset instead of a proper end."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


FAULTS: Final[Mapping[str, Fault]] = {
    "429": refusing(429, "You send too many requests", "rate_limit_error", "rate_limit_exceeded"),
    "429 with Retry-After": refusing(429, "Slow down", "rate_limit_error", "rate_limit_exceeded", retry_after="30"),
    "429 without balance": refusing(
        429, "You exceeded your current quota, please check your plan", "insufficient_quota", "insufficient_quota"
    ),
    "401": refusing(401, "Incorrect API key provided", "invalid_request_error", "invalid_api_key"),
    "402": refusing(402, "Insufficient Balance"),
    "403": refusing(403, "Your account may not use this", "permission_error"),
    "404": refusing(404, "The model does not exist", "invalid_request_error", "model_not_found"),
    "400": refusing(400, "Invalid image in messages[0]", "invalid_request_error"),
    "500": refusing(500, "Something went wrong"),
    "502 HTML": html_502,
    "503": refusing(503, "No capacity left"),
    "529": refusing(529, "Overloaded", "overloaded_error"),
    "reset": reset,
    "closed": closed,
    "silent": silent,
    "silent after its head": silent_after_head,
    "200 with an error frame": error_frame_first,
    "200 with a limit as a frame": limit_frame_first,
    "200 with nothing": empty_200,
    "200 with HTML": html_200,
    "error after text": error_after_text,
    "cut after text": after_text("close"),
    "reset after text": after_text("reset"),
    "ended after text": after_text("keep", properly=True),
    "stall after text": after_text("hang"),
    "cut inside a call": in_a_call,
}
"""By name. What a listener cannot play (nobody listens, TLS that is not trusted) is not among them."""


@cache
def certificate_for(address: IPv4Address | IPv6Address) -> tuple[bytes, bytes]:
    """A certificate signed by itself, and its key, as PEM: trusted by whoever is told to, and by nobody else."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, str(address))])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(generated_key().public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(address)]), critical=False)
        .sign(generated_key(), hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM), pem(generated_key()).encode()


def untrusted(folder: Path) -> ssl.SSLContext:
    """TLS with a certificate that no client trusts."""
    certificate, key = certificate_for(IPv4Address("127.0.0.1"))
    path = folder / "self-signed.pem"
    path.write_bytes(certificate + key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    return context
