"""From an OpenAI-chat reply, streamed or whole, to events."""

from ccrouter.dialects.base import ReplyContext
from ccrouter.dialects.failures import error_of_frame, not_json
from ccrouter.dialects.lenient_json import compact_json, object_list
from ccrouter.dialects.openai_chat.blocks import TOOL, BlockWriter
from ccrouter.dialects.openai_chat.calls import Calls
from ccrouter.dialects.openai_chat.finish import FAILURE_STATUS, FINISH, STRONG, ending_of, stop_reason, stronger
from ccrouter.dialects.openai_chat.search import Sources
from ccrouter.dialects.openai_chat.usage import find_usage, read_usage
from ccrouter.dialects.openai_chat.wire import (
    CARRIED_FIELDS,
    MESSAGE_STATE,
    REASONING_DETAILS,
    REASONING_FIELDS,
    THINKING_PART,
    details_text,
    first_text,
    text_of_parts,
)
from ccrouter.dialects.repeated import Repetition
from ccrouter.dialects.reply_decoder import CUT, EMPTY, JsonReplyDecoder
from ccrouter.dialects.tool_names import client_names
from ccrouter.dialects.web_search import usage_of_searches
from ccrouter.errors import UpstreamError, upstream_failure
from ccrouter.model.events import (
    NO_USAGE,
    Event,
    Failed,
    Finish,
    Start,
    TextDelta,
    ThinkingDelta,
    ToolInputDelta,
    UsageUpdate,
    merge_usage,
)
from ccrouter.model.json import Json, JsonObject, as_object, as_str
from ccrouter.model.runs import Delta, DeltaRun
from ccrouter.sse import Frame


