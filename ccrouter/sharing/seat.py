"""What a worker process is given by its supervisor: the sockets to accept from, the board, and where the others are.

It travels as one environment variable and inherited descriptors.
"""

import os
import socket
import time
from collections.abc import MutableMapping
from pathlib import Path

import orjson

from ccrouter.frozen import frozen
from ccrouter.model.json import as_int, as_list, as_object, as_str

SEAT_VARIABLE = "CCR_WORKER"


@frozen
class Seat:
    """One worker's place. All but `folder` are descriptors and a process id."""

    sockets: tuple[int, ...]
    """Listening, and shared with all other workers."""
    board: int
    lifeline: int
    """A pipe that ends when the supervisor does: nobody else would end the worker then."""
    folder: Path
    """Every worker listens on `<its process id>.sock` there, for questions of the other workers."""
    supervisor: int
    began: float
    """When the daemon did, in seconds since the epoch."""
    workers: int
    """How many there are to be."""
    pulse: int
    """The place of this worker's pulse on the board."""
    terminal: bool = False
    """The log goes to standard error, too."""

    @property
    def descriptors(self) -> tuple[int, ...]:
        """What the worker process must inherit."""
        return (*self.sockets, self.board, self.lifeline)

    def variables(self) -> dict[str, str]:
        """The environment variable that `take_seat` reads."""
        told = {
            "sockets": list(self.sockets),
            "board": self.board,
            "lifeline": self.lifeline,
            "folder": str(self.folder),
            "supervisor": self.supervisor,
            "began": self.began,
            "workers": self.workers,
            "pulse": self.pulse,
            "terminal": self.terminal,
        }
        return {SEAT_VARIABLE: orjson.dumps(told).decode()}

    def listening(self) -> list[socket.socket]:
        """The sockets to accept from."""
        return [socket.socket(fileno=descriptor) for descriptor in self.sockets]


def take_seat(environment: MutableMapping[str, str]) -> Seat | None:
    """The seat that the supervisor gave this process, or None: it is no worker.

    The variable is removed, and what was inherited is passed on to no process that is started from here.
    """
    told = environment.pop(SEAT_VARIABLE, "")
    if not told:
        return None
    entry = as_object(orjson.loads(told)) or {}
    sockets = tuple([number for item in as_list(entry.get("sockets")) or () if (number := as_int(item)) is not None])
    board, lifeline, supervisor, workers, pulse = [
        as_int(entry.get(name)) for name in ("board", "lifeline", "supervisor", "workers", "pulse")
    ]
    if board is None or lifeline is None or supervisor is None or workers is None or pulse is None:
        raise ValueError(f"{SEAT_VARIABLE} is not what a supervisor writes")
    folder, began = Path(as_str(entry.get("folder")) or "."), entry.get("began")
    since = float(began) if isinstance(began, int | float) else time.time()
    terminal = entry.get("terminal") is True
    seat = Seat(sockets, board, lifeline, folder, supervisor, since, workers, pulse, terminal=terminal)
    for descriptor in seat.descriptors:
        os.set_inheritable(descriptor, False)
    return seat
