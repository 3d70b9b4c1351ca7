"""An upstream's reply as filtered events, however it was cut, streamed or whole."""

from typing import Final

from ccrouter.errors import UpstreamError, upstream_failure
from ccrouter.model.events import Event, Failed, Start, UsageUpdate
from ccrouter.pipeline.build import Pipeline, TransformerError
from ccrouter.pipeline.reply_chain import reply_chain, transformer_failure
from ccrouter.pipeline.verifier import MendCounts
from ccrouter.sse import Frame, FrameSplitter, FrameTooLargeError
from ccrouter.transformers.base import Context

MAX_WHOLE_BYTES: Final = 128 * 1024 * 1024
STREAM_BEGINNINGS: Final = (b"data:", b"event:", b"id:", b"retry:", b":")


def looks_streamed(beginning: bytes, *, all_there: bool = False) -> bool | None:
    """Whether a reply that begins so is a stream; None while that cannot be told (`all_there`: nothing will follow)."""
    start = beginning.lstrip(b"\xef\xbb\xbf \r\n\t")
    if not all_there and len(start) < 6 and any(known.startswith(start) for known in STREAM_BEGINNINGS):
        return None
    return start.startswith(STREAM_BEGINNINGS)


class ReplyEvents:
    """One reply whose kind is known: a sentence of `model/grammar.py`, whatever it went through (`Verifier`)."""

    def __init__(
        self, pipeline: Pipeline, context: Context, *, is_stream: bool, counts: MendCounts | None = None
    ) -> None:
        self._splitter = FrameSplitter() if is_stream else None
        self._whole: list[bytes] = []
        self._size = 0
        self._decoder, self._filters, self._verifier = reply_chain(pipeline, context, counts)

    @property
    def finishing(self) -> bool:
        """The answer is complete; only its account of tokens or the end of the stream is still awaited."""
        return self._decoder.finishing

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that these bytes bring."""
        if self._splitter is None:
            self._whole.append(chunk)
            self._size += len(chunk)
            if self._size > MAX_WHOLE_BYTES:
                return self._fail(upstream_failure(f"the answer is larger than {MAX_WHOLE_BYTES} bytes"))
            return []
        try:
            return self._filter(self._decode(self._splitter.feed(chunk)))
        except FrameTooLargeError as error:
            return self._fail(upstream_failure(str(error)))
        except TransformerError as error:
            return self._fail(transformer_failure(error))

    def end(self) -> list[Event]:
        """The events that the end of the reply brings."""
        try:
            if self._splitter is None:
                events = self._decoder.whole(b"".join(self._whole))
            else:
                events = [*self._decode(self._splitter.flush()), *self._decoder.end()]
            return [*self._filter(events), *self._verifier.end()]
        except TransformerError as error:
            return self._fail(transformer_failure(error))

    def _fail(self, error: UpstreamError) -> list[Event]:
        return self._verifier([Failed(error)])

    def _decode(self, frames: list[Frame]) -> list[Event]:
        decode = self._decoder.frame
        return [event for frame in frames for event in decode(frame)]

    def _filter(self, events: list[Event]) -> list[Event]:
        for event_filter in self._filters:
            if not events:
                break
            events = event_filter(events)
        return self._verifier(events)


class EventReader:
    """One reply for those who want its events and not the client's bytes. Recognises its kind by its first bytes."""

    def __init__(self, pipeline: Pipeline, context: Context, counts: MendCounts | None = None) -> None:
        self._pipeline = pipeline
        self._context = context
        self._counts = counts
        self._first = b""
        self._events: ReplyEvents | None = None
        self.meaningful = False
        """Something of the answer itself has come."""

    @property
    def finishing(self) -> bool:
        """See `ReplyEvents`."""
        return self._events is not None and self._events.finishing

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that these bytes bring."""
        if self._events is not None:
            return self._seen(self._events.feed(chunk))
        self._first += chunk
        is_stream = looks_streamed(self._first)
        if is_stream is None:
            return []
        self._events = ReplyEvents(self._pipeline, self._context, is_stream=is_stream, counts=self._counts)
        return self._seen(self._events.feed(self._first))

    def _seen(self, events: list[Event]) -> list[Event]:
        self.meaningful = self.meaningful or any(not isinstance(event, Start | UsageUpdate) for event in events)
        return events

    def end(self) -> list[Event]:
        """The events that the end of the reply brings."""
        if self._events is not None:
            return self._events.end()
        is_stream = looks_streamed(self._first, all_there=True) is True
        self._events = ReplyEvents(self._pipeline, self._context, is_stream=is_stream, counts=self._counts)
        return [*self._events.feed(self._first), *self._events.end()]
