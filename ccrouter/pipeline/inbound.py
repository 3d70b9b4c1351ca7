"""A reply on its way back: bytes of the upstream in, bytes for the client out, however either side cut or wrapped them.

What the upstream sends is recognised by its first bytes, not by its content type: providers mislabel both ways, and a
JSON answer to a stream request must still become a stream (field-notes, pain 12).
"""

import re
from collections.abc import Sequence
from typing import Final

import orjson

from ccrouter.dialects.anthropic import ANTHROPIC_REPLIES
from ccrouter.dialects.anthropic.errors import error_in_stream
from ccrouter.dialects.anthropic.events import CUT
from ccrouter.dialects.anthropic.message import MessageCollector
from ccrouter.dialects.anthropic.stream import ReplyDefaults, StreamEncoder, error_frame
from ccrouter.dialects.anthropic.usage import decode_usage
from ccrouter.dialects.base import Decoder, ReplyContext, WireFilter
from ccrouter.dialects.web_search import search_query
from ccrouter.errors import ErrorDetail, UpstreamError, upstream_failure
from ccrouter.model.events import Event, Failed, Start, Usage, UsageUpdate, merge_usage
from ccrouter.model.json import JsonObject, as_object, as_str
from ccrouter.pipeline.build import Pipeline, TransformerError, failure_text
from ccrouter.pipeline.stop_sequences import StopSequenceFilter
from ccrouter.sse import Frame, FrameSplitter, FrameTooLargeError, RelaySplitter
from ccrouter.transformers.base import Context, EventFilter

MAX_WHOLE_BYTES: Final = 128 * 1024 * 1024
STREAM_BEGINNINGS: Final = (b"data:", b"event:", b"id:", b"retry:", b":")


class Reply:
    """One reply. Feed it the upstream's bytes; it says what may go to the client and how things stand.

    After each call: `meaningful` is True once something of the answer itself has come; `failure` is set when the reply
    broke; `ended` when nothing more is wanted of the upstream. Until the caller has committed itself to this reply it
    keeps the bytes back; a failure then costs nothing.
    """

    def __init__(self, pipeline: Pipeline, context: Context, defaults: ReplyDefaults, *, streamed: bool) -> None:
        self._pipeline = pipeline
        self._context = context
        self._defaults = defaults
        self._streamed = streamed
        self._first = b""
        self._body: _Converted | _Relayed | _RelayedWhole | None = None

    @property
    def meaningful(self) -> bool:
        """Something of the answer itself has come: text, reasoning, a call, or its end."""
        return self._body is not None and self._body.meaningful

    @property
    def failure(self) -> UpstreamError | None:
        """Why the reply broke, once it did."""
        return self._body.failure if self._body is not None else None

    @property
    def ended(self) -> bool:
        """The reply is over, well or not."""
        return self._body is not None and self._body.ended

    @property
    def finishing(self) -> bool:
        """The answer is complete; only its account of tokens or the end of the stream is still awaited."""
        return self._body is not None and self._body.finishing

    @property
    def usage(self) -> Usage:
        """What is known of its tokens."""
        return self._body.usage if self._body is not None else Usage()

    def feed(self, chunk: bytes) -> bytes:
        """What the client gets for these bytes of the upstream."""
        if self._body is not None:
            return self._body.feed(chunk)
        self._first += chunk
        start = self._first.lstrip(b"\xef\xbb\xbf \r\n\t")
        if len(start) < 6 and any(beginning.startswith(start) for beginning in STREAM_BEGINNINGS):
            return b""  # too little to tell
        self._body = self._recognise(start)
        return self._body.feed(self._first)

    def end(self) -> bytes:
        """What the client gets when the upstream has ended its answer."""
        if self._body is None:
            self._body = self._recognise(self._first.strip())
            return self._body.feed(self._first) + self._body.end()
        return self._body.end()

    def _recognise(self, start: bytes) -> "_Converted | _Relayed | _RelayedWhole":
        is_stream = start.startswith(STREAM_BEGINNINGS)
        if self._pipeline.relays_replies and is_stream == self._streamed:
            # Where the router named no other model than the client did, the upstream's answer says what it always says.
            requested = self._defaults.requested_model
            model = None if requested == self._context.model else requested
            return _Relayed(model) if is_stream else _RelayedWhole(model)
        return _Converted(self._pipeline, self._context, self._defaults, streamed=self._streamed, is_stream=is_stream)


