"""The ledger of what could not be carried over to an upstream: nothing is lost silently."""

from collections.abc import Iterable
from dataclasses import field

from ccrouter.frozen import frozen


@frozen
class Note:
    """One loss or change. `what` is a field or block, `where` a JSON pointer or position, `why` a sentence."""

    what: str
    where: str
    why: str


@frozen
class Notes:
    """Collects notes while one request is encoded or one reply is decoded. The same note is kept once."""

    entries: list[Note] = field(default_factory=list[Note])

    def add(self, what: str, where: str, why: str) -> None:
        """Write down that `what` at `where` did not go out as it came."""
        note = Note(what, where, why)
        if note not in self.entries:
            self.entries.append(note)

    def extend(self, notes: Iterable[Note]) -> None:
        """Take over notes from elsewhere."""
        for note in notes:
            if note not in self.entries:
                self.entries.append(note)
