"""The life of one request: parse, route, attempt after attempt, commit, record."""

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from ccrouter.client_apis.base import ClientApi
from ccrouter.config.types import Config
from ccrouter.dialects.anthropic.body import parse_body
from ccrouter.dialects.anthropic.continued import ContinuedBodies, Read
from ccrouter.dialects.explained import explained_error
from ccrouter.errors import CCRouterError, RequestError, UpstreamError, untraced, upstream_failure
from ccrouter.gateway.access_log import RequestLine, access_log
from ccrouter.gateway.accounting import account, enter_usage
from ccrouter.gateway.attempts import Attempt, Outcome
from ccrouter.gateway.body_log import log_body
from ccrouter.gateway.calibrations import told_prompt
from ccrouter.gateway.counting import TargetTokens, candidates, readable_request
from ccrouter.gateway.custom_router import CustomRouter
from ccrouter.gateway.delivery import Delivery, decision_headers
from ccrouter.gateway.embeddings import embed
from ccrouter.gateway.failures import answer_for, as_upstream_error
from ccrouter.gateway.guidance import Guide, guide_for
from ccrouter.gateway.health import Health
from ccrouter.gateway.image_agent import ImageAgent
from ccrouter.gateway.journal import Journal
from ccrouter.gateway.overriding import ProjectOverrides
from ccrouter.gateway.prompt import Prompt, with_guidance
from ccrouter.gateway.sessions import Conversation, SessionUsage
from ccrouter.gateway.system_prompt import rewrite_system_prompt
from ccrouter.gateway.turn import Turn, Work, is_conversation, remembers
from ccrouter.gateway.types import Answer, ClientStream, Incoming, Record, Routing, Service
from ccrouter.model.request import Request
from ccrouter.router import (
    CustomAnswer,
    Decision,
    Facts,
    RouteRequest,
    agent_id_of,
    decide,
    hints_of,
    session_id_of,
    with_origins,
    working_directory,
)
from ccrouter.sharing.room import ALONE, Room
from ccrouter.tokens import TokenCounter
from ccrouter.tokens.calibration import LEAST_TOKENS
from ccrouter.upstream.client import UpstreamClient
from ccrouter.usage.sessions import Sessions

logger = logging.getLogger("ccrouter.requests")


