"""The one HTTP client: wire requests out, bytes of replies in, every way of failing told in words."""

import asyncio
import io
import os
import ssl
from collections.abc import Awaitable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import field
from functools import lru_cache
from pathlib import Path

from ccrouter.config.urls import place_of
from ccrouter.errors import SETTINGS_AT_FAULT, UpstreamError, untraced, upstream_failure
from ccrouter.frozen import frozen
from ccrouter.upstream.connections import Connector
from ccrouter.upstream.late_authorities import aiohttp
from ccrouter.upstream.silence import SilenceWatch

CONNECT_SECONDS = 30.0
MAX_ERROR_BODY = 1024 * 1024
READ_BUFFER = 64 * 1024
"""aiohttp's reader wakes its parser once for each buffered HTTP chunk while less than this is left: larger buffers cost
more, not less (5,000 chunks in one go: 4.8 times the pass-through's CPU with 1 MB, 3.9 with 64 KB)."""
LARGE_BODY = 1024 * 1024
MAX_FETCHED = 8 * 1024 * 1024


@frozen
class Way:
    """How a provider is reached. Seconds; None: no bound of that kind."""

    idle_seconds: float
    """How long it may be silent."""
    connect_seconds: float = CONNECT_SECONDS
    first_byte_seconds: float | None = None
    """From the request to the first word of the answer."""
    total_seconds: float | None = None
    """One attempt, from beginning to end."""
    proxy: str | None = None
    ca_bundle: Path | None = None
    """Certificates to trust instead of the system's."""
    answer_seconds: float | None = field(init=False, repr=False, compare=False)
    """From the request to the answer's status line."""

    def __post_init__(self) -> None:
        bounds = [bound for bound in (self.first_byte_seconds, self.total_seconds) if bound is not None]
        object.__setattr__(self, "answer_seconds", min(bounds, default=None))


@frozen
class UpstreamReply:
    """A reply whose status has come. Read it to its end inside `UpstreamClient.open`."""

    _response: aiohttp.ClientResponse
    _watch: SilenceWatch
    _sent: float
    """The loop's time before the request was sent."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._response.status

    @property
    def headers(self) -> Mapping[str, str]:
        """Names in lower case."""
        return {name.lower(): value for name, value in self._response.headers.items()}

    async def read(self, within: float | None = None) -> bytes:
        """Whatever has arrived, at least a byte; b"" at the end, and when `within` seconds brought nothing.

        Raises:
            UpstreamError: the connection broke or went silent.
        """
        watch = self._watch
        try:
            if watch.timer is None:
                if watch.content.is_eof():
                    return watch.content.read_nowait()  # all has come, and at once
                watch.start()
            watch.waiting_since = watch.now()
            try:
                return await (watch.content.readany() if within is None else self._read_for(within))
            finally:
                watch.waiting_since = None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            # The response keeps the error, too.
            raise explain(error, str(self._response.url.host)) from untraced(error)

    async def _read_for(self, seconds: float) -> bytes:
        content = self._watch.content
        if content.is_eof():
            return content.read_nowait()  # all has come
        try:
            async with asyncio.timeout(seconds):
                return await content.readany()
        except TimeoutError:
            return b""

    async def read_within(self, seconds: float, words: str) -> bytes:
        """As `read`, but what has not come `seconds` after the request was sent is a failure told as `words`.

        Only where the way bounds the answer: else nobody noted when that was.
        """
        try:
            async with asyncio.timeout_at(self._sent + seconds):
                return await self.read()
        except TimeoutError as error:
            raise upstream_failure(f"{self._response.url.host} {words}", status=504) from error

    async def error_body(self) -> bytes:
        """The body of an error answer, at most MAX_ERROR_BODY bytes of it; what broke off is left out."""
        parts: list[bytes] = []
        size = 0
        try:
            while size < MAX_ERROR_BODY and (chunk := await self.read()):
                parts.append(chunk)
                size += len(chunk)
        except UpstreamError:
            pass  # the status is known, which says more than the broken body
        return b"".join(parts)[:MAX_ERROR_BODY]


@frozen
class Fetched:
    """A small answer, whole. The headers' names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class UpstreamClient:
    """Holds the one ClientSession. Make it inside the running loop; close it when the daemon ends."""

    def __init__(self) -> None:
        self._connector = Connector()
        self._session = aiohttp.ClientSession(
            connector=self._connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            read_bufsize=READ_BUFFER,
        )
        self._trusts: dict[Path, ssl.SSLContext] = {}
        self.loop = asyncio.get_running_loop()
        """Asking for it again and again takes a call into the system each time (Python 3.11)."""

    def _trust(self, ca_bundle: Path | None) -> ssl.SSLContext | bool:
        """What to check certificates against: the system's authorities unless a bundle is configured."""
        if ca_bundle is None:
            return True
        if ca_bundle not in self._trusts:
            self._trusts[ca_bundle] = ssl.create_default_context(cafile=str(ca_bundle))
        return self._trusts[ca_bundle]

    def let_idle_go(self) -> bool:
        """Nobody asks for anything: close idle connections, but for a few. True: there were some."""
        return self._connector.let_go()

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()

    def open(
        self, url: str, headers: Mapping[str, str], body: bytes, way: Way
    ) -> AbstractAsyncContextManager[UpstreamReply]:
        """POST `body`; leaving the context early closes the connection, which cancels the upstream's work.

        Entering it raises:
            UpstreamError: no answer came (connection, DNS, TLS, time-out, redirect).
        """
        return _Exchange(self, url, headers, body, way)

    def post(self, url: str, headers: Mapping[str, str], body: bytes, way: Way) -> Awaitable[aiohttp.ClientResponse]:
        """The response to `body`, to be released by the caller. Raises what aiohttp raises."""
        return self._session.post(
            url,
            # aiohttp writes bytes in one go, which for megabytes would hold up every other stream.
            data=body if len(body) < LARGE_BODY else io.BytesIO(body),
            headers=headers,
            proxy=way.proxy,
            # A redirect would carry the key to wherever it points: the config must name the real address.
            allow_redirects=False,
            timeout=_client_timeout(way.connect_seconds, way.idle_seconds),
            ssl=True if way.ca_bundle is None else self._trust(way.ca_bundle),
        )

    async def fetch(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None = None,
        *,
        seconds: float,
        proxy: str | None = None,
        ca_bundle: Path | None = None,
    ) -> Fetched:
        """The answer to a small request that is no model's (web search, a list of models). `seconds` is for all of it.

        Raises:
            UpstreamError: no answer came, or it is larger than MAX_FETCHED bytes.
        """
        host = place_of(url)
        timeout = aiohttp.ClientTimeout(total=seconds)
        try:
            async with self._session.request(
                method,
                url,
                data=body,
                headers=headers,
                proxy=proxy,
                allow_redirects=False,
                timeout=timeout,
                ssl=self._trust(ca_bundle),
            ) as response:
                parts: list[bytes] = []
                size = 0
                async for part in response.content.iter_any():
                    parts.append(part)
                    size += len(part)
                    if size > MAX_FETCHED:
                        raise upstream_failure(f"{host} answered with more than {MAX_FETCHED} bytes")
                told = {name.lower(): value for name, value in response.headers.items()}
                return Fetched(response.status, told, b"".join(parts))
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise explain(error, host) from error


