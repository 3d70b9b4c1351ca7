"""One attempt: one target, one key, up to the point of no return.

Nothing is sent to the client before the upstream's first meaningful frame; a failure until then is raised, and the next
attempt may do better. After it the stream is committed: it goes on or ends in an honest `error` event.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import reduce
from typing import Any, Protocol

from ccrouter.client_apis.base import ReplyFormat
from ccrouter.config.types import Target, TransformerUse
from ccrouter.dialects.anthropic.stream import ReplyDefaults
from ccrouter.errors import UpstreamError, untraced
from ccrouter.frozen import frozen
from ccrouter.gateway.body_log import log_body, logs_bodies
from ccrouter.gateway.health import Health
from ccrouter.gateway.image_model import ImageModel
from ccrouter.gateway.look_plan import LookPlan, plan_look, seeing
from ccrouter.gateway.search_plan import SearchPlan, plan_search
from ccrouter.gateway.types import Incoming, Service
from ccrouter.model.events import Usage
from ccrouter.model.request import Request
from ccrouter.pipeline.build import Pipeline
from ccrouter.pipeline.inbound import Reply
from ccrouter.pipeline.learned import shaped_pipeline
from ccrouter.pipeline.outbound import Outbound, prepare
from ccrouter.pipeline.rounds import added
from ccrouter.pipeline.search_request import with_function_tool
from ccrouter.pipeline.search_rounds import Answered
from ccrouter.pipeline.verifier import MendCounts
from ccrouter.upstream.client import UpstreamClient, UpstreamReply, Way
from ccrouter.upstream.masking import with_masked

GRACE_AFTER_FINISH = 2.0
"""Seconds to wait for usage or the end of a stream whose answer is complete: some never close
(musistudio/claude-code-router#1271)."""
DRAIN_SECONDS = 0.5
"""How long a finished reply's connection may take to end properly, so that it can be used again."""
HELD_BYTES = 256 * 1024
"""A relayed stream that sends more than this without anything meaningful is committed all the same."""


@frozen
class Attempt:
    """What one attempt works with."""

    request_id: str
    pipeline: Pipeline
    outbound: Outbound
    defaults: ReplyDefaults
    replies: ReplyFormat
    streamed: bool
    way: Way
    key: str | None
    counts: MendCounts
    prepare: Callable[[Request], Outbound]
    """The wire request for a further round."""
    search: SearchPlan | None = None
    """Set where web searches are the router's to run (`gateway/searching.py`)."""
    look: LookPlan | None = None
    """Set where the model sees no images and the router looks at them for it (`gateway/looking.py`)."""

    @property
    def in_rounds(self) -> bool:
        """True where the router may run tools of its own, and ask the model again (`gateway/rounds.py`)."""
        return self.search is not None or self.look is not None


@frozen
class Outcome:
    """How an attempt went. `body` is the whole message for a client that wanted no stream."""

    usage: Usage
    body: bytes = b""
    failure: UpstreamError | None = None
    """Set when the answer broke after it was committed."""
    answers: tuple[Usage, ...] | None = None
    """The tokens of each request that it took, where it may have taken several; `usage` is what the client is told."""

    @property
    def spent(self) -> Usage:
        """The tokens of all requests together."""
        return self.usage if self.answers is None else reduce(added, self.answers, Usage())


def make_attempt(
    service: Service,
    target: Target,
    request: Request,
    incoming: Incoming,
    replies: ReplyFormat,
    *,
    key: str | None,
    raw: bytes | None,
    estimate: int,
    found: dict[str, Answered],
    image_model: ImageModel | None,
    health: Health,
    use: tuple[TransformerUse, ...] = (),
    guided: bool = False,
) -> Attempt:
    """Everything for one attempt. `found` holds what was searched for in earlier ones, `use` the route's transformers;
    `image_model` looks at images where the target does not see them; `guided`: with the hints for the model.

    Raises:
        RequestError: the target cannot be used, or not for this request.
        TransformerError: a hook raised.
    """
    pipeline = service.pipeline(target, use, guided=guided)
    if service.config.router.image is not None:
        pipeline = seeing(pipeline, service.config)
    learned = health.learned(target)
    if learned.max_tokens_cap is not None:
        pipeline = shaped_pipeline(pipeline, learned)

    # Another API's client says nothing in its headers that an Anthropic upstream should hear.
    headers: Mapping[str, str] = incoming.headers if replies.relays else {}

    def prepare_round(request: Request) -> Outbound:
        return prepare(pipeline, request, raw=None, api_key=key, client_headers=headers, learned=learned)

    search = plan_search(service, pipeline, request, found) if request.tools else None
    if search is not None:
        request, raw = with_function_tool(request), None
    look = plan_look(service.config, pipeline, request, image_model) if image_model is not None else None
    if look is not None:
        request, raw = look.first.request, None
    outbound = prepare(pipeline, request, raw=raw, api_key=key, client_headers=headers, learned=learned)
    if logs_bodies():
        log_body(incoming.request_id, f"to {target}", outbound.body)
    message_id = f"msg_{incoming.request_id.removeprefix('req_')}"
    defaults = ReplyDefaults(
        message_id,
        target.model,
        estimate,
        requested_model=request.model or None,
        request_id=incoming.request_id,
        created=int(time.time()),
    )
    return Attempt(
        incoming.request_id,
        pipeline,
        outbound,
        defaults,
        replies,
        streamed=request.streamed,
        way=service.accesses[target.provider].way,
        key=key,
        counts=health.mended,
        prepare=prepare_round,
        search=search,
        look=look,
    )


async def run_attempt(
    client: UpstreamClient,
    attempt: Attempt,
    *,
    commit: Callable[[], Awaitable[None]],
    write: Callable[[bytes], Awaitable[None]],
    finish: Callable[[], Awaitable[None]],
) -> Outcome:
    """Send the request and pass the answer on.

    Raises:
        UpstreamError: it failed before anything was committed.
    """
    outbound = attempt.outbound
    async with client.open(outbound.url, outbound.headers, outbound.body, attempt.way) as upstream:
        if not 200 <= upstream.status < 300:
            raise attempt.pipeline.dialect.error(upstream.status, upstream.headers, await upstream.error_body())
        reply = Reply(
            attempt.pipeline,
            outbound.context,
            attempt.defaults,
            streamed=attempt.streamed,
            replies=attempt.replies,
            counts=attempt.counts,
        )
        source = Source(upstream, reply.progress, attempt)
        if not attempt.streamed:
            return await collect(source, reply)
        outcome = await stream(source, reply, commit=commit, write=write)
        await finish()
        if outcome.failure is None:
            await drain(upstream)
        return outcome


class Progress(Protocol):
    """How far a reply has come."""

    @property
    def meaningful(self) -> bool:
        """Something of the answer itself has come."""
        ...

    @property
    def finishing(self) -> bool:
        """Only its account of tokens, or its end, is still awaited."""
        ...


class Source:
    """The bytes of one reply, with the bounds on how long they may take."""

    __slots__ = ("_plain", "_progress", "_upstream", "attempt")

    def __init__(self, upstream: UpstreamReply, progress: Progress, attempt: Attempt) -> None:
        way = attempt.way
        self.attempt = attempt
        self._upstream = upstream
        self._progress = progress
        # Said once for all pieces: nothing but the upstream's own silence bounds them, and nobody logs them.
        self._plain = way.first_byte_seconds is None and way.total_seconds is None and not logs_bodies()

    def read(self) -> Coroutine[Any, Any, bytes]:
        """What has come; b"" at the end, also at the end of the wait for a stream that does not close.

        Raises:
            UpstreamError: the connection broke, or a time-out is over.
        """
        return self._upstream.read() if self._plain and not self._progress.finishing else self._read()

    async def _read(self) -> bytes:
        progress = self._progress
        if progress.finishing:
            chunk = await self._upstream.read(GRACE_AFTER_FINISH)
        elif (bound := bound_of(self.attempt.way, worded=progress.meaningful)) is not None:
            chunk = await self._upstream.read_within(*bound)
        else:
            chunk = await self._upstream.read()
        log_body(self.attempt.request_id, "from upstream", chunk)
        return chunk


def bound_of(way: Way, *, worded: bool) -> tuple[float, str] | None:
    """Seconds from the request's beginning in which the next bytes must come, and the words for when they do not.

    `worded`: the answer's first word has come.
    """
    first, total = None if worded else way.first_byte_seconds, way.total_seconds
    if first is not None and (total is None or first <= total):
        return first, f"sent no first word within {first:g} seconds"
    return None if total is None else (total, f"did not finish within {total:g} seconds")


async def collect(source: Source, reply: Reply) -> Outcome:
    """The whole answer. A failure anywhere in it is raised: nothing was sent yet."""
    body = b""
    progress = reply.progress
    while not progress.ended:
        chunk = await source.read()
        body = reply.feed(chunk) if chunk else reply.end()
        if not chunk:
            break
    if progress.failure is not None:
        raise progress.failure
    return Outcome(reply.usage, body)


async def stream(
    source: Source,
    reply: Reply,
    *,
    commit: Callable[[], Awaitable[None]],
    write: Callable[[bytes], Awaitable[None]],
) -> Outcome:
    """Pass the answer on as it comes: one write for each read. What broke before it was committed is raised."""
    held = b""
    progress = reply.progress
    while not progress.ended:
        chunk = await source.read()
        held += reply.feed(chunk) if chunk else reply.end()
        if progress.failure is not None:
            raise progress.failure
        if progress.meaningful or len(held) > HELD_BYTES:
            await commit()
            await write(held)
            if chunk and not progress.ended:
                # A task of its own: each piece wakes four coroutines then, and not all those around them too.
                await asyncio.create_task(pass_on(source, reply, write))
            break
        if not chunk:
            break
    return Outcome(reply.usage, failure=progress.failure)


async def pass_on(source: Source, reply: Reply, write: Callable[[bytes], Awaitable[None]]) -> None:
    """The rest of an answer that is committed. Where it breaks, `reply.progress` says so."""
    progress, feed = reply.progress, reply.feed_rest
    while not progress.ended:
        broken: UpstreamError | None = None
        try:
            chunk = await source.read()
        except UpstreamError as error:
            chunk, broken = b"", untraced(error)
        out = feed(chunk) if chunk else reply.end(broken)
        if progress.failure is not None:
            # A relayed upstream's bytes need not be UTF-8.
            words = with_masked(out.decode("utf-8", "surrogateescape"), (source.attempt.key,))
            out = words.encode("utf-8", "surrogateescape")
        if out:
            await write(out)
        if not chunk:
            break


async def drain(upstream: UpstreamReply) -> None:
    """Read the last bytes of a finished reply, so that its connection goes back to the pool instead of being closed."""
    try:
        await upstream.read(DRAIN_SECONDS)
    except UpstreamError:
        return  # the answer is complete; how its connection ends concerns nobody
