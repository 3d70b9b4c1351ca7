"""All attempts of one request: targets, keys, repeats, mended requests and waits, until one serves or none can."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import field, replace
from functools import partial

from ccrouter.client_apis.base import ReplyFormat
from ccrouter.config.groups import flatten
from ccrouter.config.types import Config, Target
from ccrouter.dialects.web_search import helper_query
from ccrouter.errors import (
    CREDENTIALS_AT_FAULT,
    CCRouterError,
    ErrorDetail,
    RequestError,
    UpstreamError,
    error_type_of_status,
    untraced,
    upstream_failure,
)
from ccrouter.frozen import frozen
from ccrouter.gateway.attempts import Attempt, Outcome, make_attempt, run_attempt
from ccrouter.gateway.delivery import Delivery
from ccrouter.gateway.failures import told_to_client
from ccrouter.gateway.guidance import Guide
from ccrouter.gateway.health import Health
from ccrouter.gateway.image_model import ImageModel
from ccrouter.gateway.next_step import Again, AnotherKey, AnotherTarget, GiveUp, Mended, Situation, Step, next_step
from ccrouter.gateway.prompt import Prompt
from ccrouter.gateway.rescue import Rescue, rescue_for
from ccrouter.gateway.rounds import run_in_rounds
from ccrouter.gateway.sessions import Conversation
from ccrouter.gateway.telling import Failure, the_telling_one
from ccrouter.gateway.types import Incoming, Record, Service
from ccrouter.model.events import Usage
from ccrouter.model.notes import Note
from ccrouter.model.request import Request
from ccrouter.pipeline.learned import with_cap, with_refused
from ccrouter.pipeline.milder import milder_request
from ccrouter.pipeline.search_rounds import Answered
from ccrouter.router import Decision
from ccrouter.upstream.client import UpstreamClient
from ccrouter.upstream.limiter import Slot
from ccrouter.upstream.masking import with_masked
from ccrouter.upstream.refusals import ContextTooSmall, FieldRefused, OutputTooLarge, Refusal, too_long_wording
from ccrouter.upstream.strategies import ORDERS

logger = logging.getLogger("ccrouter.server")

MARGIN_TOKENS = 16
"""Left free when an answer is shrunk into what the provider says is left: counts differ by a few."""


@frozen
class Work:
    """One request on its way: what was read, what was decided."""

    service: Service
    incoming: Incoming
    replies: ReplyFormat
    request: Request
    raw: bytes | None
    decision: Decision
    prompt: Prompt
    conversation: Conversation | None
    notes: tuple[Note, ...] = ()
    """What of the client's request nobody here can carry out."""
    image_model: ImageModel | None = None
    """Looks at images for targets that do not see them. None: nobody does."""
    guide: Guide | None = None
    """Gives the hints for a target's model. None: no model is given any."""
    found: dict[str, Answered] = field(default_factory=dict[str, Answered])
    """What web searches found, for all attempts."""

    def prompt_at(self, target: Target, health: Health) -> int:
        """What the target will count, as far as can be told beforehand."""
        guidance = self.guide(target) if self.guide is not None else None
        return self.prompt.at(health.calibrations.of(target), guidance)


