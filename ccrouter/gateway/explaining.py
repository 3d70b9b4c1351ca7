"""Why a request goes where it goes, and what would be sent: everything that `ccr explain` tells. Nothing is sent."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

import orjson

from ccrouter.config.groups import flatten
from ccrouter.config.types import Config, ProviderConfig, Target
from ccrouter.dialects.anthropic.body import parse_body
from ccrouter.errors import CCRouterError, RequestError
from ccrouter.gateway.attempts import Attempt, make_attempt
from ccrouter.gateway.gateway import Gateway
from ccrouter.gateway.health import Health
from ccrouter.gateway.turn import Work
from ccrouter.gateway.types import Incoming, Record, Service
from ccrouter.model.json import Json, JsonObject, as_list, as_object, as_str
from ccrouter.pipeline.build import Pipeline
from ccrouter.pipeline.learned import NOTHING, to_json
from ccrouter.tokens import count_parts
from ccrouter.transformers.base import Transformer
from ccrouter.upstream.key_report import key_report
from ccrouter.upstream.masking import masked, with_masked
from ccrouter.upstream.strategies import ORDERS

Wire: TypeAlias = Literal["none", "first", "all"]
"""For which targets the outgoing request is told."""

SECRET_HEADERS = ("authorization", "api-key", "apikey", "token", "secret", "cookie")
"""A configured header whose name holds one of these is masked."""
ACCESS_TOKEN = "(access token)"  # noqa: S105 - stands where one would


async def explain_whole(gateway: Gateway, service: Service, incoming: Incoming, *, wire: Wire) -> JsonObject:
    """As `explain`, with "parts": the tokens by part. They are counted beside the loop, which others wait for."""
    told = await explain(gateway, service, incoming, wire=wire)
    return {**told, "parts": await asyncio.to_thread(parts_of, incoming)}


def parts_of(incoming: Incoming) -> Json:
    """Tokens by part, null where the body is no request."""
    try:
        return dict[str, Json](count_parts(incoming.api.decode(parse_body(incoming.body).value).request))
    except RequestError:
        return None


async def explain(gateway: Gateway, service: Service, incoming: Incoming, *, wire: Wire = "none") -> JsonObject:
    """What the router would do with a request now.

    {"model", "session", "body_bytes", "scenario", "reason", "considered": [[rule, why not], …], "tokens": where the
    decision needed them, "targets": […]}; or, for what cannot be routed, {"model", "error", "status"}.
    A target: {"target", "of": the group it is a member of, or null, "strategy", "keys", "usable", "error", "protocol",
    "context_window", "chain", "hooks", "hints", "learned", "notes": [{"what", "where", "why"}], "wire"}.
    """
    record = Record(incoming.request_id)
    try:
        work = await gateway.plan(service, incoming, record)
    except RequestError as error:
        return {"model": record.model, "session": record.session, "error": error.message, "status": error.status}
    targets: list[Json] = []
    order = resolved(work.decision.targets, work.service.config, gateway.health)
    for target, group in order.items():
        told = wire == "all" or (wire == "first" and not targets)
        targets.append(_target(gateway.health, work, target, group, wire=told))
    return {
        "model": record.model,
        "session": record.session,
        "body_bytes": len(incoming.body),
        "scenario": work.decision.scenario,
        "reason": work.decision.reason,
        "considered": [[rule, why] for rule, why in work.decision.considered],
        "tokens": work.decision.tokens,
        "targets": targets,
    }


def resolved(targets: Iterable[Target], config: Config, health: Health) -> dict[Target, Target | None]:
    """Every model in the order it would be tried now, each with the group it stands for; groups keep their turn."""
    found: dict[Target, Target | None] = {}
    for target in targets:
        group = config.group(target)
        if group is None:
            found.setdefault(target, None)
            continue
        members = flatten(group, config.groups)
        given = health.circumstances(target.model, {member.target: member.weight for member in members}, keep_turn=True)
        for member in ORDERS[group.strategy]([member.target for member in members], given):
            found.setdefault(member, target)
    return found


def _target(health: Health, work: Work, target: Target, group: Target | None, *, wire: bool) -> JsonObject:
    service = work.service
    strategy = service.config.group(group) if group is not None else None
    told: JsonObject = {
        "target": str(target),
        "of": str(group) if group is not None else None,
        "strategy": strategy.strategy if strategy is not None else None,
        "keys": _keys(health, service, target),
    }
    provider = service.config.provider(target.provider)
    try:
        attempt = _attempt(health, work, target)
    except CCRouterError as error:
        return {**told, "usable": False, "error": str(error)}
    assert provider is not None, "a target without a provider has no pipeline"
    learned, pipeline, use = health.learned(target), attempt.pipeline, work.decision.overrides.use
    told |= {
        "usable": True,
        "protocol": pipeline.dialect.name,
        "context_window": pipeline.quirks.context_window,
        "chain": [use.name for use in (*provider.use, *provider.model_use.get(target.model, ()), *use)],
        "hooks": _hooks(pipeline),
        "hints": _hints(pipeline),
        "learned": to_json(learned) if learned is not NOTHING else None,
        "notes": [
            {"what": note.what, "where": note.where, "why": note.why} for note in attempt.outbound.context.notes.entries
        ],
    }
    if wire:
        told["wire"] = _wire(attempt, provider, service.config)
    return told


def _attempt(health: Health, work: Work, target: Target) -> Attempt:
    """The attempt as it would be made, but with a key that is no key."""
    service, key = work.service, None
    provider = service.config.provider(target.provider)
    if target.provider in service.tokens:
        key = ACCESS_TOKEN
    elif provider is not None and provider.api_keys:
        ready = health.keys(target, provider.api_keys, work.conversation[0] if work.conversation else None)
        key = masked((ready or provider.api_keys)[0])
    return make_attempt(
        service,
        target,
        work.request,
        work.incoming,
        work.replies,
        key=key,
        raw=work.raw,
        estimate=work.prompt_at(target, health),
        found={},
        image_model=work.image_model,
        health=health,
        use=work.decision.overrides.use,
        guided=work.guide is not None,
    )


def _keys(health: Health, service: Service, target: Target) -> list[Json]:
    """The target's keys, masked, each with the rests that are for this model (or for all)."""
    provider = service.config.provider(target.provider)
    if provider is None or target.provider in service.tokens:
        return []
    now = health.clock()
    (report,) = key_report([provider], health.states(), now)
    keys: list[Json] = []
    for key in as_list((as_object(report) or {}).get("keys")) or ():
        told = as_object(key) or {}
        rests = [
            rest
            for rest in map(as_object, as_list(told.get("rests")) or ())
            if rest is not None and as_str(rest.get("model")) in {None, target.model}
        ]
        states = [as_str(rest.get("state")) for rest in rests]
        state = next((state for state in ("resting", "probing") if state in states), "ready")
        keys.append({**told, "state": state, "rests": list[Json](rests), "now": now})
    return keys


