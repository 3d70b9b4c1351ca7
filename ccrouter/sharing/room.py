"""One part of the program's values on the board. Where the daemon is one process there is no board: nothing is done."""

import logging
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from ccrouter.model.json import Json

if TYPE_CHECKING:  # Windows has no fcntl, which it imports
    from ccrouter.sharing.board import Board

logger = logging.getLogger("ccrouter.server")

Key: TypeAlias = tuple[str | int | None, ...]
Told: TypeAlias = Callable[[Key, Json], None]
Lock: TypeAlias = Literal["journal", "state"]
"""A file that all processes write."""

NOTHING: Final[AbstractContextManager[None]] = nullcontext()


class Room:
    """`part` names whose values these are: the main configuration's, a preset's; `process` who this is, by its id."""

    def __init__(self, board: "Board | None" = None, part: str = "", process: int | None = None) -> None:
        self.process = os.getpid() if process is None else process
        self.shared: Final = board is not None
        """There are other processes."""
        self._board = board
        self._part = part
        self._full = False

    def look(self) -> None:
        """Take in what other processes have changed."""
        if self._board is not None:
            self._board.look()

    def exclusive(self) -> AbstractContextManager[None]:
        """Nobody else changes anything until the block ends, and everything is taken in. No `await` in it."""
        return NOTHING if self._board is None else self._board.exclusive()

    def locked(self, lock: Lock) -> AbstractContextManager[None]:
        """Nobody else does this until the block ends: for a file that all processes write."""
        return NOTHING if self._board is None else self._board.locked(lock)

    def follow(self, kind: str, told: Told) -> None:
        """Have `told` called for every value of the kind that others have set, with None for those they took away."""
        if self._board is not None:
            self._board.follow((self._part, kind), told)

    def put(self, kind: str, key: Key, value: Json, *, own: bool = False) -> None:
        """Let others know the value; None: it is gone. `own`: it goes when this process does.

        What there is no room for stays this process' own.
        """
        if self._board is None:
            return
        owner = self.process if own else 0
        if not self._board.put((self._part, kind), key, value, owner=owner) and not self._full:
            self._full = True
            logger.warning("%s of %s is not shared between the workers: it is too large, or too much is", kind, key)

    def leave(self) -> None:
        """Nobody here wants to know any more."""
        if self._board is not None:
            self._board.unfollow_part(self._part)


ALONE: Final = Room()
