"""Whether a worker hangs: its pulse, looked at again and again, no longer counts up. Pure.

Looks are counted rather than seconds: while the machine sleeps there are neither looks nor beats.
"""

from typing import Final

from ccrouter.frozen import frozen

CHECK_SECONDS: Final = 1.0
HUNG_SECONDS: Final = 30.0
"""A worker beats each 0.05 s. What keeps it this long, with every stream of its waiting, does not come back."""


@frozen
class Pulse:
    """The count last seen, and at how many looks in a row it had not changed."""

    count: int
    still: int = 0

    def after(self, count: int) -> "Pulse":
        """What a further look finds."""
        return Pulse(count, self.still + 1 if count == self.count else 0)

    @property
    def hangs(self) -> bool:
        """It has stood still for too long."""
        return self.still * CHECK_SECONDS >= HUNG_SECONDS
