"""The `Router` and `tiers` parts of a config."""

from collections.abc import Mapping
from typing import Final

from ccrouter.config.conditions import TIERS, Tier
from ccrouter.config.document import child
from ccrouter.config.route_entries import ROUTE_FIELDS, read_route_entry
from ccrouter.config.rule_entries import read_rules
from ccrouter.config.targets import Names
from ccrouter.config.types import (
    ANY_AGENT,
    DEFAULT_LONG_CONTEXT_THRESHOLD,
    DEFAULT_THINK_EFFORT,
    UNCHANGED,
    Route,
    RouterConfig,
    Target,
)
from ccrouter.config.uses import TransformerNames
from ccrouter.model.json import Json, JsonObject, as_int, as_object, as_str

ROUTES: Final = ("default", "background", "think", "longContext", "webSearch", "image", "classifier", "compaction")
"""The routes of `Router` that are one target each."""
_DEFAULTS: Final[tuple[Tier, ...]] = ("sonnet", "opus", "haiku")
"""Whose target stands in for a missing Router.default, the first that is there."""


def read_router(
    value: JsonObject, names: Names, transformers: TransformerNames | None, tiers: Mapping[Tier, Route]
) -> RouterConfig:
    """The routes. Where `tiers` are given they stand in for `default` and `background`."""
    router = as_object(value.get("Router")) or {}
    routes: dict[str, Route] = {}
    for name in ROUTES:
        route = read_route_entry(router.get(name), child("/Router", name), names, transformers)
        if route is not None:
            routes[name] = route
    if not _is_written(router.get("default")):
        stand_in = next((tiers[tier] for tier in _DEFAULTS if tier in tiers), None)
        if stand_in is not None:
            routes["default"] = stand_in
        elif names.providers and not isinstance(value.get("Router"), str | list):
            _report_no_default(value, router, names)
    if "haiku" in tiers and not _is_written(router.get("background")):
        routes["background"] = tiers["haiku"]
    targets: dict[str, Target] = {name: route.target for name, route in routes.items()}
    return RouterConfig(
        default=targets.get("default"),
        background=targets.get("background"),
        think=targets.get("think"),
        long_context=targets.get("longContext"),
        web_search=targets.get("webSearch"),
        image=targets.get("image"),
        classifier=targets.get("classifier"),
        # CCR: 0 is the default too.
        long_context_threshold=as_int(router.get("longContextThreshold")) or DEFAULT_LONG_CONTEXT_THRESHOLD,
        think_effort=as_str(router.get("thinkEffort")) or DEFAULT_THINK_EFFORT,
        compaction=targets.get("compaction"),
        subagent=_read_subagent(router.get("subagent"), names, transformers),
        rules=read_rules(router.get("rules"), names, transformers),
        overrides={name: route.overrides for name, route in routes.items() if route.overrides != UNCHANGED},
    )


def read_tiers(value: Json, names: Names, transformers: TransformerNames | None) -> dict[Tier, Route]:
    """The routes by tier. An alias that is called like a tier is that tier's, unless `tiers` names it."""
    fields = as_object(value) or {}
    tiers: dict[Tier, Route] = {}
    for tier in TIERS:
        route = read_route_entry(fields.get(tier), child("/tiers", tier), names, transformers)
        alias = names.aliases.get(tier)
        if route is not None:
            tiers[tier] = route
        elif alias is not None and tier not in fields:
            tiers[tier] = Route(alias)
    return tiers


def _is_written(value: Json) -> bool:
    return isinstance(value, dict) or bool((as_str(value) or "").strip())


def _report_no_default(value: JsonObject, router: JsonObject, names: Names) -> None:
    first = names.providers[0]
    example = Target(first.name, first.models[0] if first.models else "<model>")
    pointer = "/Router/default" if "default" in router else "/Router" if "Router" in value else ""
    fix = f'Write "Router": {{ "default": "{example}" }}'
    names.report.error("Router.default is missing: it serves whatever no other route takes", fix, pointer=pointer)


def _read_subagent(value: Json, names: Names, transformers: TransformerNames | None) -> dict[str, Route]:
    """One route for all subagents, or routes by type of agent. An object with a target is a route."""
    pointer = "/Router/subagent"
    types = as_object(value)
    if types is None or "target" in types:
        route = read_route_entry(value, pointer, names, transformers)
        return {} if route is None else {ANY_AGENT: route}
    routes: dict[str, Route] = {}
    for written, entry in types.items():
        place, name = child(pointer, written), written.strip().casefold()
        if written in ROUTE_FIELDS:
            fix = 'Write "target" beside it, or types of agents such as "Explore" and "*"'
            names.report.error('"target" is missing', fix, pointer=pointer)
            continue
        if name in routes:
            names.report.warning(f'"{written}" is there twice', "Take one of them away", pointer=place, key=True)
            continue
        route = read_route_entry(entry, place, names, transformers)
        if route is not None:
            routes[name] = route
    return routes
