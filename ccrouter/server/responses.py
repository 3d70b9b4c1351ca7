"""Answers of the HTTP side that are not replies of a model."""

import secrets

import orjson
from aiohttp import web

from ccrouter.dialects.anthropic.errors import encode_error
from ccrouter.model.json import Json


def new_request_id() -> str:
    """An id in the shape of Anthropic's."""
    return f"req_{secrets.token_hex(12)}"


def json_response(body: Json, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A JSON answer."""
    return web.Response(
        status=status, body=orjson.dumps(body), headers={"content-type": "application/json", **(headers or {})}
    )


def error_response(status: int, kind: str, message: str, request_id: str) -> web.Response:
    """An error in Anthropic's shape."""
    return json_response(encode_error(kind, message, request_id), status, {"request-id": request_id})
