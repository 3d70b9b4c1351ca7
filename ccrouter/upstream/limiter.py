"""A provider's own limits, kept before it has to: so many requests at once, so many requests and tokens a minute.

Who must wait stands in one line, first come first served, of bounded length. Whoever goes away leaves the line, and
gives back what was already theirs. With several workers it is one limit and one line for all of them.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from typing import Final, Self

from ccrouter.config.types import DEFAULT_QUEUE
from ccrouter.errors import ErrorDetail, UpstreamError
from ccrouter.sharing.room import NOTHING
from ccrouter.upstream.rate_window import Taken, Window, given_back, taken, wait_for
from ccrouter.upstream.shared_limits import Line, SharedLimits

QUEUE_FULL: Final = "queue_full"
"""`ErrorDetail.code` of a request that found no place in the line: the provider was not asked."""


LOOK_SECONDS: Final = 0.005
"""Who waits for what another worker does looks so often whether it has."""


@dataclass(eq=False, slots=True)
class _Waiter:
    tokens: int
    since: float
    turn: "asyncio.Future[None]"


class Slot:
    """A request's right to be under way, from `async with` on."""

    __slots__ = ("_estimate", "_held", "_limiter", "_tokens")

    def __init__(self, limiter: "Limiter", tokens: int) -> None:
        self._held = False
        self._limiter = limiter
        self._estimate = tokens
        self._tokens = tokens

    async def __aenter__(self) -> Self:
        limiter = self._limiter
        if limiter.limited:
            await limiter.enter(self._estimate)
        else:
            limiter.under_way += 1
        self._held = True
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._held:
            self._held = False
            limiter = self._limiter
            if limiter.limited:
                limiter.leave()
            else:
                limiter.under_way -= 1

    @asynccontextmanager
    async def left(self) -> AsyncGenerator[None]:
        """Let others in while this request waits for something else; then stand in the line as a new one. Else a
        provider whose requests all wait for one more at the same provider would stand still for ever.

        Raises:
            UpstreamError: 529, the line is full.
        """
        self._held = False
        self._limiter.leave()
        yield
        await self._limiter.enter(self._estimate)
        self._held = True
        self._tokens += self._estimate

    def used(self, tokens: int) -> None:
        """Tell how many tokens the request really cost; until then its estimate counts against `tpm`."""
        self._limiter.correct(tokens - self._tokens)
        self._tokens = tokens


