"""Answers of the HTTP side that are not replies of a model."""

import random

import orjson
from aiohttp import web

from ccrouter.client_apis.base import ClientApi
from ccrouter.errors import ErrorDetail
from ccrouter.model.json import Json


def new_request_id() -> str:
    """An id in the shape of Anthropic's. It has to be unlike the others, not hard to guess."""
    return f"req_{random.getrandbits(96):024x}"


def json_response(body: Json, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A JSON answer."""
    return web.Response(
        status=status, body=orjson.dumps(body), headers={"content-type": "application/json", **(headers or {})}
    )


def error_response(api: ClientApi, detail: ErrorDetail, request_id: str) -> web.Response:
    """An error in the shape that clients of `api` read."""
    status, body = api.error(detail, request_id)
    return json_response(body, status, id_header(api, request_id))


def id_header(api: ClientApi, request_id: str) -> dict[str, str]:
    """The request's id under the names that SDKs look for it."""
    return dict.fromkeys(api.id_headers, request_id)