class Turn:
    """One request's attempts. `run` once."""

    def __init__(
        self, client: UpstreamClient, health: Health, work: Work, record: Record, delivery: Delivery | None
    ) -> None:
        self._client = client
        self._health = health
        self._work = work
        self._record = record
        self._delivery = delivery
        self._retries = work.service.config.retries
        self._deadline = time.monotonic() + self._retries.deadline_seconds
        # A probe for a model or a one-token request says nothing of a key's limits for real work.
        self._counts = work.request.max_tokens != 1
        self._rescue = None
        if delivery is not None:
            self._rescue = rescue_for(work.service, work.decision.scenario, work.request, delivery, record)

    async def run(self) -> tuple[Outcome, Attempt]:
        """The outcome of the attempt that served, and that attempt.

        Raises:
            CCRouterError: none did; this is what the client should hear.
        """
        while True:
            failures = await self._round()
            if isinstance(failures, tuple):
                return failures if self._rescue is None else await self._rescued(failures, self._rescue)
            wait = self._wait_for(failures)
            if wait is None:
                raise self._told(failures)
            await self._health.rested(wait)

    async def _rescued(self, served: tuple[Outcome, Attempt], rescue: Rescue) -> tuple[Outcome, Attempt]:
        return await rescue.go_on(served, lambda: self._resolved(self._work.decision.targets), self._keys, self._once)

    async def _round(self) -> tuple[Outcome, Attempt] | list[Failure]:
        """Every target once; for a prompt that is too long, also the route for long ones."""
        failures: list[Failure] = []
        waiting = self._resolved(self._work.decision.targets)
        seen = set(waiting)
        least_window: int | None = None
        while waiting and not (failures and self._exhausted()):
            target = waiting.pop(0)
            if least_window is not None and not self._holds_more(target, least_window):
                continue
            result = await self._at(target, others=len(waiting))
            if isinstance(result, tuple):
                return result
            failures.append(result)
            if result.final:
                break
            if result.too_long is not None:
                least_window = max(least_window or 0, result.too_long.limit or 0)
                long_context = self._work.service.config.router.long_context
                more = self._resolved((long_context,) if long_context is not None else ())
                waiting += [target for target in more if target not in seen]
                seen.update(more)
        return failures

    def _resolved(self, targets: tuple[Target, ...]) -> list[Target]:
        """The targets with groups resolved by their strategies, each once."""
        config = self._work.service.config
        if not config.groups:
            return list(dict.fromkeys(targets))
        return list(dict.fromkeys([member for target in targets for member in self._members(target, config)]))

    def _members(self, target: Target, config: Config) -> Iterable[Target]:
        group = config.group(target)
        if group is None:
            return (target,)
        members = flatten(group, config.groups)
        weights = {member.target: member.weight for member in members}
        given = self._health.circumstances(target.model, weights)
        return ORDERS[group.strategy]([member.target for member in members], given)

    def _holds_more(self, target: Target, tokens: int) -> bool:
        try:
            window = self._work.service.pipeline(target).quirks.context_window
        except RequestError:
            return False
        return window is None or window > tokens

    def _exhausted(self, kept: int = 0) -> bool:
        """No further attempt may be made, but for `kept` ones."""
        return self._record.attempts + kept >= self._retries.max_attempts or time.monotonic() >= self._deadline

    async def _at(self, target: Target, *, others: int) -> tuple[Outcome, Attempt] | Failure:
        """Attempts at one target, with each of its keys. Every one of the `others` is left an attempt."""
        keys = self._keys(target)
        if not keys:
            return self._resting(target)
        request, raw, repeats, mended = self._work.request, self._work.raw, 0, 0
        key, tried = keys[0], [keys[0]]
        while True:
            try:
                return await self._once(target, key, request, raw)
            except CCRouterError as error:
                failure = untraced(error)
            except ConnectionError:
                raise  # the client's: those of upstreams are UpstreamErrors
            except Exception as error:  # noqa: BLE001 - logged with its trace, or raised again
                failure = self._defect(target, error)
            self._record.failures.append(f"{target}: {failure}"[:300])
            milder = self._milder(request, target, failure)
            if milder is not request and not self._exhausted(others):
                request, raw = milder, None
                continue
            further = self._other_keys(target, tried, failure)
            situation = Situation(
                keys_left=bool(further),
                targets_left=others > 0,
                repeats=repeats,
                mended=mended,
                same_target=self._retries.same_target,
            )
            step = next_step(failure, situation, dice=self._health.dice.random())
            if self._exhausted(others) and isinstance(step, Again | AnotherKey | Mended):
                return self._left(step, failure, target)
            match step:
                case Again(pause):
                    repeats += 1
                    await asyncio.sleep(pause)
                case AnotherKey():
                    key = further[0]
                    tried.append(key)
                case Mended(refusal):
                    mended += 1
                    shrunk = self._mend(refusal, target, request)
                    if shrunk is None:
                        return Failure(failure, target, final=True)
                    request, raw = shrunk, None
                case _:
                    return self._left(step, failure, target)

    def _defect(self, target: Target, error: Exception) -> UpstreamError:
        """A defect of ours, in words: the log gets its trace, and the next attempt may do better (another target, or
        the same where it was a matter of timing). Where the client has words of this answer, `error` is raised.
        """
        if self._delivery is not None and self._delivery.worded:
            raise error
        logger.error("request %s: the attempt at %s failed", self._record.request_id, target, exc_info=error)
        return upstream_failure(
            f"ccrouter failed on this attempt; its log has the details under {self._record.request_id}", status=500
        )

    def _keys(self, target: Target) -> tuple[str | None, ...]:
        access = self._work.service.accesses.get(target.provider)
        if access is None or not access.keys:
            return (None,)
        return self._health.keys(target, access.keys, self._record.session)

    def _other_keys(
        self, target: Target, tried: Sequence[str | None], failure: CCRouterError
    ) -> tuple[str | None, ...]:
        """The keys that may be tried now after `tried`; other requests may have found some limited meanwhile."""
        if target.provider in self._work.service.tokens:
            return (None,) if token_refused(failure) and len(tried) == 1 else ()  # once more, with another token
        return tuple([key for key in self._keys(target) if key not in tried])

    def _resting(self, target: Target) -> Failure:
        """All keys of the target rest: nothing is sent, the client hears what they rest for."""
        provider = self._work.service.config.provider(target.provider)
        keys = provider.api_keys if provider is not None else ()
        ready, now = self._health.ready_at(target, keys), self._health.clock()
        if ready is None:
            ready = now  # the rest has ended since the keys were looked at: worth another look, not a failure
        wait = max(0.0, ready - now)
        rest = self._health.rest_of(target, keys)
        status, words = (rest.status, rest.reason) if rest is not None else (429, "its keys rest")
        detail = ErrorDetail(
            error_type_of_status(status), f"{words} (resting; `ccr keys` shows it)", status, retry_after=wait
        )
        error = UpstreamError(detail, retryable=True)
        line = f"{target}: resting for {wait:.0f} s: {words}"[:300]
        if line not in self._record.failures:  # while a request waits it may come here often
            self._record.failures.append(line)
        return Failure(error, target, ready_at=ready)

    async def _once(
        self, target: Target, key: str | None, request: Request, raw: bytes | None
    ) -> tuple[Outcome, Attempt]:
        """One attempt. Raises what it failed with."""
        work, record = self._work, self._record
        record.attempts += 1
        record.target = str(target)
        access = work.service.accesses.get(target.provider)
        rested, source = key, None if access is None else access.tokens
        if source is not None:
            key = await source.token()
        estimate = work.prompt_at(target, self._health)
        attempt = make_attempt(
            work.service,
            target,
            request,
            work.incoming,
            work.replies,
            key=key,
            raw=raw,
            estimate=estimate,
            found=work.found,
            image_model=work.image_model,
            health=self._health,
            use=work.decision.overrides.use,
            guided=work.guide is not None,
        )
        record.hints = str(attempt.pipeline.guidance) if attempt.pipeline.guidance is not None else None
        assert access is not None, "a target without a provider has no pipeline"
        limiter = self._health.limiters.of(access.provider)
        async with limiter.slot(estimate) as slot:
            at = self._health.clock()
            probing = self._health.begin(target, rested)
            begun, first = time.monotonic(), None
            if self._delivery is not None:
                # A stream may go on for minutes; its first word is enough for those that wait for a probe.
                self._delivery.watch(lambda: self._health.succeeded(target, rested, at))
            try:
                outcome = await self._send(attempt, slot)
                first = time.monotonic() - begun if self._delivery is None else self._delivery.first_word_since(begun)
            except UpstreamError as error:
                if source is not None and key is not None and token_refused(error):
                    source.refused(key)
                error = without_key(error, key)
                self._failed(target, rested, error)
                raise error from None
            finally:
                if self._delivery is not None:
                    self._delivery.watch(None)
                self._health.end(target, first)
                if probing:
                    self._health.probe_over(target, rested)
            if limiter.limited:
                slot.used(tokens_of(outcome.spent) or estimate)
        if outcome.failure is None:
            self._health.succeeded(target, rested, at)
        else:
            self._failed(target, rested, outcome.failure)
        return outcome, attempt

    def _failed(self, target: Target, key: str | None, error: UpstreamError) -> None:
        if self._counts:
            self._health.failed(target, key, error.detail, self._work.service.config.cooldown.cap_seconds)

    def _send(self, attempt: Attempt, slot: Slot) -> Awaitable[Outcome]:
        if self._rescue is not None and self._rescue.serves(attempt):
            return self._rescue.run(self._client, attempt)
        run = partial(run_in_rounds, elsewhere=slot.left) if attempt.in_rounds else run_attempt
        delivery = self._delivery
        if delivery is None:
            return run(self._client, attempt, commit=_nothing, write=_nothing_written, finish=_nothing)
        return run(self._client, attempt, commit=delivery.commit, write=delivery.write, finish=delivery.finish)

    def _milder(self, request: Request, target: Target, error: CCRouterError) -> Request:
        if not isinstance(error, UpstreamError):
            return request
        return milder_request(request, target.provider, error.detail.code)

    def _mend(self, refusal: Refusal, target: Target, request: Request) -> Request | None:
        """The request for another try after the refusal, or None where nothing can be mended."""
        learned = self._health.learned(target)
        match refusal:
            case OutputTooLarge(cap):
                if learned.max_tokens_cap is not None and learned.max_tokens_cap <= cap:
                    return None
                self._health.learn(target, with_cap(learned, cap))
                return request
            case FieldRefused(name, instead):
                facts = with_refused(learned, name, instead)
                if facts is None:
                    return None
                self._health.learn(target, facts)
                return request
            case ContextTooSmall():
                room = (refusal.room or 0) - MARGIN_TOKENS
                asked = request.max_tokens
                return None if room < 1 or asked is None or room >= asked else replace(request, max_tokens=room)

    def _left(self, step: Step, error: CCRouterError, target: Target) -> Failure:
        """What a target's last word means for the others."""
        match step:
            case AnotherTarget(too_long) | GiveUp(too_long) if too_long is not None:
                return Failure(self._too_long(too_long, target), target, too_long=too_long)
            case _:
                may_pass = error.retryable if isinstance(error, UpstreamError) else isinstance(error, RequestError)
                return Failure(error, target, final=not may_pass, ready_at=self._ready_at(target, error))

    def _ready_at(self, target: Target, error: CCRouterError) -> float | None:
        provider = self._work.service.config.provider(target.provider)
        if provider is None or not isinstance(error, UpstreamError) or error.detail.status != 429:
            return None
        return self._health.ready_at(target, provider.api_keys)

    def _too_long(self, refusal: ContextTooSmall, target: Target) -> UpstreamError:
        counted = self._work.prompt_at(target, self._health)
        detail = ErrorDetail("invalid_request_error", too_long_wording(refusal, counted), 400)
        return UpstreamError(detail, retryable=False)

    def _wait_for(self, failures: list[Failure]) -> float | None:
        """Seconds until a resting target may be tried again, where that is worth waiting for; else None."""
        times = [failure.ready_at for failure in failures if failure.ready_at is not None]
        if not times or self._exhausted() or any(failure.final for failure in failures):
            return None
        wait = max(0.05, min(times) - self._health.clock())
        in_time = wait <= self._retries.wait_seconds and time.monotonic() + wait < self._deadline
        return wait if in_time else None

    def _told(self, failures: list[Failure]) -> CCRouterError:
        """The failure that the client hears of, with the wait that the router knows of."""
        assert failures, "a decision has at least one target"
        telling = the_telling_one(failures)
        error = telling.error
        if isinstance(error, UpstreamError) and telling.ready_at is not None:
            wait = max(0.0, telling.ready_at - self._health.clock())
            error = UpstreamError(replace(error.detail, retry_after=wait), retryable=error.retryable)
        self._record.refusal = error.detail if isinstance(error, UpstreamError) else None
        return told_to_client(error, telling.target)


