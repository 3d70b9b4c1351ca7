"""A file that lies over the configuration for one project or session: its routes, merged over `Router`.

CCR's are JSON with a `Router` that replaces the whole of the global one (ccr-behaviour.md 2.2); here each route it
names counts, and the others stay. It chooses among what the configuration has: providers, keys, URLs, files and
transformers are not its business, and variables are not put in.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from ccrouter.config.canonical import canonicalise
from ccrouter.config.document import Document, child
from ccrouter.config.problems import Problem, has_errors
from ccrouter.config.read import read
from ccrouter.config.report import Report, fold, kind_of
from ccrouter.config.router_entries import read_router
from ccrouter.config.routes import match_name, read_route
from ccrouter.config.schema import SchemaNode, load_schema
from ccrouter.config.targets import Names
from ccrouter.config.types import GROUP, Config, ProviderConfig, RouterConfig, Rule, Target
from ccrouter.config.validate import check_schema
from ccrouter.frozen import frozen
from ccrouter.model.json import Json, JsonObject, as_object

MAX_OVERRIDE_BYTES = 256 * 1024
MAX_UNTRUSTED_RULES = 20
"""A pattern may take its time-out (config/regexes.py); a stranger's must not add up to a stop."""
ALLOWED = ("$schema", "Router")

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_FIELDS = frozenset(field.name for field in fields(RouterConfig))


@frozen
class Override:
    """What a file says. `named` are the fields of RouterConfig that it sets; none where it has an error."""

    file: Path
    router: RouterConfig | None = None
    named: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def refused(self) -> bool:
        """True when nothing of it counts."""
        return has_errors(self.problems)


@frozen
class _ListedNames(Names):
    """Takes only models that their provider lists: a stranger's file may choose, not ask for anything at all."""

    def target(self, text: str, pointer: str, *, key: bool = False) -> Target | None:
        found = read_route(text, self.providers, self.groups).target
        if match_name(list(self.aliases), text) is not None:  # the user's own word for it
            return super(_ListedNames, self).target(text, pointer, key=key)  # noqa: UP008 - slots make another class
        if found is None or found.provider == GROUP or is_listed(found, self.providers):
            return super(_ListedNames, self).target(text, pointer, key=key)  # noqa: UP008 - slots make another class
        fix = "A project's file may only choose among the models that your own configuration lists"
        self.report.error(f'"{found}" is not listed in the configuration', fix, pointer=pointer, key=key)
        return None


def is_listed(target: Target, providers: Sequence[ProviderConfig]) -> bool:
    """True when the target's provider lists its model."""
    return any(provider.name == target.provider and target.model in provider.models for provider in providers)


def read_override(data: bytes, file: Path, config: Config, *, trusted: bool) -> Override:
    """Understand the content of `file` beside `config`. Never raises for what is in it.

    `trusted` files are the user's own. Others come with a project, from anybody: they may only name listed models.
    """
    parsed = read(data, file)
    if parsed.document is None:
        return Override(file, problems=parsed.problems)
    document = parsed.document
    value = as_object(document.value)
    if value is None:
        message = f"an override is an object, this is {kind_of(document.value)}"
        fix = 'Begin with { "Router": {} }'
        return Override(file, problems=(document.problem("error", message, fix),))
    schema = _schema()
    value, foreign = _without_foreign(value, document)
    canonical = canonicalise(value, document, schema, {}, frozenset())
    report = Report(document, canonical.origins, {})
    check_schema(canonical.value, schema, report, canonical.secret)
    names_of = Names if trusted else _ListedNames
    names = names_of(config.providers, tuple(config.groups), report, config.aliases)
    router, named = _router(canonical.value, names, config)
    if not trusted and len(router.rules) > MAX_UNTRUSTED_RULES:
        message = f"there are {len(router.rules)} rules, and a project's file may have {MAX_UNTRUSTED_RULES}"
        report.error(message, "Put the others into a file of your own", pointer="/Router/rules")
    problems = (*parsed.problems, *foreign, *canonical.problems, *report.problems)
    refused = has_errors(problems)
    return Override(file, None if refused else router, () if refused else named, problems)


def overridden(config: Config, override: Override) -> Config:
    """`config` with the routes that the override names.

    Its rules come before those of the configuration, its subagents' routes beside them. A default of its own stands in
    for the configuration's tiers too, which say what the default is.
    """
    router, over = config.router, override.router
    if over is None or not override.named:
        return config
    changes: dict[str, Any] = {name: getattr(over, name) for name in override.named}
    changes["rules"] = (*_labelled(over.rules, override.file), *router.rules)
    changes["subagent"] = {**router.subagent, **over.subagent}
    kept = {name: value for name, value in router.overrides.items() if _field(name) not in override.named}
    changes["overrides"] = {**kept, **over.overrides}
    config = replace(config, router=replace(router, **changes))
    return replace(config, tiers={}) if "default" in override.named else config


def _labelled(rules: Sequence[Rule], file: Path) -> tuple[Rule, ...]:
    return tuple([replace(rule, label=f"{rule.label} of {file.name}") for rule in rules])


def _field(route: str) -> str:
    """The field of RouterConfig for a route: long_context for longContext."""
    return _HUMP.sub("_", route).lower()


def _router(value: JsonObject, names: Names, config: Config) -> tuple[RouterConfig, tuple[str, ...]]:
    written = as_object(value.get("Router")) or {}
    default: Json = str(config.router.default) if config.router.default is not None else None
    router = read_router({"Router": {"default": default, **written}}, names, None, {})
    named = tuple(name for key in written if (name := _field(key)) in _FIELDS)
    return router, named


def _without_foreign(value: JsonObject, document: Document) -> tuple[JsonObject, list[Problem]]:
    """The part of the object that an override may have, and a warning for each key that only the main config may."""
    allowed = {fold(name) for name in ALLOWED}
    known = {fold(name) for name in load_schema()["properties"]}
    problems: list[Problem] = []
    for name in value:
        if fold(name) in known - allowed:
            message = f'"{name}" has no effect in an override'
            fix = "It belongs into the configuration itself; here only Router counts"
            problems.append(document.problem("warning", message, fix, pointer=child("", name), key=True))
    return {name: item for name, item in value.items() if fold(name) not in known - allowed}, problems


def _schema() -> SchemaNode:
    whole = load_schema()
    properties: Mapping[str, Any] = whole["properties"]
    return {
        "type": "object",
        "properties": {name: properties[name] for name in ALLOWED},
        "additionalProperties": False,
        "$defs": whole["$defs"],
    }
