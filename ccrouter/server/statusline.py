"""What `ccr statusline` asks: the line's configuration and the facts of one session, in one answer."""

from aiohttp import web

from ccrouter.config.types import Target
from ccrouter.errors import RequestError
from ccrouter.model.json import JsonObject
from ccrouter.server.admin import check_admin
from ccrouter.server.merging import merged_session
from ccrouter.server.peers import asked_alone
from ccrouter.server.responses import json_response
from ccrouter.server.state import STATE, State
from ccrouter.upstream.cooldown import fingerprint
from ccrouter.usage.sessions import session_report

SECONDS = 0.3
"""A line that comes late is no line: one without what a worker that hangs has counted is better."""


async def status_line(request: web.Request) -> web.Response:
    """The facts for `?session=…`."""
    check_admin(request)
    state, session = request.app[STATE], request.query.get("session", "")
    own = facts_of(state, session)
    if state.workers is None or asked_alone(request):
        return json_response(own)
    others = await state.workers.peers.ask("GET", "/admin/statusline", {"session": session}, seconds=SECONDS)
    return json_response(merged_session([own, *others]))


def facts_of(state: State, name: str) -> JsonObject:
    """{"status_line": the config's, "default": its default route, "session": see `usage/sessions.py`, with
    "context_window" (null for one that is not known yet), "keys": {"resting", "all"} of the provider in use}."""
    config = state.service.config
    session = state.gateway.accounts.get(name)
    last = session.last if session is not None else None
    target = last.target if last is not None else config.router.default
    report = session_report(session) if session is not None else None
    if report is not None and target is not None and last is not None:
        report["context_window"] = context_window(state, target)
    return {
        "status_line": dict(config.status_line.settings),
        "default": str(config.router.default) if config.router.default is not None else None,
        "session": report,
        "keys": keys_of(state, target) if target is not None else None,
    }


def context_window(state: State, target: Target) -> int | None:
    """The target's context window in tokens, where known; a reload may have taken the target away."""
    try:
        return state.service.pipeline(target).quirks.context_window
    except RequestError:
        return None


def keys_of(state: State, target: Target) -> JsonObject:
    """How many keys of the target's provider rest for it, and how many there are."""
    health = state.gateway.health
    provider = state.service.config.provider(target.provider)
    keys = {fingerprint(key) for key in provider.api_keys} if provider is not None else set[str]()
    now = health.clock()
    resting = {
        place.key
        for place, rest in health.states().rests.items()
        if place.provider == target.provider and place.model in (None, target.model) and now < rest.until
    }
    return {"resting": len(resting & keys), "all": len(keys)}
