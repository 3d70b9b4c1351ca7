"""What the decoders of foreign replies do alike: read JSON, let the wire filters see it, begin with the start event."""

from abc import ABC, abstractmethod
from typing import Final

import orjson

from ccrouter.dialects.base import ReplyContext
from ccrouter.dialects.failures import not_json
from ccrouter.dialects.lenient_json import parse_leniently
from ccrouter.errors import UpstreamError
from ccrouter.model.events import Event, Start
from ccrouter.model.json import Json
from ccrouter.model.runs import DeltaRun
from ccrouter.sse import Frame

CUT: Final = "the upstream ended the stream before the answer was finished"
EMPTY: Final = "the upstream ended the stream without an answer"
DONE: Final = b"[DONE]"
"""The last frame of a chat stream, and of some others: whatever comes after it is not part of the reply."""


class JsonReplyDecoder(ABC):
    """The base of a `Decoder` whose stream frames, and whole replies, are JSON."""

    def __init__(self, context: ReplyContext) -> None:
        self._context = context
        self._filters = tuple(context.wire_filters)
        self._id: str | None = None
        self._model: str | None = None
        self._started = False
        self._ended = False

    def frame(self, frame: Frame) -> list[Event]:
        """The events that one stream frame brings."""
        if self._ended:
            return []
        if frame.data == DONE:
            return self._said_done()
        try:
            chunk: Json = orjson.loads(frame.data)
        except ValueError:
            data = frame.data.strip()
            if data == DONE:
                return self._said_done()
            if not data:
                return []
            chunk = parse_leniently(data)
            if chunk is None:
                return self._fail(not_json(data, what="stream frame"))
        if self._filters:
            chunk = self._filtered(chunk)
            if chunk is None:
                return []
        return self._chunk(chunk, frame.event)

    def run(self, lines: bytes, start: int) -> tuple[DeltaRun, int] | None:
        """See `dialects.base.Decoder`; nothing, unless a dialect knows such frames."""
        del lines, start
        return None

    def whole(self, body: bytes) -> list[Event]:
        """All events of a reply that came as one JSON body."""
        if self._ended:
            return []
        try:
            reply: Json = orjson.loads(body)
        except ValueError:
            reply = parse_leniently(body)
        if not isinstance(reply, dict | list):
            return self._fail(not_json(body, what="answer"))
        return self._reply(reply)

    @abstractmethod
    def _chunk(self, chunk: Json, event: str | None) -> list[Event]:
        """Take one frame's JSON, filtered; `event` is the frame's name."""

    @abstractmethod
    def _reply(self, reply: Json) -> list[Event]:
        """Take a whole reply, not filtered yet: an object or an array."""

    @abstractmethod
    def _said_done(self) -> list[Event]:
        """Take `[DONE]`."""

    @abstractmethod
    def _start(self) -> Start: ...

    @abstractmethod
    def _fail(self, error: UpstreamError) -> list[Event]:
        """What was not told yet, and the failure, which ends the reply."""

    def _filtered(self, value: Json) -> Json:
        for wire_filter in self._filters:
            value = wire_filter(value) if isinstance(value, dict) else value
        return value

    def _behind_start(self, events: list[Event]) -> list[Event]:
        """`events`, behind the start event once there is something to tell."""
        if self._started or not events:
            return events
        return [self._start(), *events]
