"""A reply on its way back: bytes of the upstream in, bytes for the client out, however either side cut or wrapped them.

What the upstream sends is recognised by its first bytes, not by its content type: providers mislabel both ways, and a
JSON answer to a stream request must still become a stream (field-notes, pain 12).
"""

import re

import orjson

from ccrouter.client_apis.anthropic import MESSAGES
from ccrouter.client_apis.base import ReplyFormat
from ccrouter.dialects.anthropic.errors import error_in_stream
from ccrouter.dialects.anthropic.events import CUT
from ccrouter.dialects.anthropic.stream import ReplyDefaults, error_frame
from ccrouter.dialects.anthropic.usage import decode_usage
from ccrouter.dialects.explained import explained_error, explained_frame
from ccrouter.errors import UpstreamError, upstream_failure
from ccrouter.model.events import Failed, Start, Usage, UsageUpdate, merge_usage
from ccrouter.model.json import JsonObject, as_object, as_str
from ccrouter.model.runs import DeltaRun
from ccrouter.pipeline.build import Pipeline
from ccrouter.pipeline.reply_events import Batch, ReplyEvents, looks_streamed
from ccrouter.pipeline.verifier import MendCounts
from ccrouter.sse import Frame, FrameTooLargeError, RelaySplitter
from ccrouter.transformers.base import Context


class Reply:
    """One reply. Feed it the upstream's bytes; it says what may go to the client and how things stand.

    After each call: `meaningful` is True once something of the answer itself has come; `failure` is set when the reply
    broke; `ended` when nothing more is wanted of the upstream. Until the caller has committed itself to this reply it
    keeps the bytes back; a failure then costs nothing.
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
        self._replies = replies
        self._counts = counts
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

    def _recognise(self, is_stream: bool) -> "_Converted | _Relayed | _RelayedWhole":
        if self._replies.relays and self._pipeline.relays_replies and is_stream == self._streamed:
            # Where the router named no other model than the client did, the upstream's answer says what it always says.
            requested = self._defaults.requested_model
            model = None if requested == self._context.model else requested
            return _Relayed(model, self._defaults.request_id) if is_stream else _RelayedWhole(model)
        events = ReplyEvents(self._pipeline, self._context, is_stream=is_stream, counts=self._counts)
        return _Converted(events, self._defaults, self._replies, streamed=self._streamed)


class _Converted:
    """The upstream's dialect, decoded to events, filtered, and encoded for the client."""

    def __init__(self, events: ReplyEvents, defaults: ReplyDefaults, replies: ReplyFormat, *, streamed: bool) -> None:
        self.meaningful = False
        self.failure: UpstreamError | None = None
        self.ended = False
        self._events = events
        self._encoder = replies.encoder(defaults) if streamed else None
        self._collector = replies.collector(defaults)

    @property
    def usage(self) -> Usage:
        return self._encoder.usage if self._encoder is not None else self._collector.usage

    def feed(self, chunk: bytes) -> bytes:
        if self.ended:
            return b""
        batches = self._events.take(chunk)
        if len(batches) == 1:
            return self._take(batches[0])
        return b"".join([self._take(batch) for batch in batches if not self.ended])

    def end(self, cause: UpstreamError | None) -> bytes:
        if self.ended:
            return b""
        events = self._events.end()
        if cause is not None and events and isinstance(events[-1], Failed):
            events = [*events[:-1], Failed(cause)]
        return self._take(events)

    @property
    def finishing(self) -> bool:
        return self._events.finishing

    def _take(self, events: Batch) -> bytes:
        if isinstance(events, DeltaRun):
            self.meaningful = True
            if self._encoder is not None:
                return self._encoder.encode_run(events)
            events = events.events()
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

    def __init__(self, requested_model: str | None, request_id: str | None) -> None:
        self._requested_model = requested_model
        self._request_id = request_id
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

    def end(self, cause: UpstreamError | None) -> bytes:
        raw, frames = self._splitter.flush()
        raw = self._pass_on(raw, frames)
        return raw if self.ended else raw + self._break(cause or upstream_failure(CUT))

    def _pass_on(self, raw: bytes, frames: list[Frame]) -> bytes:
        before = self._start
        for frame in frames:
            self._observe(frame)
        if before is None and self._start is not None:
            raw = with_requested_model(raw, self._start, self._requested_model)
        return raw if self.failure is None else explained_frame(raw, self._request_id)

    def _break(self, error: UpstreamError) -> bytes:
        self.failure, self.ended = error, True
        return error_frame(explained_error(error, self._request_id))

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

    def end(self, cause: UpstreamError | None) -> bytes:
        del cause  # what is whole is sent when it is whole: the caller raises it
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
