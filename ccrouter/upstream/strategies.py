"""In which order the members of a model group are tried. Each strategy is a pure function: the clock, the dice and the
measurements are given."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Final

from ccrouter.config.types import Strategy, Target
from ccrouter.frozen import frozen

SMOOTHING: Final = 0.3
"""How much one measurement moves the average."""
EXPLORATION: Final = 0.1
"""How often `latency` tries another than the fastest first: a slow day must not be for ever."""
FORGET_SECONDS: Final = 600.0
"""A measurement older than this says nothing: such a member is tried like a new one."""


@frozen
class Measured:
    """What is known of a target: requests under way, and the moving average of seconds to the first token."""

    open_requests: int = 0
    first_token: float | None = None
    measured_at: float = 0.0


@frozen
class Circumstances:
    """What a strategy may look at."""

    now: float
    """Seconds since the epoch."""
    turn: int
    """Counts the group's requests."""
    dice: random.Random
    weights: Mapping[Target, float] = field(default_factory=dict[Target, float])
    measured: Mapping[Target, Measured] = field(default_factory=dict[Target, Measured])


def in_order(members: Sequence[Target], given: Circumstances) -> tuple[Target, ...]:
    """As the config lists them."""
    del given
    return tuple(members)


def weighted(members: Sequence[Target], given: Circumstances) -> tuple[Target, ...]:
    """Drawn by weight (1 where none is given), without putting back; a weight of 0 comes last."""
    left, order = list(members), list[Target]()
    while left:
        weights = [max(given.weights.get(member, 1.0), 0.0) for member in left]
        if not any(weights):
            return (*order, *left)
        order.append(left.pop(given.dice.choices(range(len(left)), weights)[0]))
    return tuple(order)


def round_robin(members: Sequence[Target], given: Circumstances) -> tuple[Target, ...]:
    """Each in turn."""
    start = given.turn % len(members) if members else 0
    return (*members[start:], *members[:start])


def least_busy(members: Sequence[Target], given: Circumstances) -> tuple[Target, ...]:
    """The one with the fewest requests under way first; the config's order among equals."""
    return tuple(sorted(members, key=lambda member: given.measured.get(member, Measured()).open_requests))


def latency(members: Sequence[Target], given: Circumstances) -> tuple[Target, ...]:
    """The quickest to its first token first, those without a fresh measurement before all; now and then another."""

    def seconds(member: Target) -> float:
        known = given.measured.get(member, Measured())
        fresh = known.first_token is not None and given.now - known.measured_at <= FORGET_SECONDS
        return known.first_token if fresh and known.first_token is not None else -1.0

    order = sorted(members, key=seconds)
    if len(order) > 1 and given.dice.random() < EXPLORATION:
        order.insert(0, order.pop(given.dice.randrange(1, len(order))))
    return tuple(order)


ORDERS: Final[Mapping[Strategy, Callable[[Sequence[Target], Circumstances], tuple[Target, ...]]]] = {
    "in_order": in_order,
    "weighted": weighted,
    "round_robin": round_robin,
    "least_busy": least_busy,
    "latency": latency,
}


def smoothed(average: float | None, measured_at: float, first_token: float, now: float) -> float:
    """The moving average with one more measurement, of `now`."""
    if average is None or now - measured_at > FORGET_SECONDS:
        return first_token
    return average + SMOOTHING * (first_token - average)
