"""What the commands need of a service manager, and how its programs are run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from ccrouter.daemon.service.definition import ServiceDefinition
from ccrouter.errors import CCRouterError
from ccrouter.frozen import frozen

QUICK_SECONDS = 15.0
"""For what only asks or notes something down."""

Activity: TypeAlias = Literal["running", "starting", "stopping", "failed", "stopped"]


class ServiceUnavailable(CCRouterError):  # noqa: N818 - it says how it is
    """There is no service manager here, or it cannot be reached. The text says what to do instead."""


class ServiceFailed(CCRouterError):  # noqa: N818 - it says what happened
    """The service manager did not do what it was asked to."""


@frozen
class Step:
    """One command of the service manager's own; `may_fail` where there may be nothing to do."""

    command: tuple[str, ...]
    may_fail: bool = False


@frozen
class ServiceState:
    """How an installed service is. `detail` is the service manager's own words for a failure."""

    activity: Activity
    pid: int | None = None
    at_login: bool = False
    detail: str = ""


@frozen
class Ran:
    """How a program ended. Both outputs are stripped."""

    code: int
    output: str
    errors: str

    @property
    def said(self) -> str:
        """What there is to tell of a failure, on one line."""
        return " ".join((self.errors or self.output).split()) or f"exit code {self.code}"


class ServiceManager(Protocol):
    """systemd's manager of the user, or launchd's domain of the user.

    Every method that asks it raises ServiceUnavailable where it cannot be reached.
    """

    @property
    def name(self) -> Literal["systemd", "launchd"]:
        """What it is called; SERVICE_VARIABLE is set to it."""
        ...

    @property
    def file(self) -> Path:
        """Where our service's file belongs."""
        ...

    @property
    def installing(self) -> tuple[Step, ...]:
        """What makes it know a new or changed file, without starting anything, and start it at login."""
        ...

    @property
    def enabling(self) -> tuple[Step, ...]:
        """Of these, what has it start at login, and leaves one that runs alone."""
        ...

    @property
    def starting(self) -> tuple[Step, ...]:
        """What starts the service, told before it is installed."""
        ...

    @property
    def removing(self) -> tuple[Step, ...]:
        """What ends the service and its start at login, before the file goes."""
        ...

    @property
    def removed(self) -> tuple[Step, ...]:
        """What is left to do when the file is gone."""
        ...

    @property
    def links(self) -> tuple[Path, ...]:
        """Links to the file that installing made, which removing takes away. They may be missing."""
        ...

    def content(self, service: ServiceDefinition) -> bytes:
        """The file that defines `service`."""
        ...

    def command_in(self, content: bytes) -> tuple[str, ...] | None:
        """The command line in a file of ours; None where it is not ours."""
        ...

    def environment(self) -> Mapping[str, str]:
        """The variables that it gives to every service by itself."""
        ...

    def state(self) -> ServiceState:
        """How our service is."""
        ...

    def start(self) -> None:
        """Start the service; nothing happens where it runs. Raises ServiceFailed."""
        ...

    def stop(self) -> None:
        """End the service until the next start or login, and a start that is under way. Raises ServiceFailed."""
        ...

    def hint(self) -> str | None:
        """What the user may want to do, beside the service itself."""
        ...


def run(command: tuple[str, ...], seconds: float = QUICK_SECONDS) -> Ran:
    """Run a program of the service manager's to its end. Raises ServiceUnavailable where it is not there or hangs."""
    import subprocess  # `ccr start` and `ccr status` load this module, and mostly run nothing

    try:
        ran = subprocess.run(  # noqa: S603 - no shell in between, and the words are ours
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ServiceUnavailable(f"`{' '.join(command)}` did not end within {seconds:g} s.") from error
    except OSError as error:
        raise ServiceUnavailable(f"`{command[0]}` cannot be run: {error.strerror or error}.") from error
    return Ran(ran.returncode, ran.stdout.strip(), ran.stderr.strip())


def take(steps: tuple[Step, ...], seconds: float = QUICK_SECONDS) -> None:
    """Run the steps in order. Raises ServiceFailed at the first that may not fail and does, ServiceUnavailable."""
    for step in steps:
        ran = run(step.command, seconds)
        if ran.code != 0 and not step.may_fail:
            raise ServiceFailed(f"`{' '.join(step.command)}` failed: {ran.said}")