class _Exchange:
    """One request and its reply. A class, for a generator's context costs each request twice as much."""

    def __init__(self, client: UpstreamClient, url: str, headers: Mapping[str, str], body: bytes, way: Way) -> None:
        self._client = client
        self._url = url
        self._headers = headers
        self._body = body
        self._way = way
        self._response: aiohttp.ClientResponse | None = None
        self._watch: SilenceWatch | None = None

    async def __aenter__(self) -> UpstreamReply:
        way, loop, sent = self._way, self._client.loop, 0.0
        try:
            if way.answer_seconds is None:
                response = await self._client.post(self._url, self._headers, self._body, way)
            else:
                sent = loop.time()
                async with asyncio.timeout(way.answer_seconds):
                    response = await self._client.post(self._url, self._headers, self._body, way)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise explain(error, place_of(self._url), way.connect_seconds) from error
        if 300 <= response.status < 400:
            response.release()
            place = place_of(response.headers.get("location", "")) or "another path"
            words = f"{place_of(self._url)} redirects to {place}: set api_base_url to the final address"
            raise upstream_failure(words, code=SETTINGS_AT_FAULT, unreached="redirect")
        self._response, self._watch = response, SilenceWatch(response, way.idle_seconds, loop)
        return UpstreamReply(response, self._watch, sent)

    async def __aexit__(self, *_: object) -> None:
        if self._response is not None and self._watch is not None:
            self._watch.stop()
            if self._response.connection is not None:  # else it went back to the pool with the answer's last byte
                self._response.release()


@lru_cache(64)
def _client_timeout(connect_seconds: float, idle_seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, sock_connect=connect_seconds, sock_read=idle_seconds)


def explain(error: Exception, host: str, connect_seconds: float = CONNECT_SECONDS) -> UpstreamError:
    """A failed connection in words: what, where, and as what status it counts."""
    match error:
        case aiohttp.ConnectionTimeoutError():
            return upstream_failure(
                f"no connection to {host} within {connect_seconds:g} seconds", status=504, unreached="silence"
            )
        case TimeoutError():
            return upstream_failure(
                f"{host} went silent: nothing came before the time-out", status=504, unreached="silence"
            )
        case aiohttp.ClientConnectorCertificateError():
            reason = error.certificate_error
            detail = getattr(reason, "verify_message", None) or reason
            words = f"the TLS certificate of {host} is not trusted: {detail}"
            return upstream_failure(words, code=SETTINGS_AT_FAULT, unreached="tls")
        case aiohttp.ClientConnectorDNSError():
            words = f"the name {host} could not be resolved: check api_base_url and the network"
            return upstream_failure(words, unreached="name")
        case aiohttp.ClientProxyConnectionError():
            words = f"the proxy for {host} could not be reached: {error.os_error.strerror or error}"
            return upstream_failure(words, unreached="proxy")
        case aiohttp.ClientConnectorSSLError():
            reason = getattr(error, "os_error", error)
            words = f"no TLS connection to {host}: {getattr(reason, 'strerror', None) or reason}"
            return upstream_failure(words, unreached="tls")
        case aiohttp.ClientConnectorError():
            words = f"could not connect to {host}: {system_words(error.os_error)}"
            return upstream_failure(words, unreached="connection")
        case aiohttp.InvalidURL() | ValueError():
            words = f"{host or 'api_base_url'} is not a usable address"
            return upstream_failure(words, code=SETTINGS_AT_FAULT, unreached="address")
        case aiohttp.ClientPayloadError() | aiohttp.ServerDisconnectedError():
            words = f"{host} closed the connection before the answer was finished"
            return upstream_failure(words, unreached="connection")
        case aiohttp.ClientResponseError():
            # Its own words hold the whole URL, which may hold a key.
            return upstream_failure(f"the connection to {host} failed: {error.message}")
        case _:
            return upstream_failure(f"the connection to {host} failed: {error}")


def system_words(error: OSError) -> str:
    """The system's words for what happened; asyncio's own loop puts the address in their place."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or str(error)
