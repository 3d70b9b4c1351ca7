"""The interface of a transformer: a tweak between the neutral model and one provider, with up to four hooks.

Going out: provider chain, then model chain: `request`, then (after the dialect encoded) `wire`.
Coming back, the exact mirror: `wire_reply` before the dialect decodes, `events` after.
Hooks that a class does not override cost nothing: the pipeline leaves them out when it is built.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeAlias

from ccrouter.dialects.base import WireFilter
from ccrouter.dialects.quirks import Quirks
from ccrouter.frozen import frozen
from ccrouter.model.events import Event
from ccrouter.model.json import Json, JsonObject
from ccrouter.model.notes import Notes
from ccrouter.model.request import Request

EventFilter: TypeAlias = Callable[[list[Event]], list[Event]]
"""Sees a reply's events in batches, in order; the batch that ends with `Finish` or `Failed` is the last: whatever a
filter held back it must give out before that event. Must keep the grammar (`model/grammar.py`). One per reply."""


@frozen
class Context:
    """What a hook may know beside what it changes."""

    provider: str
    """The provider's configured name."""
    model: str
    """The upstream model's name."""
    dialect: str
    quirks: Quirks
    request: Request
    """The client's request as it stands before this hook (in reply hooks: as it was encoded)."""
    notes: Notes
    """Where to write down what a hook dropped or changed."""


class Transformer:
    """Base class. Override what you need, call nothing of the base; hooks must not keep state between requests."""

    name: ClassVar[str]
    """As written in the config's `use`."""
    options_schema: ClassVar[Mapping[str, Any]] = {"type": "object", "maxProperties": 0}
    """JSON Schema of the options in the array form `["name", {…}]`; by default none are taken."""

    def __init__(self, options: Mapping[str, Json] | None = None) -> None:
        self.options: Mapping[str, Json] = options or {}

    def quirks(self, quirks: Quirks) -> Quirks:
        """Change what is known about the upstream. Called once, when the pipeline is built."""
        return quirks

    def request(self, request: Request, context: Context) -> Request:
        """Change the neutral request (with `dataclasses.replace`)."""
        return request

    def wire(self, body: JsonObject, context: Context) -> JsonObject:
        """Change the wire body the dialect made. It is this request's own: changing it in place is fine."""
        return body

    def wire_reply(self, context: Context) -> WireFilter | None:
        """Make a filter for this reply's wire chunks, or None when this reply needs none."""
        return None

    def events(self, context: Context) -> EventFilter | None:
        """Make a filter for this reply's events, or None when this reply needs none."""
        return None
