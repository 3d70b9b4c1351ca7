"""A stream that was torn amid its text, continued by another attempt: opt-in by scenario (`rescue` in the config).

Only requests of those scenarios come here; their replies go to the client as events, so that two of them can become one
(`pipeline/joining.py`). The text block stays open in between, with pings. What cannot be continued, or not any more,
ends as every torn stream does: in an honest `error` event.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from ccrouter.config.types import Target
from ccrouter.errors import CCRouterError, RequestError, UpstreamError, untraced
from ccrouter.gateway.attempts import Attempt, Outcome, Source, drain
from ccrouter.gateway.client_message import ClientMessage
from ccrouter.gateway.delivery import Delivery
from ccrouter.gateway.next_step import REFUSALS, pause_before
from ccrouter.gateway.types import Record, Service
from ccrouter.model.events import Event, Failed
from ccrouter.model.request import Request
from ccrouter.pipeline.continuation import continuation, may_be_continued, stops_amid, takes_prefill
from ccrouter.pipeline.joining import Joiner
from ccrouter.pipeline.reply_events import EventReader
from ccrouter.upstream.client import UpstreamClient
from ccrouter.upstream.keys import KEY_AT_FAULT
from ccrouter.upstream.masking import with_masked

MOST_RESCUES: Final = 2

Served: TypeAlias = tuple[Outcome, Attempt]
Once: TypeAlias = Callable[[Target, str | None, Request, bytes | None], Awaitable[Served]]
"""One attempt, with all its accounting: `Turn`'s own."""
Keys: TypeAlias = Callable[[Target], Sequence[str | None]]


def rescue_for(
    service: Service, scenario: str, request: Request, delivery: Delivery, record: Record
) -> "Rescue | None":
    """What runs the attempts of a request whose stream may be continued; None for all others."""
    if scenario not in service.config.rescue or not may_be_continued(request):
        return None
    return Rescue(service, request, delivery, record)