class _Converted:
    """The upstream's dialect, decoded to events, filtered, and encoded for the client."""

    def __init__(
        self, pipeline: Pipeline, context: Context, defaults: ReplyDefaults, *, streamed: bool, is_stream: bool
    ) -> None:
        self.meaningful = False
        self.failure: UpstreamError | None = None
        self.ended = False
        self._splitter = FrameSplitter() if is_stream else None
        self._whole: list[bytes] = []
        self._size = 0
        self._decoder, self._filters = reply_chain(pipeline, context)
        self._encoder = StreamEncoder(defaults) if streamed else None
        self._collector = MessageCollector(defaults)

    @property
    def usage(self) -> Usage:
        return self._encoder.usage if self._encoder is not None else self._collector.usage

    def feed(self, chunk: bytes) -> bytes:
        if self.ended:
            return b""
        if self._splitter is None:
            self._whole.append(chunk)
            self._size += len(chunk)
            if self._size > MAX_WHOLE_BYTES:
                return self._take([Failed(upstream_failure(f"the answer is larger than {MAX_WHOLE_BYTES} bytes"))])
            return b""
        try:
            return self._take(self._filter(self._decode(self._splitter.feed(chunk))))
        except FrameTooLargeError as error:
            return self._take([Failed(upstream_failure(str(error)))])
        except TransformerError as error:
            return self._take([Failed(transformer_failure(error))])

    def end(self) -> bytes:
        if self.ended:
            return b""
        try:
            if self._splitter is None:
                events = self._decoder.whole(b"".join(self._whole))
            else:
                events = [*self._decode(self._splitter.flush()), *self._decoder.end()]
            return self._take(self._filter(events))
        except TransformerError as error:
            return self._take([Failed(transformer_failure(error))])

    @property
    def finishing(self) -> bool:
        return self._decoder.finishing

    def _decode(self, frames: list[Frame]) -> list[Event]:
        decode = self._decoder.frame
        return [event for frame in frames for event in decode(frame)]

    def _filter(self, events: list[Event]) -> list[Event]:
        for event_filter in self._filters:
            if not events:
                break
            events = event_filter(events)
        return events

    def _take(self, events: list[Event]) -> bytes:
        if not events:
            return b""
        last = events[-1]
        if isinstance(last, Failed):
            self.failure = last.error
            self.ended = True
        elif not self.meaningful:
            self.meaningful = any(not isinstance(event, Start | UsageUpdate) for event in events)
        if self._encoder is not None:
            out = self._encoder.encode(events)
            self.ended = self.ended or self._encoder.finished
            return out
        self._collector.collect(events)
        if self._collector.message is None:
            return b""
        self.ended = True
        return orjson.dumps(self._collector.message)


def with_requested_model(raw: bytes, message: JsonObject, requested: str | None) -> bytes:
    """`raw`, which begins or is `message`, under the model name that the client asked for; see ReplyDefaults.

    No other byte changes. Upstreams tell the model before the content, so the first one found is the message's own.
    """
    told = as_str(message.get("model"))
    if requested is None or told is None or told == requested:
        return raw
    own = rb'"model"\s*:\s*' + re.escape(orjson.dumps(told))
    return re.sub(own, lambda _: b'"model":' + orjson.dumps(requested), raw, count=1)