class Limiter:
    """The limits of one provider. None: no such limit.

    `queue` is how many may wait; 0: none waits. One event loop only; `shared` is how those of other workers hear of it,
    and their `clock` must be the same. A limiter without limits costs next to nothing.
    """

    def __init__(
        self,
        provider: str,
        *,
        max_concurrent: int | None = None,
        rpm: int | None = None,
        tpm: int | None = None,
        queue: int = DEFAULT_QUEUE,
        clock: Callable[[], float] = time.monotonic,
        shared: SharedLimits | None = None,
    ) -> None:
        self._provider = provider
        self._shared = shared or SharedLimits()
        self._elsewhere = self._shared.of(provider)
        self._alone = not self._shared.room.shared
        self._clock = clock
        self.under_way = 0
        """Requests of this worker; they count from the moment on in which there is a limit."""
        self.limited = False
        """There is a limit. Else nobody waits, or lets anybody in: who comes and goes is only counted."""
        self._waiters: deque[_Waiter] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._stepping = False
        self._requests: Window | None = None
        self._tokens: Window | None = None
        self._max_concurrent: int | None = None
        self._queue = DEFAULT_QUEUE
        self.change(max_concurrent=max_concurrent, rpm=rpm, tpm=tpm, queue=queue)

    @property
    def busy(self) -> int:
        """Requests under way, in all workers."""
        return self.under_way if self._alone else self.under_way + self._elsewhere.busy

    @property
    def waiting(self) -> int:
        """Requests in the line, those of all workers."""
        return len(self._waiters) if self._alone else len(self._waiters) + self._elsewhere.waiting

    def change(
        self,
        *,
        max_concurrent: int | None = None,
        rpm: int | None = None,
        tpm: int | None = None,
        queue: int = DEFAULT_QUEUE,
    ) -> None:
        """Other limits from now on (a reload); what is under way, waits, and went out within the last minute counts."""
        self._max_concurrent = max_concurrent
        self._queue = queue
        self._requests = _changed(self._requests, rpm)
        self._tokens = _changed(self._tokens, tpm)
        self.limited = max_concurrent is not None or rpm is not None or tpm is not None
        with NOTHING if self._alone else self._step():
            self._let_in()

    def slot(self, tokens: int = 0) -> Slot:
        """`async with` it: waits for a turn, and holds it while the request is under way. `tokens`: an estimate of what
        it will cost.

        Entering raises:
            UpstreamError: 529, the line is full.
        """
        return Slot(self, tokens)

    def correct(self, tokens: int) -> None:
        """So many tokens more, or fewer, went out than was thought; see `Slot.used`."""
        if self._tokens is None or tokens == 0:
            return
        with self._in_step():
            if tokens > 0:
                self._tokens = taken(self._tokens, tokens, self._clock())
            else:
                self._tokens = given_back(self._tokens, -tokens)
                self._let_in()

    async def enter(self, tokens: int) -> None:
        """Wait for a turn; `slot` is how to take one. Raises UpstreamError (529): the line is full."""
        with self._in_step():
            if not self.waiting and self._seconds(tokens) == 0:
                self._admit(tokens)
                return
            if self.waiting >= self._queue:
                raise self._full(tokens)
            waiter = _Waiter(tokens, self._clock(), asyncio.get_running_loop().create_future())
            self._waiters.append(waiter)
            self._let_in()
        try:
            await waiter.turn
        except asyncio.CancelledError:
            with self._in_step():
                if waiter in self._waiters:
                    self._waiters.remove(waiter)
                    self._let_in()
                elif not waiter.turn.cancelled():
                    # Its turn came in the same moment in which it went away.
                    self._give_back(tokens)
            raise

    def _in_step(self) -> AbstractContextManager[None]:
        """Change something of the line, the windows or the count: with what other workers have changed taken in, and so
        that they hear of it."""
        return NOTHING if self._alone or self._stepping or not self.limited else self._step()

    @contextmanager
    def _step(self) -> Generator[None]:
        with self._shared.room.exclusive():
            self._stepping = True
            self._requests = _with_entries(self._requests, self._elsewhere.entries.get("rpm"))
            self._tokens = _with_entries(self._tokens, self._elsewhere.entries.get("tpm"))
            requests, tokens = self._requests, self._tokens
            try:
                yield
            finally:
                self._stepping = False
                self._shared.tell_line(self._provider, self._line())
                if self._requests is not None and self._requests is not requests:
                    self._shared.tell_rate(self._provider, "rpm", self._requests)
                if self._tokens is not None and self._tokens is not tokens:
                    self._shared.tell_rate(self._provider, "tpm", self._tokens)

    def _line(self) -> Line:
        """What others must know of this worker; without limits they need not."""
        since = self._waiters[0].since if self._waiters else math.inf
        return Line(self.under_way, len(self._waiters), since) if self.limited else Line()

    def _seconds(self, tokens: int) -> float:
        """How long a request must wait by what is known now; infinite while too many are under way."""
        if self._max_concurrent is not None and self.busy >= self._max_concurrent:
            return math.inf
        now = self._clock()
        requests = 0.0 if self._requests is None else wait_for(self._requests, 1, now)
        return requests if self._tokens is None else max(requests, wait_for(self._tokens, tokens, now))

    def _admit(self, tokens: int) -> None:
        self.under_way += 1
        if self._requests is not None:
            self._requests = taken(self._requests, 1, self._clock())
        if self._tokens is not None:
            self._tokens = taken(self._tokens, tokens, self._clock())

    def leave(self) -> None:
        """Give a turn back."""
        with self._in_step():
            self.under_way -= 1
            self._let_in()

    def _give_back(self, tokens: int) -> None:
        if self._requests is not None:
            self._requests = given_back(self._requests, 1)
        if self._tokens is not None:
            self._tokens = given_back(self._tokens, tokens)
        self.leave()

    def _let_in(self) -> None:
        """Everybody in the line whose turn it is; then see that the next one's time is not missed."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiters:
            waiter = self._waiters[0]
            if not waiter.turn.done():
                seconds = math.inf if self._elsewhere.since < waiter.since else self._seconds(waiter.tokens)
                if seconds > 0:
                    if not self._alone:
                        seconds = min(seconds, LOOK_SECONDS)
                    if seconds < math.inf:  # else whoever leaves lets the next one in
                        self._timer = waiter.turn.get_loop().call_later(seconds, self._let_in_now)
                    return
                self._admit(waiter.tokens)
                waiter.turn.set_result(None)
            self._waiters.popleft()

    def _let_in_now(self) -> None:
        with self._in_step():
            self._let_in()

    def _full(self, tokens: int) -> UpstreamError:
        limit, seconds = self._limit_in_the_way(self._waiters[0].tokens if self._waiters else tokens)
        line = f"and {self.waiting} wait (queue {self._queue})" if self._queue else "and none may wait (queue 0)"
        message = (
            f"The provider '{self._provider}' is at its limit {limit}: {self.busy} requests are under way {line}. "
            f"Try again later, raise the limits of '{self._provider}' in the config, or give the route a fallback."
        )
        after = None if seconds == math.inf else math.ceil(seconds)
        return UpstreamError(ErrorDetail("overloaded_error", message, 529, QUEUE_FULL, after))

    def _limit_in_the_way(self, tokens: int) -> tuple[str, float]:
        """Which limit the next in the line waits for, as the config says it, and for how many seconds."""
        if self._max_concurrent is not None and self.busy >= self._max_concurrent:
            return f"max_concurrent {self._max_concurrent}", math.inf
        now = self._clock()
        waits = [
            (wait_for(window, amount, now), f"{name} {window.limit}")
            for name, window, amount in (("rpm", self._requests, 1), ("tpm", self._tokens, tokens))
            if window is not None
        ]
        seconds, limit = max(waits, default=(math.inf, f"queue {self._queue}"))
        return limit, seconds


def _with_entries(window: Window | None, entries: tuple[Taken, ...] | None) -> Window | None:
    return (
        window if window is None or entries is None or window.entries == entries else replace(window, entries=entries)
    )


def _changed(window: Window | None, limit: int | None) -> Window | None:
    if limit is None:
        return None
    return Window(limit) if window is None else replace(window, limit=limit)
