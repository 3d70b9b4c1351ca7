"""Plain requests to the daemon, without a client library that retries or hides anything."""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import orjson

from ccrouter.model.json import JsonObject

SECONDS = 30


@dataclass(frozen=True, slots=True)
class HTTPAnswer:
    """`headers` have their names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Streamed:
    """One open `POST /v1/messages`; closing it is a client that goes away."""

    def __init__(self, url: str, body: JsonObject, key: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=SECONDS)
        headers = {"content-type": "application/json", "anthropic-version": "2023-06-01", "x-api-key": key}
        self._connection.request("POST", "/v1/messages", orjson.dumps(body), headers)
        self._response = self._connection.getresponse()

    @property
    def status(self) -> int:
        return self._response.status

    @property
    def headers(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self._response.getheaders()}

    def read(self, most: int | None = None) -> bytes:
        """The rest of the answer, or the next `most` bytes of it."""
        return self._response.read() if most is None else self._response.read(most)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._response.close()
        self._connection.close()


def post(url: str, body: JsonObject, key: str) -> HTTPAnswer:
    """One request to its end."""
    with Streamed(url, body, key) as sent:
        return HTTPAnswer(sent.status, sent.headers, sent.read())