class Gateway:
    """Serves requests. Holds what outlives one: client, upstreams' health, token cache, what sessions used last."""

    def __init__(
        self,
        client: UpstreamClient,
        health: Health | None = None,
        overrides: ProjectOverrides | None = None,
        journal: Journal | None = None,
        room: Room = ALONE,
    ) -> None:
        self._client = client
        self.health = health or Health(room=room)
        self.overrides = overrides
        self.journal = journal or Journal()
        self.counter = TokenCounter()
        self._bodies = ContinuedBodies()
        self._sessions = SessionUsage(room=room)
        self.accounts = Sessions()
        self._images = ImageAgent(client, self.health, self.counter, self.accounts)
        self.open_requests = 0
        self.requests_total = 0

    def let_go(self) -> bool:
        """Free what nobody has used for a while. True: there was something."""
        return self._bodies.let_go()

    async def count_tokens(self, service: Service, headers: Mapping[str, str], body: bytes) -> int:
        """The tokens of a request body, as the model would count them that it would go to.

        Where several may serve it (a group, fallbacks), the one that answered last in this conversation speaks.

        Raises:
            RequestError: 400, the body is not a JSON object. Whatever else is odd about it is counted as it is.
        """
        request = readable_request(parse_body(body).value)
        prompt = Prompt(self.counter, request, len(body))
        conversation = conversation_of(headers, request)
        guide = guide_for(request, headers, service)
        try:
            service, _, decision = await self._decide(service, headers, request, prompt, conversation, guide=guide)
        except RequestError:
            return prompt.parts().total  # it would go nowhere: there is nobody to count for
        prompt = prompt.changed(routed_request(service, decision))
        prompt.parts()
        served_by = candidates(decision.targets, service.config)
        last = self._sessions.last_target(conversation)
        target = last if last is not None and last in served_by else served_by[0]
        return prompt.at(self.health.calibrations.of(target), guide(target) if guide is not None else None)

    async def messages(
        self, service: Service, incoming: Incoming, stream: ClientStream, record: Record | None = None
    ) -> Answer | None:
        """Serve a request to a model; None when the answer went out through `stream`. `record` hears what happened."""
        record, begun = record or Record(incoming.request_id), self._begin()
        try:
            return await self._serve(service, incoming, stream, record, begun)
        except asyncio.CancelledError:
            cancelled(record)
            raise
        finally:
            self._end(record, incoming, begun)

    async def embeddings(self, service: Service, incoming: Incoming) -> Answer:
        """Pass a request for embeddings through."""
        record, begun = Record(incoming.request_id), self._begin()
        try:
            answer = await embed(self._client, self.health, service, incoming, record)
            record.first_byte = time.perf_counter() - begun
            return answer
        except asyncio.CancelledError:
            cancelled(record)
            raise
        finally:
            self._end(record, incoming, begun)

    def _begin(self) -> float:
        """A request comes; the moment (by `perf_counter`)."""
        self.open_requests += 1
        self.requests_total += 1
        return time.perf_counter()

    def _end(self, record: Record, incoming: Incoming, begun: float) -> None:
        """A request is over: it is accounted for, logged and remembered."""
        self.open_requests -= 1
        record.total = time.perf_counter() - begun
        account(self.accounts, record)
        access_log.log(RequestLine(record))
        self.journal.add(record, incoming)

    async def _serve(
        self, service: Service, incoming: Incoming, stream: ClientStream, record: Record, begun: float
    ) -> Answer | None:
        try:
            work = await self.plan(service, incoming, record)
        except RequestError as error:
            return fail(record, error, incoming.api)
        delivery = Delivery(stream, work.replies, record, work.decision, begun) if work.request.streamed else None
        try:
            return await self._answer(work, record, delivery, begun)
        except CCRouterError as error:
            untraced(error)
            if delivery is not None and delivery.committed:
                # Only pings have gone out: the client gets the error as an event and retries as it sees fit.
                await tell_in_stream(delivery, work, record, as_upstream_error(error))
                return None
            answer = fail(record, error, incoming.api)
            return replace(answer, headers={**answer.headers, **decision_headers(work.decision, record)})
        except ConnectionError:
            raise  # the client's
        except Exception:
            if delivery is None or not delivery.committed:
                raise
            logger.exception("request %s failed amid its answer", record.request_id)
            words = f"ccrouter failed on this request; its log has the details under {record.request_id}"
            await tell_in_stream(delivery, work, record, upstream_failure(words, status=500))
            return None
        finally:
            if delivery is not None:
                delivery.close()

    async def plan(self, service: Service, incoming: Incoming, record: Record) -> Work:
        """Read a request and decide where it goes; the record is told. Nothing is sent, and nothing is remembered that
        would change what becomes of another.

        Raises:
            RequestError: it cannot be understood, or there is no route for it.
        """
        log_body(incoming.request_id, "from client", incoming.body)
        anthropic = incoming.api.speaks_anthropic
        read = self._bodies.read(incoming.body) if anthropic else Read(*parse_body(incoming.body))
        asked = incoming.api.decode(read.value, read.known)
        request = asked.request
        if anthropic:
            self._bodies.remember(incoming.body, read, request)
        conversation = conversation_of(incoming.headers, request)
        record.session = None if conversation is None else conversation[0]
        record.streamed, record.model = request.streamed, request.model
        if record.session is not None:
            self.accounts.begun(record.session)
        prompt = Prompt(self.counter, request, len(incoming.body))
        in_passing = not incoming.api.speaks_anthropic
        guide = guide_for(request, incoming.headers, service) if incoming.api.speaks_anthropic else None
        service, facts, decision = await self._decide(
            service, incoming.headers, request, prompt, conversation, guide=guide, search_in_passing=in_passing
        )
        record.scenario, record.reason = decision.scenario, decision.reason
        record.routing = Routing(request, facts, decision)
        routed = routed_request(service, decision)
        untouched = routed is request and not read.mended and incoming.api.speaks_anthropic
        raw = incoming.body if untouched else None
        prompt = prompt if routed is request else prompt.changed(routed)
        return Work(
            service,
            incoming,
            asked.replies,
            routed,
            raw,
            decision,
            prompt,
            conversation,
            asked.notes,
            self._images.model_for(service, record),
            guide,
        )

    async def _decide(
        self,
        service: Service,
        headers: Mapping[str, str],
        request: Request,
        prompt: Prompt,
        conversation: Conversation | None,
        *,
        guide: Guide | None,
        search_in_passing: bool = False,
    ) -> tuple[Service, Facts, Decision]:
        """Where the request goes, by what facts, and the service with its project's own routes laid over."""
        session_id = None if conversation is None else conversation[0]
        overlay = None
        if self.overrides is not None:
            overlay = await self.overrides.over(service, session_id, working_directory(request))
            service = service if overlay is None else overlay.service
        config = service.config
        tokens_at = TargetTokens(prompt, config, self.health.calibrations, guide)
        last = self._sessions.last_input(conversation)
        now = datetime.now()  # noqa: DTZ005 - rules go by the hours of this machine's clock
        facts = Facts(headers, prompt.total, prompt.body_bytes, last, session_id, search_in_passing, now, tokens_at)
        if service.custom_router is not None:
            facts = replace(facts, custom=await self._ask(service.custom_router, request, facts, config))
        decision = decide(request, facts, config, provider_facts=service)
        if overlay is not None:
            decision = with_origins(decision, overlay.origins, config.router)
        return service, facts, decision

    async def _ask(self, router: CustomRouter, request: Request, facts: Facts, config: Config) -> CustomAnswer:
        """What the custom router says."""
        shown = RouteRequest(
            request,
            MappingProxyType(facts.headers),
            hints_of(facts.headers),
            facts.session_id,
            working_directory(request),
            facts.tokens,
        )
        return await router.ask(shown, config)

    async def _answer(self, work: Work, record: Record, delivery: Delivery | None, begun: float) -> Answer | None:
        outcome, attempt = await Turn(self._client, self.health, work, record, delivery).run()
        record.status = 200
        enter_usage(record, outcome, work.service.accesses[attempt.pipeline.target.provider].provider)
        if notes := (*work.notes, *attempt.outbound.context.notes.entries):
            record.notes = tuple([f"{note.what} {note.where}: {note.why}" for note in notes])
        sized = remembers(work)
        record.conversation = sized and is_conversation(work)
        if outcome.failure is not None:
            record.error = outcome.failure.detail.message
        else:
            if sized:
                self._sessions.remember(work.conversation, outcome.usage, attempt.pipeline.target)
            if not record.rescued_by:
                self._learn(work, attempt, outcome)
        if delivery is not None:
            return None
        record.first_byte = time.perf_counter() - begun
        headers = {"content-type": "application/json", **decision_headers(work.decision, record)}
        return Answer(200, outcome.body, headers)

    def _learn(self, work: Work, attempt: Attempt, outcome: Outcome) -> None:
        """Compare our count of the prompt with the upstream's.

        Only where the two are about the same prompt: searches add to it whatever they find, the image agent takes away.
        """
        if attempt.in_rounds or work.request.offers_server_tool:
            return
        true = told_prompt(outcome.usage, attempt.defaults.input_tokens)
        if true is None:
            return
        target, prompt = attempt.pipeline.target, work.prompt
        wanted = true >= LEAST_TOKENS and self.health.calibrations.of(target).wants_count
        if wanted and prompt.body_bytes <= MOST_BYTES_TO_LEARN:
            prompt.parts()
        counted = prompt.counted
        if counted is not None:
            counted = with_guidance(counted, attempt.pipeline.guidance)
        self.health.calibrations.learn(target, counted, true)


