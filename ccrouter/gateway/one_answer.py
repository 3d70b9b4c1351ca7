"""One answer of the model, out of those that a message may take."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeAlias

from ccrouter.errors import UpstreamError
from ccrouter.frozen import frozen
from ccrouter.gateway.attempts import Attempt, Source, drain
from ccrouter.gateway.body_log import log_body
from ccrouter.gateway.client_message import ClientMessage
from ccrouter.model.events import Event, Failed, Finish, Start, Usage, UsageUpdate, merge_usage
from ccrouter.model.request import Request
from ccrouter.pipeline.outbound import Outbound
from ccrouter.pipeline.reply_events import EventReader
from ccrouter.upstream.client import UpstreamClient

PassOn: TypeAlias = Callable[[list[Event]], Awaitable[None]]
"""Gets the events of the model's answer as they come."""
Ask: TypeAlias = Callable[[Request, PassOn], Awaitable[UpstreamError | None]]
"""One answer of the model. Returns the failure that ended a message that had begun; raises CCRouterError else."""
Elsewhere: TypeAlias = Callable[[], AbstractAsyncContextManager[None]]
"""Around a wait for another upstream: the target's place is free for others meanwhile (`upstream/limiter.py`)."""


@frozen
class Model:
    """The model that an attempt asks, as often as the message takes."""

    client: UpstreamClient
    attempt: Attempt
    message: ClientMessage

    async def answer(self, outbound: Outbound, pass_on: PassOn) -> UpstreamError | None:
        """Ask it once and pass on what it says. Returns the failure that ended a committed message.

        Raises:
            CCRouterError: it failed; whether anything was committed says `message`.
        """
        attempt = self.attempt
        log_body(attempt.request_id, "to upstream", outbound.body)
        usage = Usage()
        async with self.client.open(outbound.url, outbound.headers, outbound.body, attempt.way) as upstream:
            if not 200 <= upstream.status < 300:
                raise attempt.pipeline.dialect.error(upstream.status, upstream.headers, await upstream.error_body())
            reader = EventReader(attempt.pipeline, outbound.context, attempt.counts)
            source = Source(upstream, reader, attempt)
            try:
                while True:
                    chunk = await source.read()
                    events = reader.feed(chunk) if chunk else reader.end()
                    usage = with_told(usage, events)
                    await pass_on(events)
                    last = events[-1] if events else None
                    if isinstance(last, Failed):
                        return last.error
                    if isinstance(last, Finish) or not chunk:
                        await drain(upstream)
                        return None
            finally:
                self.message.answers.append(usage)


def with_told(usage: Usage, events: list[Event]) -> Usage:
    """`usage` with what these events tell of it."""
    for event in events:
        if isinstance(event, Start | UsageUpdate):
            usage = merge_usage(usage, event.usage)
    return usage
