"""What a service starts, whichever service manager does it; and what an installed service's file says."""

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ccrouter.errors import CCRouterError
from ccrouter.frozen import frozen

SERVICE_VARIABLE = "CCR_SERVICE"
"""Set in a service's environment to the name of its service manager, so that the daemon knows whose it is."""

STOP_SECONDS = 40
"""Until the service manager kills a daemon that was asked to stop. Its own bound for open streams is 30 s
(`server/serve.py`); the rest is for what it saves afterwards."""
START_SECONDS = 60
"""Until the service manager gives up on a daemon that does not answer."""


_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters, and what stands for bytes that are no UTF-8."""


class UnfitPath(CCRouterError):  # noqa: N818 - it says what is wrong
    """A path that no service's file can hold."""


@frozen
class ServiceDefinition:
    """`environment` holds no secret: the file may be read, copied and shown. `folder` is where the daemon runs."""

    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    log: Path

    def __post_init__(self) -> None:
        """Raises UnfitPath for control characters, bytes that are no text, and spaces or backslashes at an end."""
        for text in (*self.command, str(self.folder), str(self.log), *self.environment.values()):
            if _UNFIT.search(text):
                raise UnfitPath(f"{text!r} has characters that cannot stand in a service's file. Rename it.")
        if str(self.folder).endswith(("\\", " ")):
            raise UnfitPath(f"A service cannot run in a folder whose name ends like {self.folder!s}. Rename it.")


@frozen
class Installed:
    """A service that ccrouter installed: its file, and the command line in it."""

    file: Path
    command: tuple[str, ...]

    @property
    def config(self) -> Path | None:
        """The config it serves; None where the command names none (somebody changed the file)."""
        if "--config" not in self.command[:-1]:
            return None
        return Path(self.command[self.command.index("--config") + 1])

    @property
    def program(self) -> Path:
        """The interpreter it runs."""
        return Path(self.command[0])

    def serves(self, config: Path) -> bool:
        """True when the config at `config` is the one it serves, links followed."""
        return self.config is not None and self.config.resolve() == config.resolve()

    def is_ours(self) -> bool:
        """True when it runs this very installation of ccrouter."""
        return self.program == Path(sys.executable)


@frozen
class NotOurs:
    """Something else has the name of our service's file. `why` goes after "FILE …"."""

    file: Path
    why: str
