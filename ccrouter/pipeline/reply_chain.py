"""What one reply goes through: the dialect's decoder and the transformers' filters, made fresh for it."""

from collections.abc import Sequence
from typing import Final

from ccrouter.dialects.anthropic import ANTHROPIC_REPLIES
from ccrouter.dialects.base import Decoder, ReplyContext, WireFilter
from ccrouter.dialects.web_search import search_query
from ccrouter.errors import ErrorDetail, UpstreamError
from ccrouter.model.events import Event
from ccrouter.model.json import JsonObject
from ccrouter.pipeline.build import Pipeline, TransformerError, failure_text
from ccrouter.pipeline.mending import Mending, mending
from ccrouter.pipeline.milder import carries_call_note
from ccrouter.pipeline.stop_sequences import StopSequenceFilter
from ccrouter.pipeline.verifier import MendCounts, Verifier
from ccrouter.transformers.base import Context, EventFilter
from ccrouter.transformers.tool_ids import HistoryIds

NO_NAMES: Final = frozenset[str]()


def transformer_failure(error: TransformerError) -> UpstreamError:
    """A failing hook as the end of a reply. Another target might not have that hook, but hiding it helps nobody."""
    return UpstreamError(ErrorDetail("api_error", str(error), 500), retryable=False)


def reply_chain(
    pipeline: Pipeline, context: Context, counts: MendCounts | None = None
) -> tuple[Decoder, Mending | None, Sequence[EventFilter], Verifier]:
    """The decoder, what mends its events, further filters and the very last one for one reply, made fresh: only
    `counts` is shared.
    """
    request = context.request
    used_ids = HistoryIds(request)
    wire_filters = wire_filters_of(pipeline, context) if pipeline.wire_reply_hooks else ()
    decoder = pipeline.dialect.decoder(
        ReplyContext(
            origin=context.provider,
            model=context.model,
            tool_names=frozenset([tool.name for tool in request.tools]) if request.tools else NO_NAMES,
            quirks=pipeline.quirks,
            used_ids=used_ids,
            search_query=search_query(request) if request.tools else None,
            wire_filters=wire_filters,
            tell_malformed=carries_call_note(request),
            notes=context.notes,
        )
    )
    filters = event_filters_of(pipeline, context) if pipeline.event_hooks else []
    if request.stop_sequences and pipeline.dialect.name not in ANTHROPIC_REPLIES:
        filters.append(StopSequenceFilter(request.stop_sequences))
    return decoder, mending(pipeline.quirks, context, used_ids), filters, Verifier(context, counts)


def wire_filters_of(pipeline: Pipeline, context: Context) -> list[WireFilter]:
    """What the transformers want to see of the reply's wire."""
    made = [(hook.name, hook.wire_reply(context)) for hook in pipeline.wire_reply_hooks]
    return [guarded_wire_filter(name, wire_filter) for name, wire_filter in made if wire_filter is not None]


def event_filters_of(pipeline: Pipeline, context: Context) -> list[EventFilter]:
    """What the transformers want to see of the reply's events."""
    made = [(hook.name, hook.events(context)) for hook in pipeline.event_hooks]
    return [guarded_event_filter(name, event_filter) for name, event_filter in made if event_filter is not None]


def guarded_wire_filter(name: str, wire_filter: WireFilter) -> WireFilter:
    """`wire_filter`, with whatever it raises named after its transformer."""

    def guarded(chunk: JsonObject) -> JsonObject | None:
        try:
            return wire_filter(chunk)
        except Exception as error:  # user code: this one reply ends honestly, the daemon lives on
            raise TransformerError(failure_text(name, "the reply", error)) from error

    return guarded


def guarded_event_filter(name: str, event_filter: EventFilter) -> EventFilter:
    """`event_filter`, with whatever it raises named after its transformer."""

    def guarded(events: list[Event]) -> list[Event]:
        try:
            return event_filter(events)
        except Exception as error:  # user code: this one reply ends honestly, the daemon lives on
            raise TransformerError(failure_text(name, "the reply", error)) from error

    return guarded
