"""An upstream's reply as filtered events, however it was cut, streamed or whole."""

from typing import Final, TypeAlias

from ccrouter.errors import UpstreamError, upstream_failure
from ccrouter.model.events import BEFORE_ANSWER, BlockKey, Event, Failed, ToolInputDelta
from ccrouter.model.runs import Delta, DeltaRun
from ccrouter.pipeline.build import Pipeline, TransformerError
from ccrouter.pipeline.reply_chain import reply_chain, transformer_failure
from ccrouter.pipeline.verifier import MendCounts
from ccrouter.sse import FrameSplitter, FrameTooLargeError, frame_of, frames_of
from ccrouter.transformers.base import Context

MAX_WHOLE_BYTES: Final = 128 * 1024 * 1024
MOST_RUNS: Final = 4
"""So many are taken from one read. Each looks at all that is left of it."""
MOST_LOOKS: Final = 16
"""So often one is looked for in one read: many providers' frames are never alike."""
Batch: TypeAlias = DeltaRun | list[Event]
STREAM_BEGINNINGS: Final = (b"data:", b"event:", b"id:", b"retry:", b":")


def looks_streamed(beginning: bytes, *, all_there: bool = False) -> bool | None:
    """Whether a reply that begins so is a stream; None while that cannot be told (`all_there`: nothing will follow)."""
    start = beginning.lstrip(b"\xef\xbb\xbf \r\n\t")
    if not all_there and len(start) < 6 and any(known.startswith(start) for known in STREAM_BEGINNINGS):
        return None
    return start.startswith(STREAM_BEGINNINGS)


def tells_of_answer(events: list[Event]) -> bool:
    """Whether anything of the answer itself is among them: text, reasoning, a call, or its end."""
    if not events:
        return False
    # The last one, nearly always: then there is no need to go through them.
    return not isinstance(events[-1], BEFORE_ANSWER) or any(not isinstance(event, BEFORE_ANSWER) for event in events)


class ReplyEvents:
    """One reply whose kind is known: a sentence of `model/grammar.py`, whatever it went through (`Verifier`)."""

    __slots__ = ("_decoder", "_filters", "_mending", "_passing", "_size", "_splitter", "_verifier", "_whole")

    def __init__(
        self, pipeline: Pipeline, context: Context, *, is_stream: bool, counts: MendCounts | None = None
    ) -> None:
        self._splitter = FrameSplitter() if is_stream else None
        self._whole: list[bytes] = []
        self._size = 0
        self._decoder, self._mending, self._filters, self._verifier = reply_chain(pipeline, context, counts)
        self._passing: tuple[type[Delta], BlockKey] | None = None
        """Runs of this kind in this block pass, and change nothing in whoever looks at them, until the next batch."""

    @property
    def finishing(self) -> bool:
        """The answer is complete; only its account of tokens or the end of the stream is still awaited."""
        return self._decoder.finishing

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that these bytes bring."""
        events: list[Event] = []
        for batch in self.take(chunk):
            events += batch.events() if isinstance(batch, DeltaRun) else batch
        return events

    def take(self, chunk: bytes) -> list[Batch]:
        """As `feed`, but what is nothing but more of one block may come as a run."""
        if self._splitter is None:
            self._whole.append(chunk)
            self._size += len(chunk)
            if self._size > MAX_WHOLE_BYTES:
                return [self._fail(upstream_failure(f"the answer is larger than {MAX_WHOLE_BYTES} bytes"))]
            return []
        batches: list[Batch] = []
        try:
            lines = self._splitter.lines(chunk)
            found = self._decoder.run(lines, 0)
            if found is not None and found[1] == len(lines):  # all of it, as nearly always
                run = found[0]
                return [run] if self._passes(run) else [self._filter(run.events())]
            self._decode(lines, found, batches)
        except FrameTooLargeError as error:
            batches.append(self._fail(upstream_failure(str(error))))
        except TransformerError as error:
            batches.append(self._fail(transformer_failure(error)))
        return batches

    def _decode(self, lines: bytes, found: tuple[DeltaRun, int] | None, batches: list[Batch]) -> None:
        """Put into `batches` what comes of `lines`, which begin with the run `found`, if any."""
        decoder = self._decoder
        at, size = 0, len(lines)
        looked, runs = 1, 0
        events: list[Event] = []
        while at < size:
            if found is not None:
                run, end = found
                runs += 1
                if events:
                    batches.append(self._filter(events))
                    events = []
                batches.append(run if self._passes(run) else self._filter(run.events()))
            else:
                end = lines.find(b"\n\n", at)
                end = size if end < 0 else end
                frame = frame_of(lines[at:end])
                events += decoder.frame(frame) if frame is not None else ()
            at = end + 2
            if at >= size:
                break
            if looked == MOST_LOOKS or runs == MOST_RUNS:
                events += [event for frame in frames_of(lines[at:]) for event in decoder.frame(frame)]
                break
            found = decoder.run(lines, at)
            looked += 1
        if events:
            batches.append(self._filter(events))

    def end(self) -> list[Event]:
        """The events that the end of the reply brings."""
        try:
            if self._splitter is None:
                events = self._decoder.whole(b"".join(self._whole))
            else:
                frames = self._splitter.flush()
                events = [event for frame in frames for event in self._decoder.frame(frame)] + self._decoder.end()
            events = self._filter(events)
            missing = self._verifier.end()
            return events + missing if missing else events
        except TransformerError as error:
            return self._fail(transformer_failure(error))

    def _fail(self, error: UpstreamError) -> list[Event]:
        return self._verifier([Failed(error)])

    def _passes(self, run: DeltaRun) -> bool:
        """Take in a run that goes on as it is. The filters want to see events."""
        passing = self._passing
        if passing is not None and passing[0] is run.kind and passing[1] == run.key:
            return True
        verifier, mending = self._verifier, self._mending
        if self._filters or not verifier.fits(run) or not (mending is None or mending.passes(run)):
            return False
        if run.kind is ToolInputDelta:
            verifier.take(run)
        elif mending is None or mending.idle:
            self._passing = run.kind, run.key
        return True

    def _filter(self, events: list[Event]) -> list[Event]:
        self._passing = None
        if self._mending is not None:
            events = self._mending(events) if events else events
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
        self.meaningful = self.meaningful or tells_of_answer(events)
        return events

    def end(self) -> list[Event]:
        """The events that the end of the reply brings."""
        if self._events is not None:
            return self._events.end()
        is_stream = looks_streamed(self._first, all_there=True) is True
        self._events = ReplyEvents(self._pipeline, self._context, is_stream=is_stream, counts=self._counts)
        return [*self._events.feed(self._first), *self._events.end()]
