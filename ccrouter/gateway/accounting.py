"""From the record of a request to the account of its session."""

import time

from ccrouter.config.types import Target
from ccrouter.gateway.types import Record
from ccrouter.model.events import Usage
from ccrouter.usage.sessions import Finished, Sessions

NOBODY = "-"
NOTHING_USED = Usage()


def account(sessions: Sessions, record: Record) -> None:
    """Enter a request that is over. Requests that tell no session leave no trace."""
    if record.session is None:
        return
    sessions.ended(
        Finished(
            session=record.session,
            target=answered_by(record),
            scenario=record.scenario,
            reason=record.reason,
            usage=record.usage,
            conversation=record.conversation,
            fallback=fell_back(record),
            first_byte=record.first_byte if record.streamed else None,
            total=record.total or 0.0,
            cost=record.cost,
            at=time.time(),
        )
    )


def answered_by(record: Record) -> Target | None:
    """Who gave the answer, or its last part; None for a request that failed, also where its status was 200 by then."""
    used = record.usage != NOTHING_USED
    if record.status != 200 or record.target == NOBODY or (record.error is not None and not used):
        return None
    provider, _, model = (record.rescued_by[-1] if record.rescued_by else record.target).partition(",")
    return Target(provider, model)


def fell_back(record: Record) -> bool:
    """True when another target was tried before, or continued the answer."""
    own = f"{record.target}: "
    return bool(record.rescued_by) or any(not failure.startswith(own) for failure in record.failures)
