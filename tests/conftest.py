"""Shared by all tests."""

from types import SimpleNamespace
from typing import Any

import aioresponses.core
from aiohttp import ClientResponse


class _ClientResponse(ClientResponse):
    """aioresponses 0.7.9 makes responses without the `stream_writer` that aiohttp 3.14 asks for (its issue 289)."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        named.setdefault("stream_writer", SimpleNamespace(output_size=0))
        super().__init__(*arguments, **named)


aioresponses.core.ClientResponse = _ClientResponse  # type: ignore[misc]  # pyright: ignore[reportPrivateImportUsage]
