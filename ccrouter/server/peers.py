"""The other workers of this daemon: each answers, on a socket in a private folder, what only it knows.

What they all must know at any time they share otherwise (`sharing/`); here is what somebody asks for now and then: how
much each has done, which requests it has seen.
"""

import asyncio
import os
from pathlib import Path
from typing import Final, Literal

import aiohttp
import orjson
from aiohttp import web

from ccrouter.model.json import JsonObject, as_object

ALONE: Final = "alone"
"""The query parameter with which one worker asks another: it is to answer for itself."""
SECONDS: Final = 4.0
"""Less than the commands wait for their answer."""


def asked_alone(request: web.Request) -> bool:
    """True when another worker asks: it asks the rest itself."""
    return ALONE in request.query


class Peers:
    """`folder` holds a socket for every worker, `<process id>.sock`."""

    def __init__(self, folder: Path, admin_token: str) -> None:
        self._folder = folder
        self._token = admin_token

    @property
    def own_socket(self) -> Path:
        """Where this worker answers the others."""
        return self._folder / f"{os.getpid()}.sock"

    async def ask(
        self, method: Literal["GET", "POST"], path: str, query: dict[str, str], *, seconds: float = SECONDS
    ) -> list[JsonObject]:
        """The answers of all others; of one that does not answer within `seconds` there is none."""
        found = await asyncio.gather(*[self._ask(one, method, path, query, seconds) for one in self._others()])
        return [answer for answer in found if answer is not None]

    def _others(self) -> list[Path]:
        try:
            return sorted(path for path in self._folder.glob("*.sock") if path != self.own_socket)
        except OSError:
            return []

    async def _ask(self, one: Path, method: str, path: str, query: dict[str, str], seconds: float) -> JsonObject | None:
        timeout = aiohttp.ClientTimeout(total=seconds)
        async with aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(one)), timeout=timeout) as client:
            try:
                headers = {"x-ccr-admin-token": self._token}
                url = f"http://localhost{path}"
                async with client.request(method, url, params={**query, ALONE: "1"}, headers=headers) as answer:
                    return as_object(orjson.loads(await answer.read())) if answer.status < 400 else None
            except (aiohttp.ClientError, TimeoutError, orjson.JSONDecodeError):
                return None
