"""From a Gemini reply, streamed or whole, to events."""

from typing import Final

from ccrouter.dialects.base import ReplyContext
from ccrouter.dialects.failures import not_json
from ccrouter.dialects.gemini.blocks import BlockWriter
from ccrouter.dialects.gemini.calls import Calls
from ccrouter.dialects.gemini.errors import error_of_chunk
from ccrouter.dialects.gemini.families import family_of
from ccrouter.dialects.gemini.finish import (
    ending_of,
    malformed_text,
    refusal_extras,
    refusal_text,
    stop_reason,
    stronger,
)
from ccrouter.dialects.gemini.grounding import Grounding
from ccrouter.dialects.gemini.usage import read_usage
from ccrouter.dialects.lenient_json import compact_json, object_list
from ccrouter.dialects.reply_decoder import CUT, EMPTY, JsonReplyDecoder
from ccrouter.dialects.web_search import usage_of_searches
from ccrouter.errors import MALFORMED_CALL, ErrorDetail, UpstreamError, upstream_failure
from ccrouter.model.events import Event, Failed, Finish, Start, Usage, UsageUpdate, merge_usage
from ccrouter.model.json import Json, JsonObject, as_object, as_str

KNOWN: Final = frozenset({"candidates", "promptFeedback", "usageMetadata", "modelVersion", "responseId"})
UNSPECIFIED: Final = frozenset({"", "FINISH_REASON_UNSPECIFIED", "BLOCK_REASON_UNSPECIFIED"})
WEB_FETCH: Final = "web_fetch"
"""The name of Anthropic's server tool that reads pages."""
RETURNED_PARTS: Final = ("toolCall", "toolResponse")
"""Steps of Gemini's own tools, to be given back as they came (ai.google.dev, tool combination)."""