def _hooks(pipeline: Pipeline) -> JsonObject:
    """Which transformers work at which place, in the order they are asked."""
    places: Mapping[str, Iterable[Transformer]] = {
        "request": pipeline.request_hooks,
        "wire": pipeline.wire_hooks,
        "wire_reply": pipeline.wire_reply_hooks,
        "events": pipeline.event_hooks,
    }
    return {place: [transformer.name for transformer in chain] for place, chain in places.items()}


def _hints(pipeline: Pipeline) -> Json:
    """{"family", "file": null for our own, "tokens"}; null where none are added."""
    guidance = pipeline.guidance
    if guidance is None:
        return None
    file = str(guidance.file) if guidance.file is not None else None
    return {"family": guidance.family, "file": file, "tokens": guidance.tokens}


def _wire(attempt: Attempt, provider: ProviderConfig, config: Config) -> JsonObject:
    """The outgoing request with every secret masked."""
    secrets = secrets_of(config)
    outbound = attempt.outbound
    headers = {
        name: _header(name, value) if name in provider.headers else value for name, value in outbound.headers.items()
    }
    return {
        "method": "POST",
        "url": with_masked(outbound.url, secrets),
        "headers": {name: with_masked(value, secrets) for name, value in headers.items()},
        "bytes": len(outbound.body),
        "body": orjson.loads(with_masked(outbound.body.decode("utf-8", "replace"), secrets)),
    }


def _header(name: str, value: str) -> str:
    return masked(value) if any(word in name.lower() for word in SECRET_HEADERS) else value


def secrets_of(config: Config) -> list[str | None]:
    """Every key of the configuration."""
    keys = [key for provider in config.providers for key in provider.api_keys]
    return [*keys, config.api_key, config.search.api_key if config.search is not None else None]