class ReplyDecoder(JsonReplyDecoder):
    """Decodes one reply. `finishing` is True once the upstream told the end and only usage or `[DONE]` can follow."""

    def __init__(self, context: ReplyContext) -> None:
        super().__init__(context)
        self._notes = context.notes
        self._writer = BlockWriter(context.origin)
        self._calls: Calls | None = None
        self._created: Json = None
        self._identified = False
        self._whole = False
        self._usage = NO_USAGE
        self._ending: str | None = None
        self._stop_sequence: str | None = None
        self._refused = False
        self._plain_reasoning = False
        self._updates: list[Event] = []
        self._sources = None if context.search_query is None else Sources(context.search_query)
        self._repetition = Repetition()

    @property
    def finishing(self) -> bool:
        """True between a finish_reason and the end of the stream: the wait for it may be bounded."""
        return self._ending is not None and not self._ended

    def frame(self, frame: Frame) -> list[Event]:
        """See `dialects.base.Decoder`."""
        events = super().frame(frame)
        if self._sources is None and not self._filters:
            self._repetition.learn(frame, events, self._said)
        return events

    def _said(self, chunk: Json) -> Delta | None:
        return self._common(chunk, chunk.get("choices")) if isinstance(chunk, dict) else None

    def run(self, lines: bytes, start: int) -> tuple[DeltaRun, int] | None:
        """See `dialects.base.Decoder`."""
        shown = self._writer.shown
        if shown is None or self._ended:
            return None
        found = self._repetition.run(lines, start, shown.key)
        if found is not None and shown.kind == TOOL:
            self._called().more_of(shown, found[0].texts)
        return found

    def end(self) -> list[Event]:
        """The events that the end of the stream brings."""
        return [] if self._ended else self._done(said=False)

    def _said_done(self) -> list[Event]:
        return self._done(said=True)

    def _reply(self, reply: Json) -> list[Event]:
        self._whole = True
        if self._filters:
            reply = self._filtered(reply)
        failure = error_of_frame(reply)
        if failure is not None:
            return self._fail(failure)
        choices = reply.get("choices") if isinstance(reply, dict) else None
        if not isinstance(reply, dict) or not isinstance(choices, list) or not choices:
            return self._fail(upstream_failure("the upstream's answer has no choices"))
        failure = self._take(reply, choices)
        return self._done(said=True) if failure is None else self._fail(failure)

    def _chunk(self, chunk: Json, event: str | None) -> list[Event]:
        if not isinstance(chunk, dict):
            error = error_of_frame(chunk, event=event)
            return self._fail(error or not_json(compact_json(chunk).encode(), what="stream frame"))
        fields: JsonObject = chunk
        choices = fields.get("choices")
        shown = self._writer.shown
        if shown is not None and self._sources is None and (common := self._common(fields, choices)):
            if isinstance(common, ToolInputDelta):
                self._called().more_of(shown, (common.json,))
            return [common]
        if event == "error" or "error" in fields or choices is None:
            error = error_of_frame(fields, event=event)
            if error is not None:
                return self._fail(error)
        failure = self._take(fields, choices)
        return self._new_events() if failure is None else self._fail(failure)

    def _take(self, fields: JsonObject, choices: Json) -> UpstreamError | None:
        """Take a chunk, or the whole reply. Returns the failure it tells of, if any."""
        if not self._identified:
            self._identify(fields)
        if self._sources is not None:
            self._sources.body(fields)
        failure: UpstreamError | None = None
        for position, choice in enumerate(object_list(choices)):
            failure = failure or self._choice(choice, position)
        self._count(fields)
        return failure

    def _common(self, fields: JsonObject, choices: Json) -> Delta | None:
        """The common chunk, short: one choice with nothing but more of the open block; None for any other."""
        shown = self._writer.shown
        if shown is None or not isinstance(choices, list) or len(choices) != 1:
            return None
        more = _only_delta(choices[0])
        if more is None or fields.get("usage") or fields.get("error"):
            return None
        name, value = more
        if isinstance(value, list):
            arguments = self._called().only_more_of(shown, value) if shown.kind == TOOL else ""
            return ToolInputDelta(shown.key, arguments) if arguments else None
        if name == "content" and shown.kind == "text":
            return TextDelta(shown.key, value)
        if shown.kind == "thinking" and shown.field == name in REASONING_FIELDS:
            return ThinkingDelta(shown.key, value)
        return None

    def _identify(self, fields: JsonObject) -> None:
        self._id = self._id or as_str(fields.get("id"))
        self._model = self._model or as_str(fields.get("model"))
        self._created = self._created or fields.get("created")
        self._identified = bool(self._id and self._model and self._created)

    def _called(self) -> Calls:
        """The reply's calls, which most replies have none of."""
        if self._calls is None:
            self._calls = Calls(self._writer, client_names(self._context.tool_names), self._context.used_ids)
        return self._calls

    def _choice(self, choice: JsonObject, position: int) -> UpstreamError | None:
        """Take one choice. Returns the failure it tells of, if any: content before it has been written then."""
        message = choice.get("delta")
        if not isinstance(message, dict) and (self._whole or not self._writer.has_content):
            message = choice.get("message")
        if message and isinstance(message, dict):
            told, content = _told(message), message.get("content")
            if told == ["content"] and isinstance(content, str) and self._sources is None:  # as nearly always
                self._writer.text(content)
            elif told:
                self._message(message, position)
        if choice.get("error"):
            return error_of_frame({"error": choice["error"]})
        reason = choice.get("finish_reason")
        if not reason or not isinstance(reason, str):
            return None
        ending = ending_of(reason)
        if ending == "failed":
            status = FAILURE_STATUS.get(reason.lower(), 502)
            return upstream_failure(f"the upstream broke off the answer ({reason})", status=status, code=reason)
        if ending is None:
            self._notes.add("finish_reason", "choices[].finish_reason", f"unknown ending {reason!r} taken as end_turn")
            ending = "end_turn"
        # vLLM tells the matched stop string in `stop_reason`, SGLang in `matched_stop`; both put token ids there, too.
        matched = as_str(choice.get("stop_reason")) or as_str(choice.get("matched_stop"))
        if matched and ending == "end_turn" and matched.lower() not in FINISH:
            ending, self._stop_sequence = "stop_sequence", matched
        self._ending = stronger(self._ending, ending)
        return None

    def _message(self, message: JsonObject, position: int) -> None:
        """Take the fields of a delta or of a whole message, in the order in which a model produces them."""
        self._reasoning(message)
        content = message.get("content")
        if self._sources is not None and self._sources.pending and (content or message.get("tool_calls")):
            self._show_found()
        if content:
            self._content(content)
        refusal = as_str(message.get("refusal"))
        if refusal:
            self._refused = True
            self._writer.text(refusal)
        state: JsonObject = {name: message[name] for name in MESSAGE_STATE if message.get(name)}
        if state:
            self._writer.carry(CARRIED_FIELDS, {"message": state})
        calls = object_list(message.get("tool_calls"))
        if calls:
            self._called().take(calls, self._seed(), choice=position, whole=self._whole)
        legacy = as_object(message.get("function_call"))
        if legacy:
            self._called().take_legacy(legacy, self._seed())
        self._found(message)
        if message.get("audio"):
            self._notes.add("audio", "choices[].delta", "audio in the answer is not shown")

    def _found(self, message: JsonObject) -> None:
        """What the provider tells of searches it ran; shown only to a client that offered one."""
        executed, annotations = message.get("executed_tools"), message.get("annotations")
        if self._sources is not None:
            self._sources.executed(object_list(executed))
            for cited in self._sources.annotations(annotations):
                self._writer.cite(cited)
            return
        if executed:
            self._notes.add("executed_tools", "choices[].delta", "tools the provider ran itself are not shown")
        if annotations:
            self._notes.add("annotations", "choices[].delta", "the provider's own citations are not shown")

    def _show_found(self) -> None:
        """The pages that were found so far, as a search of its own; an open text is finished first."""
        shown = self._writer.shown
        if self._sources is not None and self._sources.pending and (shown is None or shown.kind != "text"):
            self._writer.search(*self._sources.take(self._seed()))

    def _reasoning(self, message: JsonObject) -> None:
        found = first_text(message, REASONING_FIELDS)
        if found is not None:
            self._plain_reasoning = True
        details = message.get(REASONING_DETAILS)
        if isinstance(details, list) and details:
            # The same text comes in both; a list that repeats what came in plain fields before is only kept.
            text = found[1] if found is not None else "" if self._plain_reasoning else details_text(details)
            self._writer.details(details, text, merge=not self._whole)
        elif found is not None:
            self._writer.reasoning(found[1], found[0])

    def _content(self, content: Json) -> None:
        if isinstance(content, str):
            self._writer.text(content)
            return
        for part in content if isinstance(content, list) else [content]:
            if isinstance(part, str):
                kind, text = "text", part
            elif isinstance(part, dict):
                kind = as_str(part.get("type")) or "text"
                text = text_of_parts(part.get(kind) if kind in ("thinking", "refusal") else part.get("text"))
            else:
                continue
            if kind == "thinking":
                self._writer.reasoning(text, THINKING_PART)
            elif text:
                self._refused = self._refused or kind == "refusal"
                self._writer.text(text)
            elif kind not in ("text", "output_text"):
                self._notes.add(f"content part {kind}", "choices[].delta.content", "has no text to show")

    def _seed(self) -> str:
        return f"{self._id or ''}/{self._created or ''}/{self._context.origin}/{self._model or self._context.model}"

    def _count(self, fields: JsonObject) -> None:
        raw = find_usage(fields)
        usage = read_usage(raw) if raw is not None else None
        if usage is None:
            return
        known = self._usage
        merged = merge_usage(known, usage)
        if known is NO_USAGE or merged != known:
            self._usage = merged
            if self._started:
                self._updates.append(UsageUpdate(merged))

    def _new_events(self) -> list[Event]:
        """What came since the last call, behind the start event once there is something to tell."""
        events = self._writer.take()
        if self._updates:
            events += self._updates
            self._updates = []
        return self._behind_start(events)

    def _start(self) -> Start:
        self._started = True
        return Start(self._id or None, self._model or self._context.model, self._usage)

    def _done(self, *, said: bool) -> list[Event]:
        """The end: `said` by `[DONE]` (or by being a whole body), else by the stream's end alone."""
        ending, calls = self._ending, self._calls
        if ending is None:
            if not said or not self._writer.has_content or (calls is not None and calls.unfinished() is not None):
                return self._fail(upstream_failure(CUT if self._writer.has_content else EMPTY))
            ending = "end_turn"
        if calls is not None and calls.nameless:
            if ending not in STRONG:
                return self._fail(upstream_failure("the upstream sent a tool call without a name"))
            self._notes.add("tool call", "choices[].delta.tool_calls", "cut off before its name came")
        if self._sources is not None and self._sources.pending:
            self._writer.search(*self._sources.take(self._seed()))
        if self._sources is not None and self._sources.searches:
            self._updates.append(UsageUpdate(usage_of_searches(self._sources.searches)))
        for field in self._writer.finish():
            self._notes.add(field, "choices[].delta", "reasoning state after the answer's text is not kept")
        events = self._new_events()
        if not self._started:
            events = [self._start()]
        reason = stop_reason(ending, has_tool_use=self._writer.has_tool_use)
        if self._refused and reason == "end_turn":
            reason = "refusal"
        if reason == "end_turn" and ending == "tool_use":
            self._notes.add("finish_reason", "choices[].finish_reason", "tool_calls without any call")
        self._ended = True
        return [*events, Finish(reason, self._stop_sequence if reason == "stop_sequence" else None)]

    def _fail(self, error: UpstreamError) -> list[Event]:
        events = self._new_events()
        self._ended = True
        return [*events, Failed(error)]


def _only_delta(choice: Json) -> tuple[str, str | list[Json]] | None:
    """Field and value of a choice whose delta holds one text, or the calls, and nothing else worth a look, or None."""
    if not isinstance(choice, dict) or choice.get("finish_reason") or choice.get("usage") or choice.get("error"):
        return None
    delta = choice.get("delta")
    if not isinstance(delta, dict):
        return None
    told = _told(delta)
    if len(told) != 1:
        return None
    name, value = told[0], delta[told[0]]
    if isinstance(value, str) or (isinstance(value, list) and name == "tool_calls"):
        return name, value
    return None


def _told(message: JsonObject) -> list[str]:
    """The fields of a message or delta that say anything, beside its role."""
    return [name for name, value in message.items() if value and name != "role"]
