"""launchd's domain of the user who is logged in, asked with `launchctl` (its subcommands of macOS 10.11 and newer)."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from ccrouter.daemon.service.base import QUICK_SECONDS, ServiceState, ServiceUnavailable, Step, run, take
from ccrouter.daemon.service.definition import STOP_SECONDS, ServiceDefinition
from ccrouter.daemon.service.launch_agent import LABEL, agent_plist, read_command

OWN = ("HOME", "USER", "LOGNAME", "SHELL", "TMPDIR")
"""What launchd gives to every agent by itself."""

_FIELD = re.compile(r"^\t(state|pid|last exit code) = (.+)$", re.MULTILINE)


class Launchd:
    """A ServiceManager. `file` is the agent's property list."""

    def __init__(self, file: Path, shell: Mapping[str, str]) -> None:
        self.file = file
        self._shell = shell
        self._domain = f"gui/{os.getuid()}"
        service = f"{self._domain}/{LABEL}"
        self._service = service
        self._unload = (Step(("launchctl", "bootout", service), may_fail=True),)
        # An agent that was disabled by hand cannot be loaded. A changed file counts from the next loading on.
        self.enabling = (Step(("launchctl", "enable", service)),)
        self.installing = (*self.enabling, *self._unload)
        self.starting = (Step(("launchctl", "bootstrap", self._domain, str(file))),)
        self.removing = self._unload
        self.removed: tuple[Step, ...] = ()
        self.links: tuple[Path, ...] = ()

    name: Literal["launchd"] = "launchd"

    def content(self, service: ServiceDefinition) -> bytes:
        """The property list."""
        return agent_plist(service)

    def command_in(self, content: bytes) -> tuple[str, ...] | None:
        """Its ProgramArguments."""
        return read_command(content)

    def environment(self) -> Mapping[str, str]:
        """What this process and every agent have alike."""
        ran = run(("launchctl", "print", self._domain))
        if ran.code != 0:
            raise ServiceUnavailable(
                f"launchd has no session for this user ({ran.said}). Log in at the screen and run it there; "
                "else `ccr start` runs it by hand."
            )
        return {name: self._shell[name] for name in OWN if name in self._shell}

    def state(self) -> ServiceState:
        """From `launchctl print`, whose text is for people: what is not understood is not said."""
        ran = run(("launchctl", "print", self._service))
        if ran.code != 0:
            return ServiceState("stopped", at_login=self.file.exists())
        found: dict[str, str] = {}
        for name, value in _FIELD.findall(ran.output):
            found.setdefault(name, value)
        pid, code = found.get("pid", ""), found.get("last exit code", "")
        running = found.get("state") == "running"
        failed = not running and code.isdecimal() and code != "0"
        return ServiceState(
            activity="running" if running else "failed" if failed else "stopped",
            pid=int(pid) if pid.isdecimal() else None,
            at_login=True,
            detail=f"exit code {code}" if failed else "",
        )

    def start(self) -> None:
        """Load it, which starts it, or start what is loaded. Returns at once, not when the daemon answers."""
        if run(("launchctl", "print", self._service)).code != 0:
            take(self.starting)
        elif self.state().activity != "running":
            take((Step(("launchctl", "kickstart", self._service)),))

    def stop(self) -> None:
        """Unload it: while it is loaded, a daemon that was ended by force would be started again."""
        take(self._unload, STOP_SECONDS + QUICK_SECONDS)

    def hint(self) -> str | None:
        """There is nothing like systemd's lingering."""
        return None
