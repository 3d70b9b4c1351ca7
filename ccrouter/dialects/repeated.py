"""The frame that most of a stream consists of: always the same bytes around one JSON string.

Many providers write the same envelope (id, model, choice, role, …) around each piece of an answer. Whoever has read one
of these frames knows what the others say but for one string, and need not parse the rest again.
"""

import json
from collections.abc import Callable
from typing import Final, cast

import orjson

from ccrouter.model.events import BlockKey, Event, TextDelta, ThinkingDelta, ToolInputDelta
from ccrouter.model.json import Json
from ccrouter.model.runs import Delta, DeltaRun
from ccrouter.sse import LF, Frame, lines_of

PROBE: Final = 'a probe, "\\/é\n'
"""Put in the place of a text to see what it is to the frame. Any text would do that no frame holds."""
PROBE_JSON: Final = orjson.dumps(PROBE)
SEPARATOR: Final = b"\n\n"
FRUITLESS: Final = 8
"""So many frames are learned in vain at most: a provider that writes a time or a number into each repeats none."""


class RepeatedFrame:
    """What is around the string, as lines of the stream. What the frame means is its decoder's business."""

    __slots__ = ("_after", "_after_size", "_before", "_before_size", "_column", "_end", "_joint", "_line")

    def __init__(self, before: bytes, after: bytes) -> None:
        self._before = before
        self._after = after
        self._before_size = len(before)
        self._after_size = len(after)
        self._end = after + SEPARATOR
        self._joint = after + SEPARATOR + before
        self._line = before.count(b"\n")
        """The string's line in its frame."""
        self._column = len(before) - before.rfind(b"\n") - 1

    def texts(self, lines: bytes, start: int) -> tuple[list[str], int] | None:
        """The strings of the frames at `start` in `lines` (see `sse.FrameSplitter.lines`) that are this one with some
        string in it, not an empty one, and where they end; None where the first is another.
        """
        if not lines.startswith(self._before, start):
            return None
        string = start + self._before_size
        end = lines.find(b"\n", string)
        if end < 0:  # a single one, as nearly always
            text = string_of(lines[string : -self._after_size]) if lines.endswith(self._after) else None
            return None if text is None else ([text], len(lines))
        first = string_of(lines[string : end - self._after_size])
        if first is None or not lines.startswith(self._end, end - self._after_size):
            return None
        following = end + len(SEPARATOR)
        if not lines.startswith(self._before, following):
            return [first], end
        further, end = self._further(lines, following)
        return [first, *further], end

    def _further(self, lines: bytes, start: int) -> tuple[list[str], int]:
        """The strings of all frames at `start` that are this one, and where they end; the first begins so at least."""
        # All at once up to the last one, where all until there are alike, which nearly always they are. Splitting at
        # single line breaks is much faster than at pairs of them; that nothing but the strings was cut out is seen by
        # putting it together again.
        joint = lines.rfind(self._joint, start)
        end = lines.find(SEPARATOR, start if joint < 0 else joint + len(self._end))
        end = end if end >= 0 else len(lines)
        rest = lines[start:end]
        behind, before = self._column, -self._after_size
        pieces = [line[behind:before] for line in rest.split(b"\n")[self._line :: self._line + 2]]
        texts = strings_of(pieces) if self._before + self._joint.join(pieces) + self._after == rest else None
        if texts is not None:
            return texts, end
        texts, end = list[str](), start - len(SEPARATOR)
        for frame in lines[start:].split(SEPARATOR):
            piece = frame.removeprefix(self._before).removesuffix(self._after)
            whole = len(piece) == len(frame) - self._before_size - self._after_size and LF not in piece
            text = string_of(piece) if whole else None
            if text is None:
                break
            texts.append(text)
            end += len(SEPARATOR) + len(frame)
        return texts, end


def string_of(piece: bytes) -> str | None:
    """The string where the piece, which has no line breaks, is one in JSON and not empty."""
    try:
        text: Json = orjson.loads(piece)
    except orjson.JSONDecodeError:
        return None
    return text if isinstance(text, str) and text else None


def strings_of(pieces: list[bytes]) -> list[str] | None:
    """The strings where each of the pieces, which have no line breaks, is one, see `string_of`."""
    # No string in JSON goes over a line break. So with one between each two pieces, and as many strings as there are
    # pieces, each piece is one.
    try:
        texts: list[Json] = orjson.loads(b"[" + b",\n".join(pieces) + b"]")
    except orjson.JSONDecodeError:
        return None
    whole = len(texts) == len(pieces) and set(map(type, texts)) == {str} and all(texts)
    return cast(list[str], texts) if whole else None


class Repetition:
    """Learns which frame of a reply is repeated, as long as that pays."""

    __slots__ = ("_frame", "_key", "_kind", "_lessons")

    def __init__(self) -> None:
        self._frame: RepeatedFrame | None = None
        self._kind: type[Delta] = TextDelta
        self._key: BlockKey = -1
        self._lessons = FRUITLESS

    def learn(self, frame: Frame, events: list[Event], said: Callable[[Json], Delta | None]) -> None:
        """Learn `frame` where all that it brought is one delta.

        `said`: the delta that a frame would bring now, from its JSON, where it brings nothing else, else None. Takes
        nothing in.
        """
        if len(events) != 1 or not self._lessons or LF in frame.data:
            return
        event = events[0]
        if not isinstance(event, TextDelta | ThinkingDelta | ToolInputDelta):
            return
        self._lessons -= 1
        kind, key = type(event), event.key
        text = event.json if isinstance(event, ToolInputDelta) else event.text
        for written in (orjson.dumps, ascii_json):
            before, found, after = frame.data.partition(written(text))
            # Whatever string stands there is the delta's text if this one is, which no frame holds.
            if found and said_with(before + PROBE_JSON + after, said) == kind(key, PROBE):
                self._frame = RepeatedFrame(lines_of(Frame(frame.event, before)), after)
                self._kind, self._key = kind, key
                return

    def run(self, lines: bytes, start: int, key: BlockKey) -> tuple[DeltaRun, int] | None:
        """See `dialects.base.Decoder`. `key`: of the open block."""
        if self._frame is None or key != self._key:
            return None
        found = self._frame.texts(lines, start)
        if found is None:
            return None
        self._lessons = FRUITLESS
        texts, end = found
        return DeltaRun(self._kind, key, texts), end


def ascii_json(text: str) -> bytes:
    """`text` as Python's own servers write it."""
    return json.dumps(text).encode()


def said_with(data: bytes, said: Callable[[Json], Delta | None]) -> Delta | None:
    """What `said` makes of a frame with this data."""
    try:
        return said(orjson.loads(data))
    except orjson.JSONDecodeError:
        return None
