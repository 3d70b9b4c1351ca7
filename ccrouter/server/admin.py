"""What the commands ask of the running daemon. Guarded by the instance's own token, not by the users' key."""

import asyncio
import os
import time
from collections.abc import Callable

from aiohttp import web

from ccrouter import __version__
from ccrouter.config.problems import Problem
from ccrouter.config.types import RouterConfig, Target
from ccrouter.errors import RequestError
from ccrouter.model.json import Json, JsonObject, as_int
from ccrouter.server.access import same
from ccrouter.server.merging import merged_reload, merged_status
from ccrouter.server.peers import asked_alone
from ccrouter.server.reload import reload
from ccrouter.server.responses import json_response
from ccrouter.server.state import STATE, State
from ccrouter.startup import endpoint_of
from ccrouter.upstream.key_report import key_report

STOP: web.AppKey[Callable[[], None]] = web.AppKey("stop")
"""Begins a graceful stop of the daemon."""


def check_admin(request: web.Request) -> None:
    """Require the admin token. Raises RequestError (403)."""
    if not same(request.headers.get("x-ccr-admin-token", ""), request.app[STATE].admin_token):
        raise RequestError("The admin token is missing or not this daemon's.", status=403)


async def status(request: web.Request) -> web.Response:
    """How things stand, for `ccr status`."""
    check_admin(request)
    state = request.app[STATE]
    own = status_of(state)
    if state.workers is None or asked_alone(request):
        return json_response(own)
    answers = [own, *await state.workers.peers.ask("GET", "/admin/status", {})]
    gone = state.workers.gone({as_int(answer.get("pid")) or 0 for answer in answers})
    merged = merged_status(answers, gone, state.workers.seat.supervisor)
    return json_response({**merged, "workers_wanted": state.workers.seat.workers})


async def stop(request: web.Request) -> web.Response:
    """Begin a graceful stop."""
    check_admin(request)
    request.app[STOP]()
    return json_response({"stopping": True}, 202)


async def reload_config(request: web.Request) -> web.Response:
    """Read the configuration again, now: in every worker, when this returns."""
    check_admin(request)
    state = request.app[STATE]
    workers = None if asked_alone(request) else state.workers
    others = asyncio.ensure_future(workers.peers.ask("POST", "/admin/reload", {})) if workers is not None else None
    applied = await reload(state)
    rerouted = state.rerouted if applied else None
    own: JsonObject = {"applied": applied, "problems": problem_list(state), "rerouted": rerouted}
    return json_response(own if others is None else merged_reload([own, *await others]))


async def keys(request: web.Request) -> web.Response:
    """Every key, masked, and how it is: for `ccr keys`."""
    check_admin(request)
    state = request.app[STATE]
    health = state.gateway.health
    now = health.clock()
    presets: dict[str, Json] = {
        preset.name: key_report(preset.service.config.providers, preset.gateway.health.states(), now)
        for preset in state.presets or ()
        if preset.service is not None
    }
    providers = key_report(state.service.config.providers, health.states(), now)
    return json_response({"now": now, "providers": providers, "presets": presets})


async def clear_keys(request: web.Request) -> web.Response:
    """Let keys be tried again: all, those of `?preset=…`, or of `?provider=…` in it, else in the main configuration."""
    check_admin(request)
    state = request.app[STATE]
    provider, name = request.query.get("provider"), request.query.get("preset")
    healths = [state.gateway.health] if name is None else []
    if name is not None or provider is None:
        healths += [preset.gateway.health for preset in state.presets or () if name in {None, preset.name}]
    return json_response({"cleared": sum([health.clear(provider) for health in healths])})


def status_of(state: State) -> dict[str, Json]:
    """The status as JSON."""
    config = state.service.config
    return {
        "pid": os.getpid(),
        "version": __version__,
        "endpoint": endpoint_of(state.host, state.port),
        "uptime_seconds": round(time.time() - state.started_at, 1),
        "config": str(state.config_path),
        "providers": [
            {"name": provider.name, "models": len(provider.models), "protocol": protocol_of(state, provider.name)}
            for provider in config.providers
        ],
        "routes": {name: str(target) for name, target in routes_of(config.router).items()},
        "open_requests": state.open_requests,
        "requests_total": state.gateway.requests_total,
        "usage": state.gateway.accounts.totals.as_json(),
        "mended": state.gateway.health.mended.as_json(),
        "reloaded_at": state.reloaded_at,
        "presets": [{"name": preset.name, "usable": preset.service is not None} for preset in state.presets or ()],
        "rerouted": state.rerouted,
        "problems": problem_list(state),
    }


def problem_list(state: State) -> list[Json]:
    """The configuration's problems, as `ccr config check` words them."""
    own: list[Json] = [{"severity": problem.severity, "text": str(problem)} for problem in state.problems]
    further: list[Json] = [
        {"severity": problem.severity, "text": str(problem), "elsewhere": True} for problem in problems_elsewhere(state)
    ]
    return own + further


def problems_elsewhere(state: State) -> tuple[Problem, ...]:
    """What is wrong, but not with the configuration: the custom router, overrides, presets."""
    router = state.service.custom_router
    overrides = state.gateway.overrides
    return (
        *(router.problems if router is not None else ()),
        *(overrides.notices.problems() if overrides is not None else ()),
        *[problem for preset in state.presets or () for problem in preset.problems],
    )


def protocol_of(state: State, provider: str) -> str:
    """The wire protocol that a provider is spoken to in."""
    found = state.service.config.provider(provider)
    if found is None or not found.models:
        return "-"
    try:
        return state.service.pipeline(Target(provider, found.models[0])).dialect.name
    except RequestError:
        return "not available"


def routes_of(router: RouterConfig) -> dict[str, Target]:
    """The routes that are configured, under the names users know."""
    routes = {
        "default": router.default,
        "background": router.background,
        "think": router.think,
        "longContext": router.long_context,
        "webSearch": router.web_search,
        "image": router.image,
        "classifier": router.classifier,
        "compaction": router.compaction,
        **{f"subagent {kind}": route.target for kind, route in router.subagent.items()},
        **{rule.label: rule.use.target for rule in router.rules},
    }
    return {name: target for name, target in routes.items() if target is not None}
