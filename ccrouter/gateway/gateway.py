"""The life of one request: parse, route, attempt after attempt, commit, record."""

import asyncio
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ccrouter.config.types import Target
from ccrouter.dialects.anthropic.body import parse_body
from ccrouter.dialects.anthropic.request import decode_request
from ccrouter.dialects.anthropic.stream import error_frame
from ccrouter.dialects.web_search import helper_query
from ccrouter.errors import CREDENTIALS_AT_FAULT, CCRouterError, RequestError, UpstreamError
from ccrouter.gateway.access_log import log_line
from ccrouter.gateway.attempts import Attempt, make_attempt, run_attempt
from ccrouter.gateway.body_log import log_body
from ccrouter.gateway.delivery import Delivery, decision_headers
from ccrouter.gateway.failures import answer_for, as_upstream_error, told_to_client
from ccrouter.gateway.searching import run_search_attempt
from ccrouter.gateway.sessions import Conversation, SessionUsage
from ccrouter.gateway.system_prompt import rewrite_system_prompt
from ccrouter.gateway.types import Answer, ClientStream, Incoming, Record, Service
from ccrouter.model.request import Request
from ccrouter.pipeline.milder import milder_request
from ccrouter.pipeline.search_request import searches_itself
from ccrouter.pipeline.search_rounds import Answered
from ccrouter.router import Decision, Facts, decide, hints_of, session_id_of
from ccrouter.tokens import TokenCounter, estimate
from ccrouter.upstream.client import UpstreamClient
from ccrouter.upstream.keys import KEY_AT_FAULT, keys_in_order

logger = logging.getLogger("ccrouter.requests")

MAX_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class Work:
    """One request on its way: what was read, what was decided."""

    service: Service
    incoming: Incoming
    request: Request
    raw: bytes | None
    decision: Decision
    estimate: int
    conversation: Conversation | None
    found: dict[str, Answered] = field(default_factory=dict[str, Answered])
    """What web searches found, for all attempts."""


class Gateway:
    """Serves requests. Holds what outlives one: the client, the token cache, what sessions used last."""

    def __init__(self, client: UpstreamClient) -> None:
        self._client = client
        self._counter = TokenCounter()
        self._sessions = SessionUsage()
        self.open_requests = 0
        self.requests_total = 0

    def count_tokens(self, body: bytes) -> int:
        """The tokens of a request body. Raises RequestError."""
        return self._counter.count(decode_request(parse_body(body).value))

    async def messages(self, service: Service, incoming: Incoming, stream: ClientStream) -> Answer | None:
        """Serve a Messages request; None when the answer went out through `stream`."""
        record = Record(incoming.request_id)
        begun = time.perf_counter()
        self.open_requests += 1
        self.requests_total += 1
        try:
            return await self._serve(service, incoming, stream, record, begun)
        except asyncio.CancelledError:
            record.error = record.error or "the client went away"
            record.status = record.status or 499
            raise
        finally:
            self.open_requests -= 1
            record.total = time.perf_counter() - begun
            logger.info("%s", log_line(record))

    async def _serve(
        self, service: Service, incoming: Incoming, stream: ClientStream, record: Record, begun: float
    ) -> Answer | None:
        try:
            work = self._plan(service, incoming, record)
        except RequestError as error:
            return fail(record, error)
        delivery = Delivery(stream, record, work.decision, begun) if work.request.streamed else None
        try:
            return await self._attempts(work, record, delivery, begun)
        except CCRouterError as error:
            if delivery is not None and delivery.committed:
                # Only pings have gone out: the client gets the error as an event and retries as it sees fit.
                record.error = str(error)
                await delivery.commit()
                await delivery.write(error_frame(as_upstream_error(error)))
                await delivery.finish()
                return None
            answer = fail(record, error)
            return replace(answer, headers={**answer.headers, **decision_headers(work.decision, record)})
        finally:
            if delivery is not None:
                delivery.close()

    def _plan(self, service: Service, incoming: Incoming, record: Record) -> Work:
        log_body(incoming.request_id, "from client", incoming.body)
        body = parse_body(incoming.body)
        request = decode_request(body.value)
        session_id = session_id_of(incoming.headers, request)
        conversation = None if session_id is None else (session_id, hints_of(incoming.headers).agent_id)
        record.session, record.streamed = session_id, request.streamed
        counted: list[int] = []

        def tokens() -> int:
            if not counted:
                counted.append(self._counter.count(request))
            return counted[0]

        facts = Facts(
            headers=incoming.headers,
            tokens=tokens,
            body_bytes=len(incoming.body),
            last_input_tokens=self._sessions.last_input(conversation),
            session_id=session_id,
        )
        decision = decide(request, facts, service.config, provider_facts=ServiceFacts(service))
        record.scenario, record.reason = decision.scenario, decision.reason
        untouched = decision.request is request
        routed = decision.request
        if service.system_prompt is not None:
            routed = rewrite_system_prompt(routed, service.system_prompt)
            untouched = untouched and routed is request
        raw = incoming.body if untouched and not body.mended else None
        known = counted[0] if counted else estimate(len(incoming.body))
        return Work(service, incoming, routed, raw, decision, known, conversation)

    async def _attempts(self, work: Work, record: Record, delivery: Delivery | None, begun: float) -> Answer | None:
        failure: tuple[CCRouterError, Target] | None = None
        tokens = work.service.tokens
        for target, key in candidates(work.service, work.decision, record.session):
            if record.attempts >= MAX_ATTEMPTS:
                break
            if failure is not None and not worth_another(*failure, target, issued=target.provider in tokens):
                continue
            record.attempts += 1
            record.target = str(target)
            try:
                return await self._asking_less(work, target, key, record, delivery=delivery, begun=begun)
            except CCRouterError as error:
                record.failures.append(f"{target}: {error}"[:300])
                failure = the_telling_one(failure, (error, target))
                if not may_fail_over(error):
                    break
        assert failure is not None, "a decision has at least one target"
        raise told_to_client(*failure)

    async def _asking_less(
        self,
        work: Work,
        target: Target,
        key: str | None,
        record: Record,
        *,
        delivery: Delivery | None,
        begun: float,
    ) -> Answer | None:
        """One attempt, and a second one that asks for less where the provider refuses what can be left out."""
        try:
            return await self._signed_in(work, target, key, record, delivery=delivery, begun=begun)
        except UpstreamError as error:
            request = milder_request(work.request, target.provider, error.detail.code)
            if request is work.request:
                raise
            record.failures.append(f"{target}: {error}"[:300])
            record.attempts += 1
            work = replace(work, request=request, raw=None)
            return await self._signed_in(work, target, key, record, delivery=delivery, begun=begun)

    async def _signed_in(
        self,
        work: Work,
        target: Target,
        key: str | None,
        record: Record,
        *,
        delivery: Delivery | None,
        begun: float,
    ) -> Answer | None:
        """One attempt with `key`, or with a token where the provider's credentials are such."""
        source = work.service.tokens.get(target.provider)
        if source is not None:
            key = await source.token()
        attempt = make_attempt(
            work.service,
            target,
            work.request,
            work.incoming,
            key=key,
            raw=work.raw,
            estimate=work.estimate,
            found=work.found,
        )
        try:
            return await self._attempt(work, attempt, record, delivery, begun)
        except UpstreamError as error:
            if source is not None and key is not None and token_refused(error):
                source.refused(key)
            raise

    async def _attempt(
        self, work: Work, attempt: Attempt, record: Record, delivery: "Delivery | None", begun: float
    ) -> Answer | None:
        run = run_attempt if attempt.search is None else run_search_attempt
        if delivery is None:
            outcome = await run(self._client, attempt, commit=_nothing, write=_nothing_written, finish=_nothing)
        else:
            outcome = await run(
                self._client, attempt, commit=delivery.commit, write=delivery.write, finish=delivery.finish
            )
        record.status = 200
        record.usage = outcome.usage
        record.notes = tuple(f"{note.what} {note.where}: {note.why}" for note in attempt.outbound.context.notes.entries)
        if outcome.failure is not None:
            record.error = outcome.failure.detail.message
        elif work.decision.scenario not in {"background", "classifier"} and helper_query(work.request) is None:
            self._sessions.remember(work.conversation, outcome.usage)
        if delivery is not None:
            return None
        record.first_byte = time.perf_counter() - begun
        headers = {"content-type": "application/json", **decision_headers(work.decision, record)}
        return Answer(200, outcome.body, headers)


