"""The limiter of each provider, kept over reloads: what is under way or waits still counts."""

from ccrouter.config.types import Limits, ProviderConfig
from ccrouter.sharing.room import ALONE, Room
from ccrouter.upstream.limiter import Limiter
from ccrouter.upstream.shared_limits import SharedLimits


class Limiters:
    """Made when a provider is first used; changed when its limits are."""

    def __init__(self, room: Room = ALONE) -> None:
        self._shared = SharedLimits(room)
        self._made: dict[str, tuple[Limits, Limiter]] = {}

    def of(self, provider: ProviderConfig) -> Limiter:
        """The provider's limiter, with its limits of now."""
        known = self._made.get(provider.name)
        if known is not None and (known[0] is provider.limits or known[0] == provider.limits):
            return known[1]
        limits = provider.limits
        if known is None:
            limiter = Limiter(
                provider.name,
                max_concurrent=limits.max_concurrent,
                rpm=limits.rpm,
                tpm=limits.tpm,
                queue=limits.queue,
                shared=self._shared,
            )
        else:
            limiter = known[1]
            limiter.change(max_concurrent=limits.max_concurrent, rpm=limits.rpm, tpm=limits.tpm, queue=limits.queue)
        self._made[provider.name] = limits, limiter
        return limiter
