"""A reply on its way back: bytes of the upstream in, bytes for the client out, however either side cut or wrapped them.

What the upstream sends is recognised by its first bytes, not by its content type: providers mislabel both ways, and a
JSON answer to a stream request must still become a stream (field-notes, pain 12).
"""

import re
from collections.abc import Callable

import orjson

from ccrouter.client_apis.anthropic import MESSAGES
from ccrouter.client_apis.base import ReplyCollector, ReplyEncoder, ReplyFormat
from ccrouter.dialects.anthropic.errors import error_in_stream
from ccrouter.dialects.anthropic.events import CUT
from ccrouter.dialects.anthropic.stream import ReplyDefaults, error_frame
from ccrouter.dialects.anthropic.usage import decode_usage
from ccrouter.dialects.explained import explained_error, explained_frame
from ccrouter.errors import UpstreamError, upstream_failure
from ccrouter.model.events import NO_USAGE, Event, Failed, Usage, merge_usage
from ccrouter.model.json import JsonObject, as_object, as_str
from ccrouter.model.runs import DeltaRun
from ccrouter.pipeline.build import Pipeline
from ccrouter.pipeline.reply_events import Batch, ReplyEvents, looks_streamed, tells_of_answer
from ccrouter.pipeline.verifier import MendCounts
from ccrouter.sse import Frame, FrameTooLargeError, RelaySplitter
from ccrouter.transformers.base import Context


class Progress:
    """How far a reply has come. Plain attributes, since each piece of a stream has to ask for most of them."""

    __slots__ = ("ended", "failure", "finishing", "meaningful")

    def __init__(self) -> None:
        self.meaningful = False
        """Something of the answer itself has come: text, reasoning, a call, or its end."""
        self.failure: UpstreamError | None = None
        """Why the reply broke, once it did."""
        self.ended = False
        """The reply is over, well or not: nothing more is wanted of the upstream."""
        self.finishing = False
        """The answer is complete; only its account of tokens or the end of the stream is still awaited."""


class Reply:
    """One reply. Feed it the upstream's bytes; it says what may go to the client, and in `progress` how things stand.

    Until the caller has committed itself to this reply it keeps the bytes back; a failure then costs nothing.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        context: Context,
        defaults: ReplyDefaults,
        *,
        streamed: bool,
        replies: ReplyFormat = MESSAGES,
        counts: MendCounts | None = None,
    ) -> None:
        """`replies`: how the client wants it. `counts`: where what had to be mended in its events is counted."""
        self.progress = Progress()
        self._replies = replies
        self._counts = counts
        self._pipeline = pipeline
        self._context = context
        self._defaults = defaults
        self._streamed = streamed
        self._first = b""
        self._body: _Converted | _Collected | _Relayed | _RelayedWhole | None = None

    @property
    def usage(self) -> Usage:
        """What is known of its tokens."""
        return self._body.usage if self._body is not None else NO_USAGE

    @property
    def feed_rest(self) -> Callable[[bytes], bytes]:
        """`feed` without a detour, for the many pieces that come once something was told of the answer."""
        return self.feed if self._body is None else self._body.feed

    def feed(self, chunk: bytes) -> bytes:
        """What the client gets for these bytes of the upstream."""
        if self._body is not None:
            return self._body.feed(chunk)
        self._first += chunk
        is_stream = looks_streamed(self._first)
        if is_stream is None:
            return b""
        self._body = self._recognise(is_stream)
        return self._body.feed(self._first)

    def end(self, cause: UpstreamError | None = None) -> bytes:
        """What the client gets when the upstream has ended its answer, or, with a `cause`, when it broke.

        What broke after the answer was complete is no failure.
        """
        if self._body is None:
            self._body = self._recognise(looks_streamed(self._first, all_there=True) is True)
            return self._body.feed(self._first) + self._body.end(cause)
        return self._body.end(cause)

    def _recognise(self, is_stream: bool) -> "_Converted | _Collected | _Relayed | _RelayedWhole":
        if self._replies.relays and self._pipeline.relays_replies and is_stream == self._streamed:
            # Where the router named no other model than the client did, the upstream's answer says what it always says.
            requested = self._defaults.requested_model
            model = None if requested == self._context.model else requested
            if is_stream:
                return _Relayed(self.progress, model, self._defaults.request_id)
            return _RelayedWhole(self.progress, model)
        events = ReplyEvents(self._pipeline, self._context, is_stream=is_stream, counts=self._counts)
        if self._streamed:
            return _Converted(self.progress, events, self._replies.encoder(self._defaults))
        return _Collected(self.progress, events, self._replies.collector(self._defaults))


class _Converted:
    """The upstream's dialect, decoded to events, filtered, and encoded for the client as a stream."""

    __slots__ = ("_encoder", "_events", "_progress")

    def __init__(self, progress: Progress, events: ReplyEvents, encoder: ReplyEncoder) -> None:
        self._progress = progress
        self._events = events
        self._encoder = encoder

    @property
    def usage(self) -> Usage:
        return self._encoder.usage

    def feed(self, chunk: bytes) -> bytes:
        if self._progress.ended:
            return b""
        batches = self._events.take(chunk)
        if len(batches) == 1 and isinstance(batches[0], DeltaRun):  # nearly always, and it ends nothing
            self._progress.meaningful = True
            return self._encoder.encode_run(batches[0])
        self._progress.finishing = self._events.finishing
        return b"".join([self._take(batch) for batch in batches if not self._progress.ended])

    def end(self, cause: UpstreamError | None) -> bytes:
        return b"" if self._progress.ended else self._take(because_of(cause, self._events.end()))

    def _take(self, batch: Batch) -> bytes:
        progress = self._progress
        if isinstance(batch, DeltaRun):
            progress.meaningful = True
            return self._encoder.encode_run(batch)
        note_events(progress, batch)
        out = self._encoder.encode(batch)
        progress.ended = progress.ended or self._encoder.finished
        return out


