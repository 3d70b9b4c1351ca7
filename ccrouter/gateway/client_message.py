"""The one message of a client whose answer is made of events, not of an upstream's bytes."""

from collections.abc import Awaitable, Callable, Sequence

import orjson

from ccrouter.client_apis.base import ReplyFormat
from ccrouter.dialects.anthropic.stream import ReplyDefaults
from ccrouter.model.events import Event, Failed, Start, Usage, UsageUpdate


class ClientMessage:
    """The one message that the client gets, encoded from events as they come."""

    def __init__(
        self,
        defaults: ReplyDefaults,
        replies: ReplyFormat,
        *,
        streamed: bool,
        commit: Callable[[], Awaitable[None]],
        write: Callable[[bytes], Awaitable[None]],
    ) -> None:
        self.committed = False
        self.answers: list[Usage] = []
        """The tokens of each round, whatever the client is told."""
        self._encoder = replies.encoder(defaults) if streamed else None
        self._collector = replies.collector(defaults)
        self._commit = commit
        self._write = write
        self._held = b""

    @property
    def usage(self) -> Usage:
        """What is known of its tokens."""
        return self._encoder.usage if self._encoder is not None else self._collector.usage

    @property
    def body(self) -> bytes:
        """The whole message, for a client that wanted no stream."""
        return b"" if self._collector.message is None else orjson.dumps(self._collector.message)

    async def send(self, events: Sequence[Event]) -> None:
        """Pass `events` on.

        Raises:
            UpstreamError: they end in a failure, and nothing has gone out yet.
        """
        if events and isinstance(events[-1], Failed) and not self.committed:
            raise events[-1].error
        if self._encoder is None:
            self._collector.collect(list(events))
            return
        self._held += self._encoder.encode(list(events))
        if not self.committed and any(not isinstance(event, Start | UsageUpdate) for event in events):
            self.committed = True
            await self._commit()
        if self.committed and self._held:
            held, self._held = self._held, b""
            await self._write(held)
