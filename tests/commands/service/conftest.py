"""A `ccr` whose machine has service managers: the doubles of tests/services."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.commands.conftest import Ccr
from tests.services.double import ServiceManagers, install_doubles

UNIT = "ccrouter.service"
UID = os.getuid() if os.name == "posix" else 0


@dataclass
class Serviced:
    """`platform` is a sys.platform."""

    ccr: Ccr
    managers: ServiceManagers
    platform: str = "linux"

    @property
    def file(self) -> Path:
        """Where the service's file belongs."""
        if self.platform == "darwin":
            return self.ccr.home / "Library" / "LaunchAgents" / "ccrouter.plist"
        return self.ccr.home / ".config" / "systemd" / "user" / UNIT

    @property
    def dotenv(self) -> Path:
        return self.ccr.folder / ".env"

    def run(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        given = {**self.managers.environment, "FAKE_PLATFORM": self.platform, **environment}
        return self.ccr.run(*arguments, **given)

    def done(self, *arguments: str, **environment: str) -> str:
        """The output of a command that must go well."""
        ran = self.run(*arguments, **environment)
        assert ran.returncode == 0, ran
        return ran.stdout

    def refused(self, *arguments: str, **environment: str) -> str:
        """What a command said that must fail, with a line and no traceback."""
        ran = self.run(*arguments, **environment)
        assert ran.returncode == 1, ran
        assert "Traceback" not in ran.stderr
        return ran.stderr

    def status(self) -> Any:
        """`ccr service status --json`."""
        return json.loads(self.run("service", "status", "--json").stdout)

    def leave(self) -> None:
        """Nothing that the doubles started is left running."""
        for program, arguments in (
            ("systemctl", ("--user", "stop", UNIT)),
            ("launchctl", ("bootout", f"gui/{UID}/ccrouter")),
        ):
            with suppress(OSError):
                (self.managers.folder / "broken").unlink(missing_ok=True)
                subprocess.run(
                    [self.managers.folder / "bin" / program, *arguments],
                    env=self.ccr.environment(**self.managers.environment),
                    capture_output=True,
                    check=False,
                )


@pytest.fixture
def serviced(ccr: Ccr, tmp_path: Path) -> Iterator[Serviced]:
    """With systemd; a test that sets `platform` has launchd."""
    made = Serviced(ccr, install_doubles(tmp_path / "managers"))
    yield made
    made.leave()
