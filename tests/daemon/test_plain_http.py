"""One request over a bare socket, and every answer that is none."""

import socket
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from ccrouter.daemon.plain_http import LONGEST_HEAD, NotHttp, request


@contextmanager
def answering(*pieces: bytes, stay: bool = False) -> Generator[tuple[str, list[bytes]]]:
    """A server that says these pieces, one send each, to the one who asks; its URL, and what it was asked."""
    asked: list[bytes] = []
    done = threading.Event()

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            asked.append(connection.recv(65_536))
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(0.01)  # so that they arrive apart
            if stay:
                done.wait(10)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}", asked
        finally:
            done.set()
            thread.join()


def ask(
    url: str, method: str = "GET", body: bytes = b"", *, most: int = 1_000, timeout: float = 5
) -> tuple[int, bytes]:
    return request(method, f"{url}/a?b=c", timeout=timeout, headers={"x-token": "t"}, body=body, most=most)


def test_what_is_asked() -> None:
    with answering(b"HTTP/1.1 204 No Content\r\n\r\n") as (url, asked):
        assert ask(url) == (204, b"")
    place = url.removeprefix("http://")
    assert asked == [f"GET /a?b=c HTTP/1.0\r\nHost: {place}\r\nx-token: t\r\n\r\n".encode()]
    with answering(b"HTTP/1.1 200 OK\r\n\r\n") as (url, asked):
        assert ask(url, "POST", b"xyz") == (200, b"")
    assert asked[0].endswith(b"\r\nContent-Length: 3\r\n\r\nxyz")


@pytest.mark.parametrize("stay", [True, False])
def test_an_answer_in_pieces(stay: bool) -> None:
    pieces = b"HT", b"TP/1.0 200 OK\r\nContent-le", b"ngth: 5\r\n\r", b"\nab", b"cde"
    with answering(*pieces, stay=stay) as (url, _):
        assert ask(url) == (200, b"abcde")


def test_without_a_length_it_ends_with_the_connection_and_is_bounded() -> None:
    with answering(b"HTTP/1.0 500 Oh\r\n\r\n" + b"x" * 400, b"y" * 400) as (url, _):
        assert ask(url) == (500, b"x" * 400 + b"y" * 400)
    with answering(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 400, stay=True) as (url, _):
        assert ask(url, most=100) == (200, b"x" * 100)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9\r\n",
        b"HTTP/1.1 200",
        b"HTTP/1.1 2x0 OK\r\n\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\na: " + b"x" * LONGEST_HEAD,
    ],
)
def test_what_is_no_answer(answer: bytes) -> None:
    with answering(answer) as (url, _), pytest.raises((NotHttp, ConnectionError)):
        ask(url)


def test_silence_is_a_time_out() -> None:
    with answering(b"HTTP/1.1 200 OK\r\n", stay=True) as (url, _), pytest.raises(TimeoutError):
        ask(url, timeout=0.1)


@pytest.mark.parametrize("url", ["https://a:1", "http://a", "http://:1", "http://a:x", "http://a:1/b c", "a:1", ""])
def test_urls_that_are_none_of_ours(url: str) -> None:
    with pytest.raises(NotHttp):
        request("GET", url, timeout=1, headers={}, most=1)


def test_an_ipv6_address() -> None:
    with pytest.raises(OSError, match=r"."), socket.create_server(("127.0.0.1", 0)) as server:
        request("GET", f"http://[::1]:{server.getsockname()[1]}/", timeout=1, headers={}, most=1)
