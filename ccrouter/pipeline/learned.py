"""What a provider's refusals have taught about one of its models, and how it shapes the next request. Pure."""

import re
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Final

from ccrouter.frozen import frozen
from ccrouter.model.json import Json, JsonObject, as_int, as_list, as_object, as_str
from ccrouter.pipeline.build import Pipeline

NEVER_DROPPED: Final = frozenset({"model", "messages", "input", "contents", "tools", "stream", "role", "content"})
"""Without these a request is none: a refusal that names one of them is about something else."""


@frozen
class Learned:
    """Facts about one provider's model: the most it may give, and the fields it refuses (and what it wants instead)."""

    max_tokens_cap: int | None = None
    dropped: frozenset[str] = frozenset()
    renamed: Mapping[str, str] = field(default_factory=dict[str, str])


NOTHING: Final = Learned()


def with_cap(learned: Learned, cap: int) -> Learned:
    """The facts with a cap; the lowest one counts."""
    known = learned.max_tokens_cap
    return replace(learned, max_tokens_cap=cap if known is None else min(known, cap))


def with_refused(learned: Learned, path: str, instead: str | None) -> Learned | None:
    """The facts with a refused field, named as the provider did (`messages.2.reasoning_content`, `tools[0].strict`).

    None where dropping it would not help: the request is nothing without it, or it was left out already.
    """
    name = re.split(r"[.\[\]]+", path.rstrip("]."))[-1]
    if name in NEVER_DROPPED or name.isdigit() or not name:
        return None
    if instead is not None and instead != name and learned.renamed.get(name) != instead:
        return replace(learned, renamed={**learned.renamed, name: instead})
    if name in learned.dropped:
        return None
    return replace(learned, dropped=learned.dropped | {name})


def joined(one: Learned, other: Learned) -> Learned:
    """What two have learned of the same target; where they disagree on a name, `other` was told last."""
    caps = [cap for cap in (one.max_tokens_cap, other.max_tokens_cap) if cap is not None]
    return Learned(min(caps, default=None), one.dropped | other.dropped, {**one.renamed, **other.renamed})


def shaped_pipeline(pipeline: Pipeline, learned: Learned) -> Pipeline:
    """The pipeline with the learned cap among the facts about its upstream."""
    cap, known = learned.max_tokens_cap, pipeline.quirks.max_tokens_cap
    return pipeline if cap is None or (known is not None and known <= cap) else pipeline.knowing("max_tokens_cap", cap)


def shaped_wire(wire: JsonObject, learned: Learned) -> JsonObject:
    """The wire body without refused fields, at its top, in its messages and in its tools' heads.

    Property names inside a tool's schema are the tool's own and stay.
    """
    if not learned.dropped and not learned.renamed:
        return wire
    shaped = _shaped(wire, learned)
    for name in ("messages", "input", "contents", "tools"):
        items = as_list(shaped.get(name))
        if items is not None:
            shaped[name] = [_shaped(item, learned) if isinstance(item, dict) else item for item in items]
    return shaped


def _shaped(fields: JsonObject, learned: Learned) -> JsonObject:
    shaped: JsonObject = {}
    for name, value in fields.items():
        new = learned.renamed.get(name, name)
        if new not in learned.dropped and (new == name or new not in fields):
            shaped[new] = value
    return shaped


def to_json(learned: Learned) -> JsonObject:
    """The facts as they are kept on disk."""
    return {
        "max_tokens_cap": learned.max_tokens_cap,
        "dropped": list[Json](sorted(learned.dropped)),
        "renamed": dict[str, Json](sorted(learned.renamed.items())),
    }


def from_json(value: Json) -> Learned:
    """The facts from disk; what is not as `to_json` wrote it is forgotten."""
    fields = as_object(value) or {}
    renamed = as_object(fields.get("renamed")) or {}
    return Learned(
        max_tokens_cap=as_int(fields.get("max_tokens_cap")),
        dropped=frozenset([name for item in as_list(fields.get("dropped")) or () if (name := as_str(item))]),
        renamed={name: new for name, value in renamed.items() if (new := as_str(value))},
    )
