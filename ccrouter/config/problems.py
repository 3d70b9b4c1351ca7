"""What is wrong with a configuration, told so that it can be mended."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from ccrouter.errors import CCRouterError
from ccrouter.frozen import frozen


@frozen
class Problem:
    """One finding. `pointer` is a JSON pointer (RFC 6901) into the document, "" for the whole; lines count from 1.

    An error keeps the configuration from being used; a warning does not.
    """

    severity: Literal["error", "warning"]
    message: str
    fix: str | None = None
    pointer: str = ""
    file: Path | None = None
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        """`file:line:column pointer: message (fix)`, leaving out what is not known."""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        subject = " ".join(part for part in (place, self.pointer) if part)
        text = f"{self.message}. {self.fix}" if self.fix else self.message
        return f"{subject}: {text}" if subject else text


class ConfigError(CCRouterError):
    """The configuration cannot be used. `problems` is everything that is known to be wrong, one or more."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


def has_errors(problems: Sequence[Problem]) -> bool:
    """True when one of the problems keeps the configuration from being used."""
    return any(problem.severity == "error" for problem in problems)
