"""This process as one of several workers: what it leaves for the others to count, and how it keeps up with them."""

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ccrouter.model.json import Json, JsonObject, as_int, as_object
from ccrouter.server.peers import Peers
from ccrouter.sharing.room import Key, Room

if TYPE_CHECKING:  # Windows has no fcntl, which the board imports
    from ccrouter.server.accepting import Acceptor
    from ccrouter.sharing.board import Board
    from ccrouter.sharing.seat import Seat

LOOK_SECONDS: Final = 0.05
"""An idle worker hears of the others so soon: a request that waits for a key's rest to end, for instance."""
COUNT_SECONDS: Final = 1.0
"""What is counted is left for the others so often. Less is lost when the worker is killed."""
COUNTED: Final = ("requests_total", "usage", "mended")
"""The fields of the status that stay right when a worker has gone."""


@dataclass(slots=True)
class Workers:
    """The seat of this worker, and what it knows of the others."""

    seat: "Seat"
    board: "Board"
    peers: Peers
    counts: dict[int, JsonObject] = field(default_factory=dict[int, JsonObject])
    """What each worker, living or not, has left, by process."""
    orphaned: bool = False
    """The supervisor has gone."""

    def __post_init__(self) -> None:
        self.board.follow(("daemon", "counts"), self._told_of_counts)

    def stop_daemon(self) -> None:
        """End the whole daemon: its supervisor ends the workers, this one among them."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.seat.supervisor, signal.SIGTERM)

    def gone(self, living: set[int]) -> list[JsonObject]:
        """What workers have left that are not among the living."""
        self.board.look()
        return [counts for pid, counts in self.counts.items() if pid not in living]

    def leave_counts(self, status: Mapping[str, Json]) -> None:
        """Leave this worker's counts."""
        counts: JsonObject = {name: status[name] for name in COUNTED}
        if self.counts.get(os.getpid()) != counts:
            self.counts[os.getpid()] = counts
            Room(self.board, "daemon").put("counts", (os.getpid(),), counts)

    def leave(self, status: Mapping[str, Json]) -> None:
        """This worker ends."""
        self.leave_counts(status)
        if self.orphaned:
            shutil.rmtree(self.seat.folder, ignore_errors=True)  # nobody else is there to do it

    async def keep_up(self, status: Callable[[], Mapping[str, Json]], acceptor: "Acceptor | None") -> None:
        """Hear what the others tell, also while nothing is asked of this worker, and show the supervisor that this one
        works. Runs until cancelled.
        """
        looks = 0
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.board.beat(self.seat.pulse)
            self.board.look()
            if acceptor is not None:
                acceptor.tell()  # connections that were closed
            looks += 1
            if looks * LOOK_SECONDS >= COUNT_SECONDS:
                looks = 0
                self.leave_counts(status())

    def _told_of_counts(self, key: Key, value: Json) -> None:
        counts = as_object(value)
        if counts is not None:
            self.counts[as_int(key[0]) or 0] = counts