class Rescue:
    """One message for the client, out of as many replies as it takes."""

    def __init__(self, service: Service, request: Request, delivery: Delivery, record: Record) -> None:
        self._service = service
        self._request = request
        self._delivery = delivery
        self._record = record
        self._message: ClientMessage | None = None
        self._joiner: Joiner | None = None
        self._torn: UpstreamError | None = None

    def serves(self, attempt: Attempt) -> bool:
        """Whether `run` is for this attempt: those that search or look at images have a message of their own."""
        return not attempt.in_rounds or self._torn is not None

    async def run(self, client: UpstreamClient, attempt: Attempt) -> Outcome:
        """Serve `attempt`, the first one or one that continues. Where it is torn, the client does not know yet.

        Raises:
            UpstreamError: it failed before it came to anything for the client.
            RequestError: it cannot continue.
        """
        if attempt.in_rounds:
            raise RequestError(
                "the router would have to run tools of its own for this target, which it cannot amid a text"
            )
        message, joiner = self._message, self._joiner
        if self._torn is None or message is None or joiner is None:
            delivery = self._delivery
            message = ClientMessage(
                attempt.defaults, attempt.replies, streamed=True, commit=delivery.commit, write=delivery.write
            )
            joiner = Joiner(attempt.outbound.context.notes)
            self._message, self._joiner = message, joiner
        failure = await self._pass_on(client, attempt, message, joiner)
        if failure is not None and not (message.committed and joiner.joined):
            raise failure
        self._torn = failure
        return Outcome(message.usage, failure=failure)

    async def _pass_on(
        self, client: UpstreamClient, attempt: Attempt, message: ClientMessage, joiner: Joiner
    ) -> UpstreamError | None:
        """Give the client what comes; how it was torn, if it was."""
        outbound = attempt.outbound
        async with client.open(outbound.url, outbound.headers, outbound.body, attempt.way) as upstream:
            if not 200 <= upstream.status < 300:
                raise attempt.pipeline.dialect.error(upstream.status, upstream.headers, await upstream.error_body())
            reader = EventReader(attempt.pipeline, outbound.context, attempt.counts)
            source = Source(upstream, reader, attempt)
            while joiner.failure is None and not joiner.over:
                try:
                    chunk = await source.read()
                    events = reader.feed(chunk) if chunk else reader.end()
                except UpstreamError as error:
                    events = broken_off(reader, error)
                if given := joiner.take(events):
                    await message.send(given)
            if joiner.over:
                await self._delivery.finish()
                await drain(upstream)
        return None if joiner.failure is None else masked(joiner.failure, attempt.key)

    async def go_on(self, served: Served, targets: Callable[[], Sequence[Target]], keys: Keys, once: Once) -> Served:
        """`served`, or where it was torn, what became of it. `targets` are asked in turn, the torn one at last."""
        outcome, attempt = served
        message, joiner = self._message, self._joiner
        failure = self._torn
        if failure is None or message is None or joiner is None:
            return served
        torn = attempt.pipeline.target
        chain = [str(torn)]
        while failure is not None:
            letters = len(joiner.said.text)
            self._record.failures.append(f"{torn}: cut off after {letters} characters of text: {failure}"[:300])
            if len(chain) > MOST_RESCUES or not joiner.can_go_on or stops_amid(self._request, joiner.said):
                break
            continued = await self._continued(in_turn(targets(), torn), keys, once, joiner)
            if continued is None:
                break
            outcome, last = continued
            failure = outcome.failure
            torn = last.pipeline.target
            chain.append(str(torn))
        self._record.rescued_by = tuple(chain[1:])
        if failure is not None:
            await message.send(joiner.give_up(failure))
            await self._delivery.finish()
            outcome = Outcome(message.usage, failure=failure)
        return outcome, attempt

    async def _continued(self, targets: Iterator[Target], keys: Keys, once: Once, joiner: Joiner) -> Served | None:
        """What the first target made of it that came to something; None where none did."""
        tried: set[Target] = set()
        for target in targets:
            if target in tried:
                await asyncio.sleep(pause_before(0, 1.0))
            tried.add(target)
            served = await self._at(target, keys, once, joiner)
            if served is not None:
                return served
        return None

    async def _at(self, target: Target, keys: Keys, once: Once, joiner: Joiner) -> Served | None:
        failure: CCRouterError | None = None
        for prefill in self._ways(target):
            if failure is not None and not was_refused(failure):
                break
            asked = continuation(self._request, joiner.said, prefill=prefill)
            for key in keys(target):
                if self._record.attempts >= self._service.config.retries.max_attempts:
                    return None
                joiner.go_on(asked.seam)
                try:
                    return await once(target, key, asked.request, None)
                except CCRouterError as error:
                    self._record.failures.append(f"{target}: to continue: {error}"[:300])
                    failure = untraced(error)
                if not (isinstance(failure, UpstreamError) and failure.detail.status in KEY_AT_FAULT):
                    break
        return None

    def _ways(self, target: Target) -> tuple[bool, ...]:
        """Whether to prefill, and what to try when that is refused."""
        try:
            quirks = self._service.pipeline(target).quirks
        except RequestError:
            return ()
        return (True, False) if takes_prefill(self._request, quirks) else (False,)


def in_turn(targets: Sequence[Target], torn: Target) -> Iterator[Target]:
    """The targets behind the torn one, those before it, then itself: at once, and once more."""
    at = targets.index(torn) if torn in targets else len(targets)
    yield from (*targets[at + 1 :], *targets[:at], torn, torn)


def broken_off(reader: EventReader, error: UpstreamError) -> list[Event]:
    """The last events of a reply whose connection broke. What broke after the answer was complete is no failure."""
    events = reader.end()
    if events and isinstance(events[-1], Failed):
        events[-1] = Failed(untraced(error))
    return events


def was_refused(failure: CCRouterError) -> bool:
    """True where the request itself was not taken."""
    return isinstance(failure, UpstreamError) and failure.detail.status in REFUSALS


def masked(failure: UpstreamError, key: str | None) -> UpstreamError:
    """`failure` without the key: some providers repeat it."""
    words = with_masked(failure.detail.message, (key,))
    return UpstreamError(replace(failure.detail, message=words), retryable=failure.retryable)