class ReplyDecoder(JsonReplyDecoder):
    """Decodes one reply. The end of the stream is its end: older hosts tell a finishReason with every chunk."""

    def __init__(self, context: ReplyContext) -> None:
        super().__init__(context)
        self._notes = context.notes
        self._writer = BlockWriter(context.origin, family_of(context.model).generation)
        self._calls = Calls(self._writer, sorted(context.tool_names), context.used_ids)
        self._grounding = Grounding()
        self._created: str | None = None
        self._usage: JsonObject = {}
        self._ending: str | None = None
        self._reason = ""
        self._reason_message: str | None = None
        self._prompt_blocked = False

    @property
    def finishing(self) -> bool:
        """True between a finishReason and the end of the stream: the wait for it may be bounded."""
        return self._ending is not None and not self._ended

    def end(self) -> list[Event]:
        """The events that the end of the stream brings."""
        return [] if self._ended else self._done()

    def _said_done(self) -> list[Event]:
        """Some hosts of this protocol say it, Google does not: the stream's end is the end."""
        return []

    def _reply(self, reply: Json) -> list[Event]:
        """Take one chunk, or an array of them (without `alt=sse`)."""
        events: list[Event] = []
        for chunk in reply if isinstance(reply, list) else [reply]:
            filtered = self._filtered(chunk)
            if filtered is None and self._filters:
                continue
            events += self._chunk(filtered, None)
            if self._ended:
                return events
        return events + self._done()

    def _chunk(self, chunk: Json, event: str | None) -> list[Event]:
        fields = as_object(chunk)
        # Code Assist hosts wrap the answer: {"response": {…}}.
        inner = as_object(fields.get("response")) if fields is not None else None
        fields = fields if inner is None else inner
        if fields is None or event == "error" or "error" in fields or not KNOWN & fields.keys():
            error = error_of_chunk(chunk, event=event)
            if error is not None:
                return self._fail(error)
            if fields is None:
                return self._fail(not_json(compact_json(chunk).encode(), what="stream frame"))
        quick = self._only_text(fields)
        if quick is not None:
            return quick
        self._identify(fields)
        self._feedback(as_object(fields.get("promptFeedback")) or {})
        candidates = object_list(fields.get("candidates"))
        if candidates:
            self._candidate(candidates[0])
        if len(candidates) > 1:
            self._notes.add("candidates", "candidates[1]", "only the first answer is shown")
        return self._new_events()

    def _only_text(self, fields: JsonObject) -> list[Event] | None:
        """The common chunk, short: nothing but more of the open text."""
        key = self._writer.open_text
        candidates = fields.get("candidates")
        if key is None or not isinstance(candidates, list) or len(candidates) != 1:
            return None
        candidate = candidates[0]
        if not isinstance(candidate, dict) or candidate.keys() - {"content", "index"}:
            return None
        content = candidate.get("content")
        parts = content.get("parts") if isinstance(content, dict) else None
        part = parts[0] if isinstance(parts, list) and len(parts) == 1 else None
        text = part.get("text") if isinstance(part, dict) and len(part) == 1 else None
        if not isinstance(text, str) or not text or self._calls.unfinished or "promptFeedback" in fields:
            return None
        usage = fields.get("usageMetadata")
        if isinstance(usage, dict):
            self._usage.update(usage)
        self._writer.text(text)
        return self._writer.take()

    def _identify(self, fields: JsonObject) -> None:
        self._id = self._id or as_str(fields.get("responseId"))
        self._model = self._model or as_str(fields.get("modelVersion"))
        self._created = self._created or as_str(fields.get("createTime"))
        self._usage.update(as_object(fields.get("usageMetadata")) or {})

    def _feedback(self, feedback: JsonObject) -> None:
        reason = as_str(feedback.get("blockReason")) or ""
        if reason not in UNSPECIFIED and self._ending is None:
            self._ending, self._prompt_blocked, self._reason = "refusal", True, reason
            self._reason_message = as_str(feedback.get("blockReasonMessage"))

    def _candidate(self, candidate: JsonObject) -> None:
        content = as_object(candidate.get("content")) or {}
        for part in object_list(content.get("parts")):
            self._part(part)
        self._grounding.take(candidate)
        if candidate.get("citationMetadata"):
            self._notes.add("citationMetadata", "candidates[0]", "the provider's notes on sources are not shown")
        reason = as_str(candidate.get("finishReason")) or ""
        if reason in UNSPECIFIED:
            return
        ending = ending_of(reason)
        if ending is None:
            self._notes.add("finishReason", "candidates[0].finishReason", f"{reason!r} taken as end_turn")
            ending = "end_turn"
        kept = stronger(self._ending, ending)
        if kept == ending:
            self._reason, self._reason_message = reason, as_str(candidate.get("finishMessage"))
        self._ending = kept

    def _part(self, part: JsonObject) -> None:
        signature = as_str(part.get("thoughtSignature")) or None
        function = as_object(part.get("functionCall"))
        if function is not None:
            self._calls.take(function, signature, self._seed())
            return
        text = as_str(part.get("text"))
        if text is not None:
            if part.get("thought") is True:
                self._writer.thought(text, signature)
            elif text or signature is not None:
                self._writer.text(text, signature)
            return
        if any(name in part for name in RETURNED_PARTS) or (signature is not None and "inlineData" not in part):
            self._writer.part(part)
        for name in sorted(part.keys() - {"thoughtSignature", "thought", *RETURNED_PARTS}):
            self._notes.add(name, "candidates[0].content.parts", "has no form that the client can show")

    def _seed(self) -> str:
        known = self._id or self._created or str(self._usage.get("promptTokenCount") or "")
        return f"{known}/{self._context.origin}/{self._model or self._context.model}"

    def _new_events(self) -> list[Event]:
        """What came since the last call, behind the start event once there is something to tell."""
        return self._behind_start(self._writer.take())

    def _start(self) -> Start:
        self._started = True
        return Start(self._id or None, self._model or self._context.model, read_usage(self._usage))

    def _done(self) -> list[Event]:
        ending = self._ending
        if ending is None:
            return self._fail(upstream_failure(CUT if self._writer.has_content else EMPTY))
        if ending == "failed":
            return self._fail(
                upstream_failure(f"the upstream broke off the answer ({self._reason})", code=self._reason)
            )
        if self._calls.unfinished:
            self._finish_call(ending)
        if self._calls.broken is not None:
            return self._fail(malformed(f"the upstream sent {self._calls.broken}"))
        extras: JsonObject = {}
        if ending == "malformed":
            error = self._malformed()
            if error is not None:
                return self._fail(error)
            ending = "end_turn"
        elif ending == "refusal":
            extras = refusal_extras(self._reason, self._reason_message)
            if not self._writer.has_text:
                told = refusal_text(self._reason, self._reason_message, prompt=self._prompt_blocked)
                self._writer.text(told)
        usage = self._sources(read_usage(self._usage))
        if not self._writer.finish():
            self._notes.add("thoughtSignature", "candidates[0]", "of the answer's last text: Google asks for it only")
        events = self._new_events()
        if not self._started:
            events.append(self._start())
        if usage != Usage():
            events.append(UsageUpdate(usage))
        self._ended = True
        reason = stop_reason(ending, has_tool_use=self._writer.has_tool_use)
        return [*events, Finish(reason, extras=extras)]

    def _finish_call(self, ending: str) -> None:
        """A call that the upstream did not end: whole when the turn ended well, cut when it did not."""
        if ending == "end_turn":
            self._calls.complete(self._seed())
            return
        name = self._calls.drop()
        self._notes.add("functionCall", "candidates[0]", f"the call of {name} was cut off and is left out")

    def _malformed(self) -> UpstreamError | None:
        """The failure, or None when the client was shown something already (or asks not to be failed): then words."""
        text = malformed_text(self._reason)
        if self._writer.has_tool_use:
            self._notes.add(
                "finishReason", "candidates[0].finishReason", f"{self._reason}: the calls before it are run"
            )
        elif self._writer.has_text or self._context.tell_malformed:
            self._writer.text(f"\n\n{text}" if self._writer.open_text is not None else text)
        else:
            said = f": {self._reason_message}" if self._reason_message else ""
            return malformed(f"the model wrote a function call that cannot be read ({self._reason}{said})")
        return None

    def _sources(self, usage: Usage) -> Usage:
        """Show what was searched and read, where the request offered that; counted in the usage."""
        grounding = self._grounding
        if grounding.empty:
            return usage
        query = self._context.search_query
        if query is None and WEB_FETCH not in self._context.tool_names:
            self._notes.add("groundingMetadata", "candidates[0]", "the request offered no web search to show it under")
            return usage
        grounding.write(self._writer, self._seed(), query or "")
        return merge_usage(usage, usage_of_searches(len(grounding.queries)))

    def _fail(self, error: UpstreamError) -> list[Event]:
        events = self._new_events()
        usage = read_usage(self._usage)
        if self._started and usage != Usage():
            events.append(UsageUpdate(usage))
        self._ended = True
        return [*events, Failed(error)]


def malformed(message: str) -> UpstreamError:
    """A turn that is the model's own mistake: another try may do better."""
    return UpstreamError(ErrorDetail("api_error", message, 502, MALFORMED_CALL), retryable=True)
