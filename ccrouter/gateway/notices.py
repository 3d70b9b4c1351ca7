"""What is wrong with a file that is only read when requests need it: logged once a change, shown by `ccr status`."""

import logging
from collections.abc import Sequence
from pathlib import Path

from ccrouter.config.problems import Problem

logger = logging.getLogger("ccrouter.server")

KEPT = 100
"""Files of which something is told; the oldest is forgotten first."""


class Notices:
    """The present problems of each file."""

    def __init__(self) -> None:
        self._problems: dict[Path, tuple[Problem, ...]] = {}

    def tell(self, file: Path, problems: Sequence[Problem]) -> None:
        """These are the file's problems now; none: it is in order. The log hears of what it has not heard yet."""
        before = self._problems.pop(file, ())
        for problem in problems:
            if problem not in before:
                logger.warning("%s", problem)
        if problems:
            self._problems[file] = tuple(problems)
            if len(self._problems) > KEPT:
                del self._problems[next(iter(self._problems))]

    def problems(self) -> tuple[Problem, ...]:
        """All of them, by file; those of files that are gone are forgotten."""
        self._problems = {file: problems for file, problems in self._problems.items() if file.exists()}
        return tuple([problem for problems in self._problems.values() for problem in problems])
