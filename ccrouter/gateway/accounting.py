"""From the record of a request to the account of its session."""

import time
from datetime import UTC, datetime

from ccrouter.config.types import ProviderConfig, Target
from ccrouter.gateway.attempts import Outcome
from ccrouter.gateway.types import Record
from ccrouter.model.events import NO_USAGE
from ccrouter.usage.costs import cost_of
from ccrouter.usage.sessions import Finished, Sessions

NOBODY = "-"


def enter_usage(record: Record, outcome: Outcome, provider: ProviderConfig | None) -> None:
    """Write into the record what the answer used and what that cost. `provider` is the one who gave it.

    No cost is known of an answer that broke off or was continued by somebody else: its tokens are told at the end.
    """
    record.usage, record.told = outcome.spent, outcome.usage
    if provider is None or outcome.failure is not None or record.rescued_by:
        return
    model = record.target.partition(",")[2]
    answers = (outcome.usage,) if outcome.answers is None else outcome.answers
    record.cost = cost_of(provider, model, answers, datetime.now(UTC))


def account(sessions: Sessions, record: Record) -> None:
    """Enter a request that is over."""
    if not was_answered(record):
        sessions.failed(record.session)
        return
    seen = finished(record) if record.conversation and record.session is not None else None
    sessions.answered(record.session, record.usage, record.cost, seen)


def finished(record: Record) -> Finished:
    """What the status line tells of an answered request that has just ended."""
    return Finished(
        target=answered_by(record),
        scenario=record.scenario,
        reason=record.reason,
        usage=record.usage,
        told=record.told,
        fallback=fell_back(record),
        first_byte=record.first_byte if record.streamed else None,
        total=record.total or 0.0,
        cost=record.cost,
        at=time.time(),
    )


def was_answered(record: Record) -> bool:
    """False for a request that failed, also where its status was 200 by then."""
    if record.status != 200 or record.target == NOBODY:
        return False
    return record.error is None or record.usage != NO_USAGE


def answered_by(record: Record) -> Target:
    """Who gave the answer, or its last part."""
    provider, _, model = (record.rescued_by[-1] if record.rescued_by else record.target).partition(",")
    return Target(provider, model)


def fell_back(record: Record) -> bool:
    """True when another target was tried before, or continued the answer."""
    own = f"{record.target}: "
    return bool(record.rescued_by) or any(not failure.startswith(own) for failure in record.failures)
