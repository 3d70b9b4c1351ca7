"""The names that user code may import: what a transformer or a router of your own needs, and nothing that will move.

    from ccrouter.api import Context, Request, Transformer

See docs/writing-transformers.md and docs/custom-router.md. `run_request`, `run_wire` and `run_reply` try a transformer
without a daemon, `route_request` makes what a router is given.
"""

from collections.abc import Iterable, Mapping

from ccrouter.config.types import Config, RouterConfig, Target
from ccrouter.dialects.base import WireFilter
from ccrouter.dialects.quirks import Quirks
from ccrouter.errors import RequestError, UpstreamError, upstream_failure
from ccrouter.model.blocks import Block, Document, Image, Opaque, Text, Thinking, ToolReference, ToolResult, ToolUse
from ccrouter.model.envelope import Envelope, seal, unseal
from ccrouter.model.events import (
    BlockHead,
    BlockKey,
    BlockStart,
    BlockStop,
    Event,
    Failed,
    Finish,
    OpaqueBlock,
    OpaqueDelta,
    Signature,
    Start,
    StopReason,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolInputDelta,
    ToolUseBlock,
    Usage,
    UsageUpdate,
)
from ccrouter.model.grammar import violations
from ccrouter.model.json import Json, JsonObject, as_int, as_list, as_object, as_str
from ccrouter.model.notes import Note, Notes
from ccrouter.model.request import Message, Request, ThinkingConfig, Tool, ToolChoice
from ccrouter.router import Hints, RouteRequest, hints_of, session_id_of, working_directory
from ccrouter.transformers.base import Context, EventFilter, Transformer

__all__ = [
    "Block",
    "BlockHead",
    "BlockKey",
    "BlockStart",
    "BlockStop",
    "Config",
    "Context",
    "Document",
    "Envelope",
    "Event",
    "EventFilter",
    "Failed",
    "Finish",
    "Hints",
    "Image",
    "Json",
    "JsonObject",
    "Message",
    "Note",
    "Notes",
    "Opaque",
    "OpaqueBlock",
    "OpaqueDelta",
    "Quirks",
    "Request",
    "RequestError",
    "RouteRequest",
    "RouterConfig",
    "Signature",
    "Start",
    "StopReason",
    "Target",
    "Text",
    "TextBlock",
    "TextDelta",
    "Thinking",
    "ThinkingBlock",
    "ThinkingConfig",
    "ThinkingDelta",
    "Tool",
    "ToolChoice",
    "ToolInputDelta",
    "ToolReference",
    "ToolResult",
    "ToolUse",
    "ToolUseBlock",
    "Transformer",
    "UpstreamError",
    "Usage",
    "UsageUpdate",
    "WireFilter",
    "as_int",
    "as_list",
    "as_object",
    "as_str",
    "context_for",
    "route_request",
    "run_reply",
    "run_request",
    "run_wire",
    "seal",
    "unseal",
    "upstream_failure",
    "violations",
]


def context_for(
    request: Request,
    *,
    provider: str = "provider",
    model: str | None = None,
    dialect: str = "openai_chat",
    quirks: Quirks | None = None,
) -> Context:
    """A context as the daemon would make it, for trying a hook. `model` is the request's own by default."""
    return Context(provider, model or request.model, dialect, quirks or Quirks(), request, Notes())


def route_request(
    request: Request,
    *,
    headers: Mapping[str, str] | None = None,
    tokens: int = 0,
    session_id: str | None = None,
) -> RouteRequest:
    """The request as the daemon would show it to a custom router, for trying one. Header names in lower case."""
    given = dict(headers or {})
    session = session_id or session_id_of(given, request)
    return RouteRequest(request, given, hints_of(given), session, working_directory(request), lambda: tokens)


def run_request(transformer: Transformer, request: Request, context: Context | None = None) -> Request:
    """What the transformer makes of a request."""
    return transformer.request(request, context or context_for(request))


def run_wire(transformer: Transformer, body: Mapping[str, Json], context: Context) -> JsonObject:
    """What the transformer makes of a wire body."""
    return transformer.wire(dict(body), context)


def run_reply(transformer: Transformer, events: Iterable[Event], context: Context) -> list[Event]:
    """What the transformer makes of a reply's events, one at a time as a slow upstream would send them.

    Raises:
        AssertionError: what came out breaks the event grammar (`violations` says how).
    """
    event_filter = transformer.events(context)
    if event_filter is None:
        return list(events)
    out = [made for event in events for made in event_filter([event])]
    broken = violations(out)
    if broken:
        raise AssertionError(f"the filter's events are not a reply: {'; '.join(broken)}")
    return out
