"""systemd's manager of the user, asked with `systemctl --user`."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from ccrouter.daemon.service.base import (
    QUICK_SECONDS,
    Activity,
    ServiceFailed,
    ServiceState,
    ServiceUnavailable,
    Step,
    run,
    take,
)
from ccrouter.daemon.service.definition import START_SECONDS, STOP_SECONDS, ServiceDefinition
from ccrouter.daemon.service.systemd_unit import UNIT, read_command, unit_text

SYSTEMCTL = ("systemctl", "--user")

ACTIVITIES: dict[str, Activity] = {
    "active": "running",
    "reloading": "running",
    "activating": "starting",
    "deactivating": "stopping",
    "failed": "failed",
}
"""Of ActiveState (org.freedesktop.systemd1(5)); "inactive" and what may come later is "stopped"."""


_ESCAPE = re.compile(r"\\([0-7]{3}|.)")
_CONTROLS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def shell_value(shown: str) -> str:
    """A value as `systemctl show-environment` writes it for shells: plain, or $'…' where it has special characters."""
    quoted = re.fullmatch(r"\$'(.*)'", shown)
    if quoted is None:
        return shown

    def character(match: re.Match[str]) -> str:
        escaped = match.group(1)
        return chr(int(escaped, 8)) if len(escaped) == 3 else _CONTROLS.get(escaped, escaped)

    return _ESCAPE.sub(character, quoted.group(1))


class Systemd:
    """A ServiceManager. `file` is the unit's."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.links = (file.parent / "default.target.wants" / UNIT,)

    name: Literal["systemd"] = "systemd"
    enabling = (Step((*SYSTEMCTL, "enable", UNIT)),)
    installing = (Step((*SYSTEMCTL, "daemon-reload")), *enabling)
    # A service that failed too often is not started again before that is forgotten.
    starting = (Step((*SYSTEMCTL, "reset-failed", UNIT), may_fail=True), Step((*SYSTEMCTL, "start", UNIT)))
    removing = (Step((*SYSTEMCTL, "disable", "--now", UNIT)),)
    removed = (Step((*SYSTEMCTL, "daemon-reload")), Step((*SYSTEMCTL, "reset-failed", UNIT), may_fail=True))

    def content(self, service: ServiceDefinition) -> bytes:
        """The unit."""
        return unit_text(service).encode()

    def command_in(self, content: bytes) -> tuple[str, ...] | None:
        """What its ExecStart runs."""
        return read_command(content)

    def environment(self) -> Mapping[str, str]:
        """`systemctl --user show-environment`: HOME and its like, environment.d, and what the desktop imported.

        Raises ServiceUnavailable also where systemd looks for units elsewhere than this shell's XDG_CONFIG_HOME says.
        """
        shown = self._ask("show-environment")
        pairs = (line.partition("=") for line in shown.splitlines())
        shared = {name: shell_value(value) for name, equals, value in pairs if equals}
        home = shared.get("XDG_CONFIG_HOME") or (f"{shared['HOME']}/.config" if "HOME" in shared else None)
        if home is not None and Path(home).resolve() != self.file.parents[2].resolve():
            raise ServiceUnavailable(
                f"systemd looks for units below {home}, but XDG_CONFIG_HOME and HOME of this shell lead to "
                f"{self.file.parents[2]}. Set them as systemd has them, and install again."
            )
        return shared

    def state(self) -> ServiceState:
        """From the unit's properties."""
        shown = self._ask("show", UNIT, "--property=ActiveState,MainPID,Result,ExecMainStatus,UnitFileState")
        found = {name: value for name, _, value in (line.partition("=") for line in shown.splitlines())}
        result, pid = found.get("Result", ""), found.get("MainPID", "0")
        return ServiceState(
            activity=ACTIVITIES.get(found.get("ActiveState", ""), "stopped"),
            pid=int(pid) if pid.isdecimal() and pid != "0" else None,
            at_login=found.get("UnitFileState") in ("enabled", "enabled-runtime"),
            detail="" if result in ("", "success") else f"{result} {found.get('ExecMainStatus', '')}".strip(),
        )

    def start(self) -> None:
        """Returns when the daemon answers (Type=notify)."""
        self._take(self.starting, START_SECONDS + QUICK_SECONDS)

    def stop(self) -> None:
        """Returns when it is gone."""
        self._take((Step((*SYSTEMCTL, "stop", UNIT)),), STOP_SECONDS + QUICK_SECONDS)

    def hint(self) -> str | None:
        """Without lingering a user's services end with the last session; None where that is on, or not known."""
        try:
            shown = run(("loginctl", "show-user", str(os.getuid()), "--property=Linger", "--value"))
        except ServiceUnavailable:
            return None
        if shown.code != 0 or shown.output != "no":
            return None
        return "It ends when you log out. `loginctl enable-linger` lets it run from the machine's start on."

    def _take(self, steps: tuple[Step, ...], seconds: float) -> None:
        try:
            take(steps, seconds)
        except ServiceFailed:
            self._ask("show", "--property=Version")  # that systemd cannot be reached is another failure
            raise

    def _ask(self, *arguments: str) -> str:
        asked = run((*SYSTEMCTL, *arguments))
        if asked.code == 0:
            return asked.output
        raise ServiceUnavailable(
            f"systemd cannot be reached for this user ({asked.said}). In a container let its main process be "
            "`ccr start --foreground`. Under su or sudo log in as the user (ssh, `machinectl shell USER@`), or "
            f"`loginctl enable-linger` and `export XDG_RUNTIME_DIR=/run/user/{os.getuid()}`. "
            "Without it, `ccr start` runs the daemon as ever."
        )