class _Collected:
    """The upstream's dialect, decoded to events, filtered, and collected for a client that wants one whole message."""

    def __init__(self, progress: Progress, events: ReplyEvents, collector: ReplyCollector) -> None:
        self._progress = progress
        self._events = events
        self._collector = collector

    @property
    def usage(self) -> Usage:
        return self._collector.usage

    def feed(self, chunk: bytes) -> bytes:
        batches = self._events.take(chunk)
        self._progress.finishing = self._events.finishing
        return b"".join([self._take(batch) for batch in batches]) if batches else b""

    def end(self, cause: UpstreamError | None) -> bytes:
        return self._take(because_of(cause, self._events.end()))

    def _take(self, batch: Batch) -> bytes:
        progress = self._progress
        if progress.ended:
            return b""
        events = batch.events() if isinstance(batch, DeltaRun) else batch
        note_events(progress, events)
        self._collector.collect(events)
        message = self._collector.message
        if message is None:
            return b""
        progress.ended = True
        return orjson.dumps(message)


def note_events(progress: Progress, events: list[Event]) -> None:
    """Note how far these events bring their reply."""
    if not events:
        return
    last = events[-1]
    if isinstance(last, Failed):
        progress.failure = last.error
        progress.ended = True
    elif not progress.meaningful:
        progress.meaningful = tells_of_answer(events)


def because_of(cause: UpstreamError | None, events: list[Event]) -> list[Event]:
    """The last events of a reply, which failed for `cause` where they say that it did, and there is one."""
    if cause is not None and events and isinstance(events[-1], Failed):
        return [*events[:-1], Failed(cause)]
    return events


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

    def __init__(self, progress: Progress, requested_model: str | None, request_id: str | None) -> None:
        self._progress = progress
        self._requested_model = requested_model
        self._request_id = request_id
        self._start: JsonObject | None = None
        self.usage = NO_USAGE
        self._splitter = RelaySplitter()

    def feed(self, chunk: bytes) -> bytes:
        try:
            raw, frames = self._splitter.feed(chunk)
        except FrameTooLargeError as error:
            return self._break(upstream_failure(str(error)))
        return self._pass_on(raw, frames)

    def end(self, cause: UpstreamError | None) -> bytes:
        raw, frames = self._splitter.flush()
        raw = self._pass_on(raw, frames)
        return raw if self._progress.ended else raw + self._break(cause or upstream_failure(CUT))

    def _pass_on(self, raw: bytes, frames: list[Frame]) -> bytes:
        before = self._start
        for frame in frames:
            self._observe(frame)
        if before is None and self._start is not None:
            raw = with_requested_model(raw, self._start, self._requested_model)
        return raw if self._progress.failure is None else explained_frame(raw, self._request_id)

    def _break(self, error: UpstreamError) -> bytes:
        self._progress.failure, self._progress.ended = error, True
        return error_frame(explained_error(error, self._request_id))

    def _observe(self, frame: Frame) -> None:
        # Deltas are nearly all there is, and nothing has to be known of them.
        if frame.event == "content_block_delta" or frame.data.startswith(b'{"type":"content_block_delta"'):
            self._progress.meaningful = True
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
                self._progress.meaningful = self._progress.finishing = True
            case "message_stop":
                self._progress.ended = self._progress.meaningful = True
            case "error":
                self._progress.failure, self._progress.ended = error_in_stream(chunk.get("error")), True
            case _:
                pass


class _RelayedWhole:
    """A whole Anthropic message, passed on byte for byte once it is known to be one."""

    def __init__(self, progress: Progress, requested_model: str | None) -> None:
        self._progress = progress
        self._requested_model = requested_model
        self.usage = NO_USAGE
        self._parts: list[bytes] = []

    def feed(self, chunk: bytes) -> bytes:
        self._parts.append(chunk)
        return b""

    def end(self, cause: UpstreamError | None) -> bytes:
        del cause  # what is whole is sent when it is whole: the caller raises it
        body = b"".join(self._parts)
        self._progress.ended = True
        try:
            message = as_object(orjson.loads(body)) or {}
        except orjson.JSONDecodeError:
            message = {}
        if as_str(message.get("type")) != "message":
            error = message.get("error")
            self._progress.failure = error_in_stream(error) if error is not None else upstream_failure(NO_MESSAGE)
            return b""
        self.usage = decode_usage(message.get("usage"))
        self._progress.meaningful = True
        return with_requested_model(body, message, self._requested_model)


NO_MESSAGE = "the upstream answered with something that is not a message (HTML or an empty body?)"
