"""Credentials of a provider that are more than a key of its config: tokens that are issued, and expire."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import field
from typing import Protocol

from ccrouter.errors import CREDENTIALS_AT_FAULT, ErrorDetail, UpstreamError, upstream_failure
from ccrouter.frozen import frozen

logger = logging.getLogger("ccrouter.auth")

EARLY_SECONDS = 300.0
"""A token with less than this left is renewed beside the requests, which still use it."""
LAST_MOMENT_SECONDS = 20.0
"""With less than this left it is not used any more: a request could reach the upstream too late."""
BETWEEN_TRIES_SECONDS = 30.0
"""Google's metadata server gives out the same token until minutes before its end: asking at once again is no use."""
ISSUE_SECONDS = 60.0
REMEMBERED_SECONDS = 10.0
"""How long broken credentials are taken to be broken still: finding out that a machine has none takes seconds."""


class TokenSource(Protocol):
    """Where the tokens of one provider come from."""

    async def token(self) -> str:
        """A token to send now.

        Raises:
            UpstreamError: none can be had. Never has any part of a token or key in its words.
        """
        ...

    def refused(self, token: str) -> None:
        """Say that the upstream did not take `token`: the next call brings another."""
        ...


@frozen
class IssuedToken:
    """A token and when it ends, in seconds since the epoch (None: never)."""

    value: str = field(repr=False)
    expires_at: float | None = None


def no_credentials(message: str) -> UpstreamError:
    """The failure of credentials that are missing, broken or refused; another target may still serve."""
    return UpstreamError(ErrorDetail("authentication_error", message, 401, CREDENTIALS_AT_FAULT))


class StaticToken:
    """A token that somebody else takes care of."""

    def __init__(self, value: str) -> None:
        self._value = value

    async def token(self) -> str:
        """The token."""
        return self._value

    def refused(self, token: str) -> None:
        """There is no other."""


class RenewedTokens:
    """Keeps the token that `issue` gives, and has it renewed early: one renewal at a time, in a thread.

    `issue` blocks, and raises UpstreamError. `name` is the provider's, for the log.
    """

    def __init__(self, issue: Callable[[], IssuedToken], *, name: str, clock: Callable[[], float] = time.time) -> None:
        self._issue = issue
        self._name = name
        self._clock = clock
        self._held: IssuedToken | None = None
        self._renewal: asyncio.Task[IssuedToken] | None = None
        self._next_try = 0.0
        self._broken: tuple[ErrorDetail, float] | None = None

    async def token(self) -> str:
        """See `TokenSource`. Waits only where there is no token that is still good."""
        held = self._held
        left = self._left(held)
        if held is None or left <= LAST_MOMENT_SECONDS:
            if self._broken is not None and self._clock() < self._broken[1]:
                raise UpstreamError(self._broken[0])
            # Shielded: a client that goes away takes nothing from the others that wait for the same token.
            return (await asyncio.shield(self._renew())).value
        if left <= EARLY_SECONDS and self._clock() >= self._next_try:
            self._renew()
        return held.value

    def refused(self, token: str) -> None:
        """See `TokenSource`."""
        if self._held is not None and self._held.value == token:
            self._held = None

    def _left(self, held: IssuedToken | None) -> float:
        if held is None:
            return 0.0
        return float("inf") if held.expires_at is None else held.expires_at - self._clock()

    def _renew(self) -> asyncio.Task[IssuedToken]:
        if self._renewal is None or self._renewal.done():
            self._next_try = self._clock() + BETWEEN_TRIES_SECONDS
            self._renewal = asyncio.get_running_loop().create_task(self._issue_in_thread())
            self._renewal.add_done_callback(self._renewed)
        return self._renewal

    async def _issue_in_thread(self) -> IssuedToken:
        try:
            async with asyncio.timeout(ISSUE_SECONDS):
                return await asyncio.to_thread(self._issue)
        except TimeoutError as error:
            raise upstream_failure(f"no token came within {ISSUE_SECONDS:g} seconds", status=504) from error

    def _renewed(self, task: asyncio.Task[IssuedToken]) -> None:
        if task.cancelled():
            return
        error = task.exception()
        self._broken = None
        if error is None:
            self._held = task.result()
            return
        if isinstance(error, UpstreamError) and error.detail.code == CREDENTIALS_AT_FAULT:
            self._broken = error.detail, self._clock() + REMEMBERED_SECONDS
        if self._left(self._held) > LAST_MOMENT_SECONDS:
            # Nobody waited for it, so nobody else says it.
            logger.warning("%s: the token could not be renewed, the old one is still good: %s", self._name, error)
