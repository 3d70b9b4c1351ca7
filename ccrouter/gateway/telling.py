"""Which of the targets' failures the client hears of, when all have failed. Pure."""

from collections.abc import Sequence

from ccrouter.config.types import Target
from ccrouter.errors import CREDENTIALS_AT_FAULT, SETTINGS_AT_FAULT, CCRouterError, UpstreamError
from ccrouter.frozen import frozen
from ccrouter.upstream.cooldown import without_balance
from ccrouter.upstream.refusals import ContextTooSmall


@frozen
class Failure:
    """The last word of a target. `final`: no other may serve the request."""

    error: CCRouterError
    target: Target
    final: bool = False
    too_long: ContextTooSmall | None = None
    """Set where the prompt does not fit: only a larger context window may serve it."""
    ready_at: float | None = None
    """When the target may be tried again, where it only rests."""


def the_telling_one(failures: Sequence[Failure]) -> Failure:
    """The last of those that give the client the most hope, among limits the one that is over first.

    The client waits and tries again after a 429 or a 5xx; after a fallback's refusal or its dead key it gives up,
    though the first target may soon serve again (field-notes, pain 53).
    """
    hope = max([hope_in(failure) for failure in failures])
    hopeful = [failure for failure in failures if hope_in(failure) == hope]
    timed = [failure for failure in hopeful if failure.ready_at is not None]
    return min(timed, key=lambda failure: failure.ready_at or 0.0) if timed else hopeful[-1]


def hope_in(failure: Failure) -> int:
    """2 for a limit that ends, 1 for what passes, 0 for what trying again cannot help."""
    error = failure.error
    if failure.final or not isinstance(error, UpstreamError) or not error.retryable:
        return 0
    detail = error.detail
    if detail.status == 429:
        return 0 if without_balance(detail) else 2
    lasts = detail.counts_as < 500 or detail.code in {CREDENTIALS_AT_FAULT, SETTINGS_AT_FAULT}
    return 0 if lasts and detail.status != 408 else 1