def token_refused(error: CCRouterError) -> bool:
    """True when the upstream itself turned a token away: revoked, or expired before its time."""
    if not isinstance(error, UpstreamError) or error.detail.status != 401:
        return False
    return error.detail.code != CREDENTIALS_AT_FAULT


def without_key(error: UpstreamError, key: str | None) -> UpstreamError:
    """`error` with the key masked in its words: some providers repeat the one they refuse."""
    message = with_masked(error.detail.message, (key,))
    if message == error.detail.message:
        return error
    return UpstreamError(replace(error.detail, message=message), retryable=error.retryable)


def tokens_of(usage: Usage) -> int:
    """What an answer cost, prompt and all; 0 where the upstream did not say."""
    return (usage.input or 0) + (usage.cache_read or 0) + (usage.cache_write or 0) + (usage.output or 0)


def remembers(work: Work) -> bool:
    """True for requests whose prompt says something of the conversation's size."""
    return work.decision.scenario not in {"background", "classifier"} and helper_query(work.request) is None


def is_conversation(work: Work) -> bool:
    """True for what the user sees as the answer, among those that `remembers`: no subagent's, no one-token probe."""
    agent = work.conversation[1] if work.conversation is not None else None
    return agent is None and work.decision.scenario != "subagent" and work.request.max_tokens != 1


async def _nothing() -> None:
    """A whole answer needs no commit."""


async def _nothing_written(data: bytes) -> None:
    """A whole answer is not written in pieces."""
    del data
