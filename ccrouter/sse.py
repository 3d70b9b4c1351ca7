"""Server-sent events from bytes, however they were cut.

The splitter works on bytes and hands out whole frames, so a UTF-8 sequence is never decoded in halves.
"""

from dataclasses import dataclass
from typing import Final

MAX_FRAME_BYTES = 64 * 1024 * 1024
"""A single frame larger than this is not a stream of events but something gone wrong (or hostile)."""
CR: Final = ord("\r")
LF: Final = ord("\n")
"""As numbers: `CR in data` takes a seventh of the time of looking for a bytes object of one."""


@dataclass(slots=True)
class Frame:
    """One dispatched event: its `event:` name (None when there was none) and its `data:` lines joined by newlines.

    Never changed, but not frozen either: one is made for each chunk of every stream, and this is the quickest way.
    """

    event: str | None
    data: bytes


class FrameTooLargeError(ValueError):
    """The stream sent more than MAX_FRAME_BYTES without ending a frame."""


class FrameSplitter:
    """Cuts a stream of bytes into frames.

    Takes LF, CRLF and mixes of both, comments (`: keep-alive`), `data:` with and without a space, several data lines,
    and a byte order mark at the start. Frames without data (comments, bare `event:` lines) are not handed out.
    """

    __slots__ = ("_buffer", "_first")

    def __init__(self) -> None:
        self._buffer = b""
        self._first = True

    def feed(self, chunk: bytes) -> list[Frame]:
        """The frames that `chunk` completes, in order.

        Raises:
            FrameTooLargeError: an unfinished frame outgrew MAX_FRAME_BYTES.
        """
        return frames_of(self.lines(chunk))

    def lines(self, chunk: bytes) -> bytes:
        """As `feed`, but the frames as the lines that `frames_of` takes; empty where `chunk` completes none."""
        if not self._buffer and not self._first and CR not in chunk and chunk.endswith(b"\n\n"):
            return chunk[:-2]  # whole frames, as most reads bring
        buffer = self._buffer + chunk if self._buffer else chunk
        if self._first and buffer:
            if len(buffer) < 3 and b"\xef\xbb\xbf".startswith(buffer):
                self._buffer = buffer
                return b""
            self._first = False
            buffer = buffer.removeprefix(b"\xef\xbb\xbf")
        if CR in buffer:
            # A CR at the very end may be half of a CRLF: it waits for the next read.
            held = b"\r" if buffer.endswith(b"\r") else b""
            buffer = (buffer[:-1] if held else buffer).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        else:
            held = b""
        head, separator, tail = buffer.rpartition(b"\n\n")
        if not separator:
            self._buffer = buffer + held
            if len(self._buffer) > MAX_FRAME_BYTES:
                raise FrameTooLargeError(f"a stream frame is larger than {MAX_FRAME_BYTES} bytes")
            return b""
        self._buffer = tail + held
        return head

    def flush(self) -> list[Frame]:
        """The frame that was complete but for its blank line when the stream ended, if any.

        The specification would drop it; providers that close right after their last line mean it.
        """
        rest, self._buffer = self._buffer.replace(b"\r", b"\n"), b""
        return frames_of(rest)


def frames_of(lines: bytes) -> list[Frame]:
    """The frames in `lines` (LF only, each frame but the last followed by a blank line)."""
    return [frame for part in lines.split(b"\n\n") if (frame := frame_of(part)) is not None]


def lines_of(frame: Frame) -> bytes:
    """A frame whose data is one line, as nearly everybody writes it, without the blank line."""
    return (
        b"data: " + frame.data if frame.event is None else b"event: %b\ndata: %b" % (frame.event.encode(), frame.data)
    )


def frame_of(part: bytes) -> Frame | None:
    """One frame from its lines (LF only, no blank line), or None when it carries no data.

    Bare JSON between events counts as data: Vertex breaks a stream off with an error object and no `data:` before it.
    """
    if part.startswith(b"data: ") and LF not in part:  # as nearly every frame of an OpenAI-like stream
        return Frame(None, part[6:])
    head, _, rest = part.partition(b"\n")
    if rest.startswith(b"data: ") and LF not in rest and head.startswith(b"event:"):  # as those whose events have names
        return Frame(head[6:].strip().decode("utf-8", "replace"), rest[6:])
    event: str | None = None
    data: list[bytes] = []
    for line in part.split(b"\n"):
        if line.startswith(b"data:"):
            data.append(line[6:] if line.startswith(b"data: ") else line[5:])
        elif line.startswith(b"event:"):
            event = line[6:].strip().decode("utf-8", "replace")
    if not data and part.lstrip()[:1] in (b"{", b"["):
        return Frame(None, part)
    return Frame(event, b"\n".join(data)) if data else None


class RelaySplitter:
    """Cuts a stream at frame ends without changing a byte: for replies that are passed on as they came.

    Only whole frames are handed out, so that a frame of our own (a ping, an error) may follow at any time.
    """

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, chunk: bytes) -> tuple[bytes, list[Frame]]:
        """The bytes up to the last frame end, as they came, and the frames in them.

        Raises:
            FrameTooLargeError: an unfinished frame outgrew MAX_FRAME_BYTES.
        """
        buffer = self._buffer + chunk if self._buffer else chunk
        cut = max(buffer.rfind(ending) + len(ending) if ending in buffer else 0 for ending in FRAME_ENDINGS)
        whole, self._buffer = buffer[:cut], buffer[cut:]
        if len(self._buffer) > MAX_FRAME_BYTES:
            raise FrameTooLargeError(f"a stream frame is larger than {MAX_FRAME_BYTES} bytes")
        lines = whole.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if CR in whole else whole
        return whole, frames_of(lines)

    def flush(self) -> tuple[bytes, list[Frame]]:
        """What was left when the stream ended, ended properly when it is a frame, dropped when it is half a one."""
        rest, self._buffer = self._buffer, b""
        frame = frame_of(rest.replace(b"\r", b"\n").strip(b"\n"))
        return (rest.rstrip(b"\r\n") + b"\n\n", [frame]) if frame is not None else (b"", [])


FRAME_ENDINGS = (b"\n\n", b"\r\n\r\n", b"\r\r")