async def tell_in_stream(delivery: Delivery, work: Work, record: Record, error: UpstreamError) -> None:
    """End a stream whose status line has gone out with an error event."""
    record.error = str(error)
    await delivery.commit()
    await delivery.write(work.replies.error_frame(explained_error(error, record.request_id)))
    await delivery.finish()


def cancelled(record: Record) -> None:
    """Nobody waits for the answer any more."""
    record.error = record.error or "the client went away"
    record.status = record.status or 499


MOST_BYTES_TO_LEARN = 512 * 1024
"""A larger prompt is not counted only to learn from it: the first time it would keep everybody waiting (0.1 s)."""


def routed_request(service: Service, decision: Decision) -> Request:
    """The request that goes out."""
    if service.system_prompt is None:
        return decision.request
    return rewrite_system_prompt(decision.request, service.system_prompt)


def conversation_of(headers: Mapping[str, str], request: Request) -> Conversation | None:
    """The session and agent that a request belongs to, where that can be told."""
    session_id = session_id_of(headers, request)
    return None if session_id is None else (session_id, agent_id_of(headers))


def fail(record: Record, error: CCRouterError, api: ClientApi) -> Answer:
    """The answer for a failure, written into the record."""
    answer = answer_for(error, record.request_id, api)
    record.status, record.error = answer.status, str(error)
    return answer
