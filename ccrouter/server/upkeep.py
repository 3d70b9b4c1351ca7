"""What is done beside the requests for as long as the daemon runs."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

logger = logging.getLogger("ccrouter.server")


class Upkeep:
    """Tasks that nobody waits for. One that fails says so at once: else it would be told when the daemon ends."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[Any]] = []

    def begin(self, work: Coroutine[Any, Any, object], name: str) -> None:
        """Have `work` done; `name` is what the log calls it."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        task.add_done_callback(_tell)
        self._tasks.append(task)

    def end(self) -> None:
        """Cancel all of it."""
        for task in self._tasks:
            task.cancel()


def _tell(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.error("%s has failed; it is not done until ccr restart", task.get_name(), exc_info=error)
