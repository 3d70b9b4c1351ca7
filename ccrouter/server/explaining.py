"""`/admin/explain`: what `ccr explain` asks of the running daemon."""

from typing import get_args

import orjson
from aiohttp import web

from ccrouter.errors import RequestError
from ccrouter.gateway.explaining import Wire, explain_whole
from ccrouter.gateway.types import Incoming
from ccrouter.model.json import as_object, as_str
from ccrouter.server.admin import check_admin
from ccrouter.server.responses import json_response
from ccrouter.server.state import STATE

CLIENT_HEADERS = "x-ccr-client-headers"
"""The headers to take the request to come with, as a JSON object."""


async def explain_body(request: web.Request) -> web.Response:
    """Explain the Messages request that is this request's body."""
    check_admin(request)
    state = request.app[STATE]
    headers = headers_of(request.headers.get(CLIENT_HEADERS, "{}"))
    incoming = Incoming(await request.read(), headers, "explain")
    return json_response(await explain_whole(state.gateway, state.service, incoming, wire=wire_of(request)))


async def explain_logged(request: web.Request) -> web.Response:
    """Tell of the request `?id=…`, or of the last: {"record": …, "now": its explanation where its body is here}."""
    check_admin(request)
    state = request.app[STATE]
    journal = state.gateway.journal
    identity = request.query.get("id")
    record = journal.last() if identity is None else journal.record(identity)
    if record is None:
        return json_response({"record": None, "now": None})
    incoming = journal.incoming(as_str(record.get("id")) or "")
    now = (
        None if incoming is None else await explain_whole(state.gateway, state.service, incoming, wire=wire_of(request))
    )
    return json_response({"record": record, "now": now})


def wire_of(request: web.Request) -> Wire:
    """`?wire=first`, `all` or (unless asked for) `none`."""
    asked = request.query.get("wire")
    return next((wire for wire in get_args(Wire) if wire == asked), "none")


def headers_of(text: str) -> dict[str, str]:
    """The header's JSON object. Raises RequestError (400)."""
    try:
        found = as_object(orjson.loads(text))
    except orjson.JSONDecodeError:
        found = None
    if found is None:
        raise RequestError(f"{CLIENT_HEADERS} is no JSON object.")
    return {name.lower(): value for name, value in found.items() if isinstance(value, str)}
