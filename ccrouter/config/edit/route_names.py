"""Which routes there are: what the config's schema says, so that a new route needs nothing here."""

from collections.abc import Mapping
from typing import Any, Final, cast

from ccrouter.config.document import child
from ccrouter.config.edit.pointers import parts_of
from ccrouter.config.edit.refusal import refusal
from ccrouter.config.report import did_you_mean, fold
from ccrouter.config.schema import SchemaNode, load_schema, resolve, types_of

TARGET_MEMBER: Final = "target"
"""Where a route is an object that says more than its target, this member is the target."""
ANY_NAME: Final = "*"
"""In a table of routes: for every name that has none of its own."""

_TARGETS = ("#/$defs/route", "#/$defs/target")
_TABLES = ("tiers", "aliases")
"""Top-level objects that hold routes, where the schema has them."""


def route_names() -> list[str]:
    """The routes that have a name of their own: those of `Router` (`default` first), then `tiers.opus` and its like."""
    tables = _tables()
    return [
        name if table == "Router" else f"{table}.{name}" for table, node in tables.items() for name in _routes(node)
    ]


def route_pointer(name: str) -> str:
    """Where the route is: `think`, or with a dot `subagent.Explore`, `tiers.opus`. The pointer is in the schema's
    spelling.

    Raises:
        ConfigError: there is no such route.
    """
    tables = _tables()
    head, dot, rest = name.strip().partition(".")
    routes = _routes(tables["Router"])
    route = _named(routes, head)
    if route is not None:
        if dot and not (rest and _takes_any_name(routes[route])):
            raise refusal(f'the route "{route}" has no parts', f'Write just "{route}"')
        return child(child("/Router", route), rest) if dot else child("/Router", route)
    table = _named(tables, head)
    if dot and rest and table is not None:
        found = _named(_routes(tables[table]), rest)
        if found is not None or _takes_any_name(tables[table]):
            return child(child("", table), found or rest)
    raise refusal(f'there is no route called "{name}"', did_you_mean(name, route_names()))


def route_name(name: str) -> str:
    """The route in its own spelling: `longContext` for `long_context`. Raises ConfigError as `route_pointer`."""
    parts = parts_of(route_pointer(name))
    return ".".join(parts[1:] if parts[0] == "Router" else parts)


def _named(names: Mapping[str, Any], wanted: str) -> str | None:
    """The spelling of the schema."""
    return next((name for name in names if fold(name) == fold(wanted)), None)


def _tables() -> dict[str, SchemaNode]:
    properties: dict[str, SchemaNode] = load_schema()["properties"]
    return {name: resolve(properties[name], load_schema()) for name in ("Router", *_TABLES) if name in properties}


def _routes(table: SchemaNode) -> dict[str, SchemaNode]:
    properties: dict[str, SchemaNode] = table.get("properties", {})
    return {name: node for name, node in properties.items() if _is_route(node)}


def _is_route(node: SchemaNode) -> bool:
    return node.get("$ref") in _TARGETS or ("string" in types_of(node) and _takes_any_name(node))


def _takes_any_name(node: SchemaNode) -> bool:
    """Whether it is, or may be, an object of routes under names of the user's choice."""
    others: Any = node.get("additionalProperties")
    return isinstance(others, dict) and cast(SchemaNode, others).get("$ref") in _TARGETS