class ServiceFacts:
    """What the router asks about targets, answered from the built pipelines."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def searches_web(self, target: Target) -> bool:
        """True when the target's provider searches the web itself."""
        try:
            pipeline = self._service.pipeline(target)
        except RequestError:
            return False
        return searches_itself(pipeline)

    def context_window(self, target: Target) -> int | None:
        """The target's context window in tokens, where known."""
        try:
            return self._service.pipeline(target).quirks.context_window
        except RequestError:
            return None


def candidates(service: Service, decision: Decision, session: str | None) -> Iterator[tuple[Target, str | None]]:
    """Every target with every key, in the order in which they are tried."""
    for target in decision.targets:
        provider = service.config.provider(target.provider)
        if target.provider in service.tokens:
            yield from ((target, None), (target, None))  # a second time with another token, should it be refused
            continue
        for key in keys_in_order(provider.api_keys if provider is not None else (), session):
            yield target, key


def worth_another(error: CCRouterError, failed: Target, target: Target, *, issued: bool = False) -> bool:
    """False for another key of a target whose failure has nothing to do with keys. `issued`: keys are tokens."""
    if target != failed:
        return True
    return token_refused(error) if issued else isinstance(error, UpstreamError) and error.detail.status in KEY_AT_FAULT


def token_refused(error: CCRouterError) -> bool:
    """True when the upstream itself turned a token away: revoked, or expired before its time."""
    if not isinstance(error, UpstreamError) or error.detail.status != 401:
        return False
    return error.detail.code != CREDENTIALS_AT_FAULT


def may_fail_over(error: CCRouterError) -> bool:
    """True when another target may serve what this one did not. A provider that cannot be used is such a case too."""
    return error.retryable if isinstance(error, UpstreamError) else isinstance(error, RequestError)


def the_telling_one(
    first: tuple[CCRouterError, Target] | None, then: tuple[CCRouterError, Target]
) -> tuple[CCRouterError, Target]:
    """Which of two failures the client hears of: the later, unless a fallback's own refusal would hide a first 429.

    The client waits and tries again after a 429; after a 400 it does not (field-notes, pain 53).
    """
    if first is None:
        return then
    limited = isinstance(first[0], UpstreamError) and first[0].detail.status == 429
    refused = not (isinstance(then[0], UpstreamError) and then[0].detail.status not in {400, 404, 422})
    return first if limited and refused else then


def fail(record: Record, error: CCRouterError) -> Answer:
    """The answer for a failure, written into the record."""
    answer = answer_for(error, record.request_id)
    record.status, record.error = answer.status, str(error)
    return answer


async def _nothing() -> None:
    """A whole answer needs no commit."""


async def _nothing_written(data: bytes) -> None:
    """A whole answer is not written in pieces."""
    del data
