"""What follows a failed attempt. Pure: the clock and the dice are given, nothing is slept here.

The policy (field-notes 1.F, Anthropic's own gateway rule): another key where the key was at fault; the same target
again for a connection that broke or a 5xx, after a short and jittered pause; another target for what another may do
better, and where none is left another key, which may be served by other machines or allowed other models; never another
one for a request that is at fault itself, unless its own refusal says how to mend it.
"""

from typing import Final, TypeAlias

from ccrouter.errors import SETTINGS_AT_FAULT, CCRouterError, RequestError, UpstreamError
from ccrouter.frozen import frozen
from ccrouter.upstream.keys import KEY_AT_FAULT
from ccrouter.upstream.refusals import ContextTooSmall, FieldRefused, OutputTooLarge, Refusal, read_refusal

REFUSALS: Final = frozenset({400, 413, 422})
LEAST_ROOM: Final = 1024
"""An answer of fewer tokens than this is not worth asking for: the prompt is too long then."""
TIMEOUTS: Final = frozenset({408, 504})
PAUSE_SECONDS: Final = 0.4
LONGEST_PAUSE_SECONDS: Final = 8.0


@frozen
class Situation:
    """How things stand after the failure."""

    keys_left: bool
    """Another key of this target may be tried."""
    targets_left: bool
    repeats: int = 0
    """How often this target was tried again for a failure that passes."""
    mended: int = 0
    """How often a refusal was answered with a mended request at this target."""
    same_target: int = 2
    """How often a target may be tried again."""
    may_mend: int = 3


@frozen
class Again:
    """The same target and key, after `pause` seconds."""

    pause: float


@frozen
class Mended:
    """The same target and key at once, with what the refusal taught."""

    refusal: Refusal


@frozen
class AnotherKey:
    """The same target, another key."""


@frozen
class AnotherTarget:
    """The next target; where the prompt is too long for this one, only one with a larger context window."""

    too_long: ContextTooSmall | None = None


@frozen
class GiveUp:
    """No attempt can help. `too_long`: the prompt does not fit; the client is told so that it compacts."""

    too_long: ContextTooSmall | None = None


Step: TypeAlias = Again | Mended | AnotherKey | AnotherTarget | GiveUp


def next_step(error: CCRouterError, situation: Situation, *, dice: float) -> Step:
    """The step after `error`. `dice` is a number from 0 to 1 for the jitter."""
    if isinstance(error, RequestError):
        return AnotherTarget() if situation.targets_left else GiveUp()
    if not isinstance(error, UpstreamError):
        return GiveUp()
    detail = error.detail
    if detail.status in REFUSALS and not error.retryable:
        return _after_refusal(read_refusal(detail.message, detail.code), situation)
    if not error.retryable:
        return GiveUp()
    if detail.code == SETTINGS_AT_FAULT:
        return AnotherTarget() if situation.targets_left else GiveUp()
    if detail.status in KEY_AT_FAULT and situation.keys_left:
        return AnotherKey()
    if situation.repeats < repeats_for(detail.counts_as, situation):
        return Again(pause_before(situation.repeats, dice))
    if situation.targets_left:
        return AnotherTarget()
    return AnotherKey() if situation.keys_left else GiveUp()


def repeats_for(status: int, situation: Situation) -> int:
    """How often the same target may be tried again after a failure with this status."""
    if status in TIMEOUTS:
        # Each may take as long as the first: with another target left none is worth it, else one.
        return 0 if situation.targets_left else min(1, situation.same_target)
    if status >= 500:
        return min(1, situation.same_target) if situation.targets_left else situation.same_target
    return 0


def pause_before(repeats: int, dice: float) -> float:
    """Seconds before a repeat: doubling, with full jitter between half and the whole of it."""
    longest = min(PAUSE_SECONDS * 2.0**repeats, LONGEST_PAUSE_SECONDS)
    return longest * (0.5 + 0.5 * dice)


def _after_refusal(refusal: Refusal | None, situation: Situation) -> Step:
    match refusal:
        case OutputTooLarge() | FieldRefused() if situation.mended < situation.may_mend:
            return Mended(refusal)
        case ContextTooSmall():
            room = refusal.room
            if room is not None and room >= LEAST_ROOM and situation.mended < situation.may_mend:
                return Mended(refusal)
            if situation.targets_left:
                return AnotherTarget(too_long=refusal)
            return GiveUp(too_long=refusal)
        case _:
            return GiveUp()
