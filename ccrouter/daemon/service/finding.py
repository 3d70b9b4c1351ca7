"""Which service manager this machine has, and what is installed there under our name. Only reads."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from ccrouter.config.locations import user_directory
from ccrouter.config.problems import ConfigError
from ccrouter.daemon.service.base import ServiceManager, ServiceUnavailable
from ccrouter.daemon.service.definition import Installed, NotOurs
from ccrouter.daemon.service.launch_agent import LABEL
from ccrouter.daemon.service.launchd import Launchd
from ccrouter.daemon.service.systemd import Systemd
from ccrouter.daemon.service.systemd_unit import UNIT

PLATFORM = sys.platform

Found: TypeAlias = Installed | NotOurs | None


def service_manager(environment: Mapping[str, str]) -> ServiceManager:
    """The platform's, whether or not it can be reached.

    Raises:
        ServiceUnavailable: there is none that ccrouter knows.
        ConfigError: nobody knows where the user's home is.
    """
    if PLATFORM == "darwin":
        return Launchd(user_directory() / "Library" / "LaunchAgents" / f"{LABEL}.plist", environment)
    if PLATFORM == "win32":
        raise ServiceUnavailable(
            "Windows has no services of this kind. Its Task Scheduler can run `ccr start` when you log in: "
            'schtasks /Create /SC ONLOGON /TN ccrouter /TR "ccr start"'
        )
    file = systemd_folder(environment) / UNIT
    from shutil import which

    if which("systemctl", path=environment.get("PATH")) is None:
        raise ServiceUnavailable(
            "There is no systemd here (no `systemctl`). In a container let its main process be "
            "`ccr start --foreground`; elsewhere have your init system run that, or run `ccr start` when you log in."
        )
    return Systemd(file)


def systemd_folder(environment: Mapping[str, str]) -> Path:
    """Where a user's units are (systemd.unit(5)); a relative XDG_CONFIG_HOME does not count (basedir-spec)."""
    named = Path(environment.get("XDG_CONFIG_HOME") or "")
    return (named if named.is_absolute() else user_directory() / ".config") / "systemd" / "user"


def find_installed(manager: ServiceManager) -> Found:
    """What has the name of our service's file."""
    file = manager.file
    if file.is_symlink():
        masked = os.path.realpath(file) == os.devnull
        why = "is masked (`systemctl --user unmask`)" if masked else "is a link, which ccrouter did not make"
        return NotOurs(file, why)
    try:
        content = file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return NotOurs(file, f"cannot be read ({error.strerror})")
    command = manager.command_in(content)
    if command is None:
        return NotOurs(file, "was not made by ccrouter")
    if not command:
        return NotOurs(file, "runs nothing: somebody changed it")
    return Installed(file, command)


def installed_service(environment: Mapping[str, str]) -> Found:
    """As above, whichever service manager there is; None where there is none."""
    try:
        return find_installed(service_manager(environment))
    except (ServiceUnavailable, ConfigError):
        return None


def service_of(config: Path, environment: Mapping[str, str]) -> ServiceManager | None:
    """The manager of the installed service that serves the config at `config`; None where there is no such service."""
    found = installed_service(environment)
    return service_manager(environment) if isinstance(found, Installed) and found.serves(config) else None
