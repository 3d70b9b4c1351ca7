"""When a worker that died is started again, and when it is time to give up. Pure."""

from collections.abc import Iterable
from typing import Final

from ccrouter.frozen import frozen

LONG_SECONDS: Final = 10.0
"""A worker that lived so long had a good start: what ended it had another reason."""
FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 30.0
MOST_IN_A_ROW: Final = 5


@frozen
class Deaths:
    """How often in a row a seat's worker died, or did not start, before it had lived long."""

    in_a_row: int = 0

    def after(self, lived: float) -> "Deaths":
        """With one more, after so many seconds; a worker that did not even start has lived 0."""
        return Deaths(1 if lived >= LONG_SECONDS else self.in_a_row + 1)

    @property
    def pause(self) -> float:
        """Seconds until the next one is started."""
        return min(FIRST_PAUSE * 2.0 ** max(self.in_a_row - 1, 0), LONGEST_PAUSE)


def hopeless(seats: Iterable[Deaths]) -> bool:
    """True when no seat can keep a worker: starting more of them helps nobody."""
    return all(deaths.in_a_row >= MOST_IN_A_ROW for deaths in seats)
