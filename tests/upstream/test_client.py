"""Requests as they are sent, and every way of failing told in words."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from aioresponses import CallbackResult, aioresponses

from ccrouter.errors import UpstreamError
from ccrouter.upstream.client import UpstreamClient, Way, explain
from ccrouter.upstream.silence import SilenceWatch

URL = "https://api.test/v1/chat/completions"
KEY = ConnectionKey("api.test", 443, True, True, None, None, None)


@pytest.fixture
async def client() -> AsyncIterator[UpstreamClient]:
    made = UpstreamClient()
    yield made
    await made.close()


async def post(
    client: UpstreamClient, url: str = URL, body: bytes = b"{}", read_seconds: float = 5
) -> tuple[int, bytes]:
    async with client.open(url, {"authorization": "Bearer k"}, body, Way(read_seconds)) as reply:
        parts: list[bytes] = []
        while part := await reply.read():
            parts.append(part)
        return reply.status, b"".join(parts)


async def test_the_request_is_sent_as_given(client: UpstreamClient) -> None:
    seen: list[dict[str, object]] = []

    def note(url: object, **options: object) -> CallbackResult:
        seen.append(options)
        return CallbackResult(status=418, body=b"teapot", headers={"Retry-After": "3"})

    with aioresponses() as mocked:
        mocked.post(URL, callback=note)
        async with client.open(URL, {"a": "b"}, b'{"x":1}', Way(7, 3, proxy="http://p:1")) as reply:
            assert (reply.status, reply.headers["retry-after"]) == (418, "3")
            assert await reply.error_body() == b"teapot"
    (options,) = seen
    assert options["data"] == b'{"x":1}'
    assert options["headers"] == {"a": "b"}
    assert options["proxy"] == "http://p:1"
    assert options["allow_redirects"] is False
    timeout = options["timeout"]
    assert isinstance(timeout, aiohttp.ClientTimeout)
    assert (timeout.total, timeout.sock_connect, timeout.sock_read) == (None, 3, 7)


async def test_no_error_shows_a_password_of_the_url(client: UpstreamClient) -> None:
    """With a key beside it, aiohttp refuses such a URL; without one it may fail to connect, or be redirected."""
    for headers in ({"authorization": "Bearer k"}, {"a": "b"}):
        with pytest.raises(UpstreamError) as caught:
            async with client.open("http://user:hunter2@127.0.0.1:9/v1", headers, b"{}", Way(5)):
                pass
        assert "127.0.0.1:9" in str(caught.value)
        assert "hunter2" not in str(caught.value)
        assert "user" not in str(caught.value)
    with pytest.raises(UpstreamError) as caught:
        await client.fetch("GET", "http://user:hunter2@127.0.0.1:9/v1", {"authorization": "Bearer k"}, seconds=5)
    assert "hunter2" not in str(caught.value)
    with aioresponses() as mocked:
        mocked.post(URL, status=307, headers={"Location": "https://user:hunter2@elsewhere.test/x"})
        with pytest.raises(UpstreamError, match=r"redirects to elsewhere\.test: set") as caught:
            await post(client)
    assert "hunter2" not in str(caught.value)


async def test_an_answer_that_is_no_http_does_not_show_the_urls_key(client: UpstreamClient) -> None:
    async with answering(b"SSH-2.0-OpenSSH_9.6\r\n", then_hold=False) as url:
        with pytest.raises(UpstreamError) as caught:
            await post(client, f"{url}?key=hunter2")
    assert "127.0.0.1" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed_with_the_key(client: UpstreamClient, status: int) -> None:
    with aioresponses() as mocked:
        mocked.post(URL, status=status, headers={"Location": "https://elsewhere.test/x"})
        with pytest.raises(UpstreamError, match=r"redirects to elsewhere\.test: set api_base_url") as caught:
            await post(client)
    assert caught.value.detail.status == 502


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (aiohttp.ConnectionTimeoutError(), 504, "no connection to api.test within 30 seconds"),
        (aiohttp.SocketTimeoutError(), 504, "went silent"),
        (TimeoutError(), 504, "went silent"),
        (aiohttp.ServerDisconnectedError(), 502, "closed the connection"),
        (aiohttp.ClientPayloadError("x"), 502, "closed the connection"),
        (aiohttp.ClientConnectorDNSError(KEY, OSError(-2, "Name or service not known")), 502, "could not be resolved"),
        (
            aiohttp.ClientConnectorError(KEY, ConnectionRefusedError(111, "Connection refused")),
            502,
            "Connection refused",
        ),
        (aiohttp.ClientProxyConnectionError(KEY, OSError(111, "Connection refused")), 502, "the proxy for api.test"),
        (
            aiohttp.ClientConnectorCertificateError(KEY, ssl.SSLCertVerificationError(1, "x")),
            502,
            "TLS certificate of api.test is not trusted",
        ),
        (aiohttp.InvalidURL("x"), 502, "not a usable address"),
        (ConnectionResetError(104, "Connection reset by peer"), 502, "the connection to api.test failed"),
    ],
)
def test_failures_in_words(error: Exception, status: int, words: str) -> None:
    told = explain(error, "api.test")
    assert (told.detail.status, told.retryable) == (status, True)
    assert words in told.detail.message


@asynccontextmanager
async def answering(raw: bytes, *, then_hold: bool) -> AsyncGenerator[str]:
    """A server that sends `raw` to whoever connects, then hangs up or holds the connection; yields its URL."""
    over = asyncio.Event()
    ended: list[asyncio.Task[None]] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        ended.append(task)
        await reader.read(100)
        writer.write(raw)
        await writer.drain()
        if then_hold:
            await over.wait()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        over.set()
        await asyncio.gather(*ended, return_exceptions=True)
        server.close()


async def test_a_silent_upstream_is_given_up(client: UpstreamClient) -> None:
    raw = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n: x\n\n"
    async with answering(raw, then_hold=True) as url, client.open(url, {}, b"{}", Way(0.3)) as reply:
        assert await reply.read() == b": x\n\n"
        assert await reply.read(0.05) == b""
        with pytest.raises(UpstreamError, match="went silent"):
            await reply.read()


async def test_what_is_all_there_is_not_watched(client: UpstreamClient, monkeypatch: pytest.MonkeyPatch) -> None:
    watched: list[SilenceWatch] = []
    monkeypatch.setattr(SilenceWatch, "start", watched.append)
    raw = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwhole"
    async with answering(raw, then_hold=True) as url, client.open(url, {}, b"{}", Way(5)) as reply:
        assert [await reply.read(), await reply.read(), await reply.read(1.0)] == [b"whole", b"", b""]
    assert watched == []


async def test_a_stream_that_goes_silent_later_is_given_up(client: UpstreamClient) -> None:
    """Not by aiohttp, whose own timer ends with the first bytes after the status."""
    go_on = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        for part in (b"HTTP/1.1 200 OK\r\n\r\none", b"two"):
            writer.write(part)
            await writer.drain()
            await go_on.wait()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        async with client.open(url, {}, b"{}", Way(0.3)) as reply:
            assert await reply.read() == b"one"
            go_on.set()
            assert await reply.read() == b"two"
            with pytest.raises(UpstreamError, match="went silent") as caught:
                await reply.read()
    assert (caught.value.detail.status, caught.value.detail.unreached) == (504, "silence")


async def test_a_body_that_breaks_off(client: UpstreamClient) -> None:
    raw = b"HTTP/1.1 500 Oops\r\ncontent-length: 100\r\n\r\nhalf"
    async with answering(raw, then_hold=False) as url:
        with pytest.raises(UpstreamError, match="closed the connection before"):
            await post(client, url)
        async with client.open(url, {}, b"{}", Way(5)) as reply:
            assert await reply.error_body() == b"half"


async def test_no_first_byte_in_time(client: UpstreamClient) -> None:
    async with answering(b"", then_hold=True) as url:
        with pytest.raises(UpstreamError, match="went silent") as caught:
            async with client.open(url, {}, b"{}", Way(5, first_byte_seconds=0.2)):
                pass
    assert caught.value.detail.status == 504


async def test_reading_within_a_time_from_the_request_on(client: UpstreamClient) -> None:
    raw = b"HTTP/1.1 200 OK\r\n\r\nfirst"
    way = Way(5, total_seconds=2)
    async with answering(raw, then_hold=True) as url, client.open(url, {}, b"{}", way) as reply:
        begun = asyncio.get_running_loop().time()
        assert await reply.read_within(0.3, "was slow") == b"first"
        with pytest.raises(UpstreamError, match=r"127\.0\.0\.1 was slow"):
            await reply.read_within(0.3, "was slow")
        assert asyncio.get_running_loop().time() - begun < 1
