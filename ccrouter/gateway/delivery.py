"""The client's side of one streamed answer."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from ccrouter.client_apis.base import ReplyFormat
from ccrouter.gateway.heartbeat import Heartbeat
from ccrouter.gateway.types import ClientStream, Record, Write
from ccrouter.router import Decision

# Proxies that buffer, or an answer that is not called a stream, make Claude Code ask twice (field-notes, pain 12).
STREAM_HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    "x-accel-buffering": "no",
}


class Delivery:
    """Commits once, writes, pings through silence. A ping and an attempt may want to commit at the same time."""

    __slots__ = (
        "_begun",
        "_decision",
        "_first_word",
        "_heartbeat",
        "_on_word",
        "_ping_bytes",
        "_record",
        "_starting",
        "_stream",
        "_write",
        "committed",
    )

    def __init__(
        self, stream: ClientStream, replies: ReplyFormat, record: Record, decision: Decision, begun: float
    ) -> None:
        self.committed = False
        """True as soon as a status line may have gone out: a failure can then only be told in the stream."""
        self._write: Write | None = None
        """Set when the status line has gone out."""
        self._starting = asyncio.Lock()
        self._stream = stream
        self._ping_bytes = replies.ping
        self._record = record
        self._decision = decision
        self._begun = begun
        self._first_word: float | None = None
        self._on_word: Callable[[], None] | None = None
        self._heartbeat = Heartbeat(self._ping)

    async def commit(self) -> None:
        """Send the status line and headers, unless that was done already."""
        if self._write is not None:
            return
        async with self._starting:
            if self._write is None:
                self.committed = True
                told = decision_headers(self._decision, self._record)
                self._write = await self._stream.start({**STREAM_HEADERS, **told})
                self._record.status = 200

    @property
    def worded(self) -> bool:
        """True once a piece of the answer has gone out."""
        return self._first_word is not None

    def first_word_since(self, moment: float) -> float | None:
        """Seconds from `moment` (monotonic) to the answer's first piece; None where that has not come since."""
        return None if self._first_word is None or self._first_word < moment else self._first_word - moment

    def watch(self, on_word: Callable[[], None] | None) -> None:
        """Call `on_word` once, with the next piece of the answer."""
        self._on_word = on_word

    def write(self, data: bytes) -> Coroutine[Any, Any, None]:
        """Send a piece of the answer, which has been committed."""
        assert self._write is not None, "committed"
        if self._first_word is None or self._on_word is not None:
            self._note_word()
        heartbeat = self._heartbeat
        heartbeat.last_write = heartbeat.now()
        return self._write(data)

    def _note_word(self) -> None:
        if self._on_word is not None:
            self._on_word()
            self._on_word = None
        if self._first_word is None:
            self._first_word = time.monotonic()
            self._record.first_byte = time.perf_counter() - self._begun

    async def finish(self) -> None:
        """End the answer."""
        self.close()
        await self._stream.finish()

    def close(self) -> None:
        """No more pings."""
        self._heartbeat.stop()

    async def _ping(self) -> None:
        await self.commit()
        assert self._write is not None, "committed"
        await self._write(self._ping_bytes)


def decision_headers(decision: Decision, record: Record) -> Mapping[str, str]:
    """What happened, in the answer's headers."""
    failed = {"x-ccr-failed": header_text("; ".join(record.failures))} if record.failures else {}
    return {
        **failed,
        "x-ccr-scenario": decision.scenario,
        "x-ccr-target": header_text(record.target),
        "x-ccr-reason": header_text(decision.reason),
        "x-ccr-attempts": str(record.attempts),
    }


def header_text(text: str) -> str:
    """`text` as a header value: what is not printable ASCII is left out, since names and reasons come from anywhere."""
    if text.isascii() and text.isprintable():
        return text[:500]
    return "".join([letter if " " <= letter <= "~" else "?" for letter in text])[:500]
