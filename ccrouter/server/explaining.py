"""`/admin/explain`: what `ccr explain` asks of the running daemon."""

from collections.abc import Sequence
from typing import get_args

import orjson
from aiohttp import web

from ccrouter.errors import RequestError
from ccrouter.gateway.explaining import Wire, explain_whole
from ccrouter.gateway.gateway import Gateway
from ccrouter.gateway.types import Incoming, Service
from ccrouter.model.json import JsonObject, as_object, as_str
from ccrouter.server.admin import check_admin
from ccrouter.server.bodies import body_of
from ccrouter.server.peers import asked_alone
from ccrouter.server.responses import json_response
from ccrouter.server.state import STATE, State

CLIENT_HEADERS = "x-ccr-client-headers"
"""The headers to take the request to come with, as a JSON object."""


async def explain_body(request: web.Request) -> web.Response:
    """Explain the Messages request that is this request's body."""
    check_admin(request)
    state = request.app[STATE]
    headers = headers_of(request.headers.get(CLIENT_HEADERS, "{}"))
    incoming = Incoming(await body_of(request), headers, "explain")
    return json_response(await explain_whole(state.gateway, state.service, incoming, wire=wire_of(request)))


async def explain_logged(request: web.Request) -> web.Response:
    """Tell of the request `?id=…`, or of the last: {"record": …, "now": its explanation where its body is here}."""
    check_admin(request)
    state = request.app[STATE]
    own = await told_of(state, request)
    if state.workers is None or asked_alone(request):
        return json_response(own)
    query = {name: value for name in ("id", "wire") if (value := request.query.get(name)) is not None}
    return json_response(best_told([own, *await state.workers.peers.ask("GET", "/admin/explain", query)]))


async def told_of(state: State, request: web.Request) -> JsonObject:
    """What this process knows of the request that is asked for."""
    found = logged(state, request.query.get("id"))
    if found is None:
        return {"record": None, "now": None}
    record, service, gateway = found
    incoming, now = gateway.journal.incoming(as_str(record.get("id")) or ""), None
    if incoming is not None:
        now = await explain_whole(gateway, service, incoming, wire=wire_of(request))
    return {"record": record, "now": now}


def best_told(answers: Sequence[JsonObject]) -> JsonObject:
    """The answer of the worker that knows most: of the request that began last, and with its explanation."""
    return max(answers, key=lambda told: (_began(as_object(told.get("record")) or {}), told.get("now") is not None))


def logged(state: State, identity: str | None) -> tuple[JsonObject, Service, Gateway] | None:
    """The record of a request, or of the one that began last, and who served it: the configuration or a preset."""
    presets = [(preset.service, preset.gateway) for preset in state.presets or ()]
    found: list[tuple[JsonObject, Service, Gateway]] = []
    for service, gateway in [(state.service, state.gateway), *presets]:
        record = gateway.journal.last() if identity is None else gateway.journal.record(identity)
        if record is not None and service is not None:
            found.append((record, service, gateway))
    return max(found, key=lambda entry: _began(entry[0]), default=None)


def _began(record: JsonObject) -> float:
    at = record.get("at")
    return float(at) if isinstance(at, int | float) else 0.0


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
