"""One HTTP request over a bare socket: what the commands ask of a daemon on this machine.

`http.client` and `urllib` would take a third of a command's time to load. Never through a proxy.
"""

import socket
import time
from collections.abc import Mapping
from typing import Any, Final

SCHEME: Final = "http://"
PIECE_BYTES: Final = 65_536
LONGEST_HEAD: Final = 64 * 1024


class NotHttp(ValueError):  # noqa: N818 - it says what happened
    """What came is no HTTP answer, or the URL is none of ours."""


def request(
    method: str, url: str, *, timeout: float, headers: Mapping[str, str], body: bytes = b"", most: int
) -> tuple[int, bytes]:
    """Status and body of the answer, `most` bytes of it. `url` is http://HOST:PORT/PATH, `timeout` in seconds for all.

    As HTTP 1.0, so that no server answers in chunks.

    Raises:
        NotHttp: see there.
        OSError: no connection; TimeoutError where nothing, or not all, came in time.
    """
    deadline = time.monotonic() + timeout
    host, port, path = _parts(url)
    lines = [f"{method} {path} HTTP/1.0", f"Host: {url.removeprefix(SCHEME).partition('/')[0]}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    # As bytes: a text would be put through the IDNA codec, whose tables take 3 ms to load.
    name: Any = host.encode("ascii") if host.isascii() else host
    with socket.create_connection((name, port), timeout) as connection:
        connection.sendall(head + body)
        return _answer(connection, deadline, most)


def _parts(url: str) -> tuple[str, int, str]:
    """Raises NotHttp."""
    place, slash, path = url.removeprefix(SCHEME).partition("/")
    host, _, port = place.rpartition(":")
    if not url.startswith(SCHEME) or not host or not (port.isascii() and port.isdigit()):
        raise NotHttp(f"{url} is not http://HOST:PORT/PATH")
    if any(letter.isspace() for letter in path):
        raise NotHttp(f"{path!r} is no path")
    return host.strip("[]"), int(port), f"{slash or '/'}{path}"


def _answer(connection: socket.socket, deadline: float, most: int) -> tuple[int, bytes]:
    """Raises NotHttp, OSError."""
    received = bytearray()
    wanted, told = None, None
    status, begin = 0, 0
    while wanted is None or len(received) < wanted:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        connection.settimeout(left)
        piece = connection.recv(PIECE_BYTES)
        received += piece
        if wanted is None and (end := received.find(b"\r\n\r\n")) >= 0:
            begin = end + 4
            status, told = _head(bytes(received[:end]))
            wanted = begin + (most if told is None else min(told, most))
        elif wanted is None and (len(received) > LONGEST_HEAD or not b"HTTP/".startswith(bytes(received[:5]))):
            raise NotHttp("the answer is not HTTP")
        if not piece:
            break
    if wanted is None or (told is not None and len(received) < wanted):
        raise NotHttp("the answer broke off")
    return status, bytes(received[begin:wanted])


def _head(head: bytes) -> tuple[int, int | None]:
    """Status, and the body's length where it is told. Raises NotHttp."""
    first, *fields = head.split(b"\r\n")
    version, _, rest = first.partition(b" ")
    code = rest[:3]
    if not version.startswith(b"HTTP/") or not code.isdigit():
        raise NotHttp("the answer is not HTTP")
    for field in fields:
        name, _, value = field.partition(b":")
        if name.lower() == b"content-length" and value.strip().isdigit():
            return int(code), int(value.strip())
    return int(code), None