class _Relayed:
    """An Anthropic stream, passed on byte for byte, with an eye on usage, its end and its errors."""

    def __init__(self, requested_model: str | None) -> None:
        self._requested_model = requested_model
        self._start: JsonObject | None = None
        self.meaningful = False
        self.failure: UpstreamError | None = None
        self.ended = False
        self.finishing = False
        self.usage = Usage()
        self._splitter = RelaySplitter()

    def feed(self, chunk: bytes) -> bytes:
        try:
            raw, frames = self._splitter.feed(chunk)
        except FrameTooLargeError as error:
            return self._break(upstream_failure(str(error)))
        return self._pass_on(raw, frames)

    def end(self) -> bytes:
        raw, frames = self._splitter.flush()
        raw = self._pass_on(raw, frames)
        return raw if self.ended else raw + self._break(upstream_failure(CUT))

    def _pass_on(self, raw: bytes, frames: list[Frame]) -> bytes:
        before = self._start
        for frame in frames:
            self._observe(frame)
        if before is None and self._start is not None:
            return with_requested_model(raw, self._start, self._requested_model)
        return raw

    def _break(self, error: UpstreamError) -> bytes:
        self.failure, self.ended = error, True
        return error_frame(error)

    def _observe(self, frame: Frame) -> None:
        # Deltas are nearly all there is, and nothing has to be known of them.
        if frame.event == "content_block_delta" or frame.data.startswith(b'{"type":"content_block_delta"'):
            self.meaningful = True
            return
        try:
            chunk = as_object(orjson.loads(frame.data)) or {}
        except orjson.JSONDecodeError:
            return
        match chunk.get("type"):
            case "message_start":
                self._start = as_object(chunk.get("message")) or {}
                self.usage = decode_usage(self._start.get("usage"))
            case "message_delta":
                self.usage = merge_usage(self.usage, decode_usage(chunk.get("usage")))
                self.meaningful = self.finishing = True
            case "message_stop":
                self.ended = self.meaningful = True
            case "error":
                self.failure, self.ended = error_in_stream(chunk.get("error")), True
            case _:
                pass


class _RelayedWhole:
    """A whole Anthropic message, passed on byte for byte once it is known to be one."""

    def __init__(self, requested_model: str | None) -> None:
        self._requested_model = requested_model
        self.meaningful = False
        self.failure: UpstreamError | None = None
        self.ended = False
        self.finishing = False
        self.usage = Usage()
        self._parts: list[bytes] = []

    def feed(self, chunk: bytes) -> bytes:
        self._parts.append(chunk)
        return b""

    def end(self) -> bytes:
        body = b"".join(self._parts)
        self.ended = True
        try:
            message = as_object(orjson.loads(body)) or {}
        except orjson.JSONDecodeError:
            message = {}
        if as_str(message.get("type")) != "message":
            error = message.get("error")
            self.failure = error_in_stream(error) if error is not None else upstream_failure(NO_MESSAGE)
            return b""
        self.usage = decode_usage(message.get("usage"))
        self.meaningful = True
        return with_requested_model(body, message, self._requested_model)


NO_MESSAGE = "the upstream answered with something that is not a message (HTML or an empty body?)"


def transformer_failure(error: TransformerError) -> UpstreamError:
    """A failing hook as the end of a reply. Another target might not have that hook, but hiding it helps nobody."""
    return UpstreamError(ErrorDetail("api_error", str(error), 500), retryable=False)


def reply_chain(pipeline: Pipeline, context: Context) -> tuple[Decoder, Sequence[EventFilter]]:
    """The decoder and the event filters for one reply, made fresh: nothing is shared between requests."""
    request = context.request
    wire_filters = [
        guarded_wire_filter(hook.name, made)
        for hook in pipeline.wire_reply_hooks
        if (made := hook.wire_reply(context)) is not None
    ]
    decoder = pipeline.dialect.decoder(
        ReplyContext(
            origin=context.provider,
            model=context.model,
            tool_names=frozenset([tool.name for tool in request.tools or ()]),
            quirks=pipeline.quirks,
            search_query=search_query(request),
            wire_filters=wire_filters,
            notes=context.notes,
        )
    )
    filters: list[EventFilter] = [
        guarded_event_filter(hook.name, made)
        for hook in pipeline.event_hooks
        if (made := hook.events(context)) is not None
    ]
    if request.stop_sequences and pipeline.dialect.name not in ANTHROPIC_REPLIES:
        filters.append(StopSequenceFilter(request.stop_sequences))
    return decoder, filters


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
