"""From a Responses reply, streamed or whole, to events."""

from typing import Final

from ccrouter.dialects.base import ReplyContext
from ccrouter.dialects.failures import error_of_frame, not_json
from ccrouter.dialects.lenient_json import compact_json
from ccrouter.dialects.openai_chat.finish import stop_reason
from ccrouter.dialects.openai_responses.blocks import BlockWriter
from ccrouter.dialects.openai_responses.errors import marked
from ccrouter.dialects.openai_responses.finish import FAILED, INCOMPLETE, incomplete_reason, status_of
from ccrouter.dialects.openai_responses.items import Channel, Items, output_of
from ccrouter.dialects.openai_responses.usage import usage_of
from ccrouter.dialects.reply_decoder import CUT, EMPTY, JsonReplyDecoder
from ccrouter.dialects.web_search import usage_of_searches
from ccrouter.errors import UpstreamError, upstream_failure
from ccrouter.model.events import Event, Failed, Finish, Start, Usage, UsageUpdate, merge_usage
from ccrouter.model.json import Json, JsonObject, as_int, as_object, as_str

DELTAS: Final[dict[str, Channel]] = {
    "response.output_text.delta": "text",
    "response.refusal.delta": "refusal",
    "response.reasoning_summary_text.delta": "summary",
    "response.reasoning_summary.delta": "summary",
    "response.reasoning_text.delta": "raw",
    "response.reasoning.delta": "raw",  # older vLLM
    "response.function_call_arguments.delta": "arguments",
    "response.custom_tool_call_input.delta": "input",
}
"""Events that bring more of a part."""

WHOLE_PARTS: Final[dict[str, tuple[Channel, str]]] = {
    "response.output_text.done": ("text", "text"),
    "response.refusal.done": ("refusal", "refusal"),
    "response.reasoning_summary_text.done": ("summary", "text"),
    "response.reasoning_text.done": ("raw", "text"),
    "response.function_call_arguments.done": ("arguments", "arguments"),
}
"""Events that repeat a part whole, and the field they do it in."""

ENDS: Final = frozenset(
    {
        "response.completed",
        "response.incomplete",
        "response.failed",
        "response.cancelled",
        "response.done",
    }
)


class ReplyDecoder(JsonReplyDecoder):
    """Decodes one reply. The terminal event says everything that is still to be said, so nothing is waited for."""

    def __init__(self, context: ReplyContext) -> None:
        super().__init__(context)
        self._writer = BlockWriter()
        self._items = Items(context, self._writer)

    @property
    def finishing(self) -> bool:
        """Always False: a Responses stream is over with its terminal event."""
        return False

    def end(self) -> list[Event]:
        """The end of the stream: a failure, since a reply that is complete has said so before."""
        if self._ended:
            return []
        return self._fail(upstream_failure(CUT if self._writer.has_content else EMPTY))

    def _said_done(self) -> list[Event]:
        return self.end()

    def _reply(self, reply: Json) -> list[Event]:
        reply = self._filtered(reply)
        fields = as_object(reply)
        if fields is not None and isinstance(fields.get("output"), list):
            return self._end_of_reply(fields, "response.completed")
        error = error_of_frame(reply)
        return self._fail(error or upstream_failure("the upstream's answer has no output"))

    def _chunk(self, chunk: Json, event: str | None) -> list[Event]:
        if not isinstance(chunk, dict):
            error = error_of_frame(chunk, event=event)
            return self._fail(error or not_json(compact_json(chunk).encode(), what="stream frame"))
        fields: JsonObject = chunk
        kind = as_str(fields.get("type")) or event or ""
        channel = DELTAS.get(kind)
        index = as_int(fields.get("output_index"))
        if channel is not None:
            self._items.delta(index, channel, _part(fields), as_str(fields.get("delta")) or "")
        elif kind in WHOLE_PARTS:
            channel, name = WHOLE_PARTS[kind]
            self._items.part_done(index, channel, _part(fields), as_str(fields.get(name)) or "")
        elif kind in ENDS:
            return self._end_of_reply(as_object(fields.get("response")) or {}, kind)
        elif kind == "error" or (not kind and "error" in fields):
            return self._fail(error_of_frame(fields, event="error"))
        elif kind == "response.output_item.added":
            self._items.added(index, as_object(fields.get("item")) or {})
        elif kind == "response.output_item.done":
            self._items.item_done(index, as_object(fields.get("item")) or {})
        elif kind == "response.output_text.annotation.added":
            self._items.annotation(index, as_object(fields.get("annotation")) or {})
        else:
            # response.created, .in_progress, .queued; the progress of provider tools; what comes next year.
            self._identify(as_object(fields.get("response")) or {})
            return []
        return self._new_events()

    def _identify(self, response: JsonObject) -> None:
        self._id = self._id or as_str(response.get("id"))
        self._model = self._model or as_str(response.get("model"))
        self._items.seed = f"{self._id or ''}/{self._context.origin}/{self._model or self._context.model}"

    def _new_events(self) -> list[Event]:
        """What came since the last call, behind the start event once there is something to tell."""
        return self._behind_start(self._writer.take())

    def _start(self, usage: Usage | None = None) -> Start:
        self._started = True
        return Start(self._id or None, self._model or self._context.model, usage or Usage())

    def _end_of_reply(self, response: JsonObject, event: str) -> list[Event]:
        """The terminal event, or the whole reply."""
        self._identify(response)
        status = status_of(response, event)
        if status in FAILED or response.get("error"):
            return self._fail(_failure(response, status))
        self._items.finish(output_of(response))
        ending = self._ending(response, status)
        if self._items.nameless:
            if ending == "end_turn":
                return self._fail(upstream_failure("the upstream sent a tool call without a name"))
            self._context.notes.add("tool call", "output", "cut off before its name came")
        events = self._new_events()
        usage = self._usage(response)
        if not self._started:
            events = [self._start(usage)]
        elif usage is not None:
            events.append(UsageUpdate(usage))
        self._ended = True
        reason = stop_reason(ending, has_tool_use=self._items.has_calls)
        return [*events, Finish("refusal" if self._items.refused and reason == "end_turn" else reason)]

    def _ending(self, response: JsonObject, status: str) -> str:
        if status != "incomplete":
            return "end_turn"
        reason = incomplete_reason(response)
        if reason not in INCOMPLETE:
            self._context.notes.add("incomplete_details", "response", f"unknown reason {reason!r} taken as max_tokens")
        return INCOMPLETE.get(reason, "max_tokens")

    def _usage(self, response: JsonObject) -> Usage | None:
        usage = usage_of(response)
        searches = self._items.searches.count
        return merge_usage(usage or Usage(), usage_of_searches(searches)) if searches else usage

    def _fail(self, error: UpstreamError | None) -> list[Event]:
        events = self._new_events()
        self._ended = True
        return [*events, Failed(marked(error or upstream_failure("the upstream reported an error")))]


def _part(fields: JsonObject) -> int:
    """Which part of its item an event is about."""
    for name in ("content_index", "summary_index"):
        number = as_int(fields.get(name))
        if number is not None:
            return number
    return 0


def _failure(response: JsonObject, status: str) -> UpstreamError:
    error = error_of_frame({"error": response.get("error")}) if response.get("error") else None
    if error is not None:
        return error
    said = "cancelled the answer" if status == "cancelled" else "failed without saying why"
    return upstream_failure(f"the upstream {said}", code=status)
