"""Where a service's file is, and which config it is about."""

import os
from pathlib import Path

import pytest

from ccrouter.daemon.service import finding
from ccrouter.daemon.service.base import ServiceUnavailable
from ccrouter.daemon.service.definition import ServiceDefinition
from ccrouter.daemon.service.launchd import Launchd
from ccrouter.daemon.service.systemd import Systemd
from ccrouter.daemon.service.systemd_unit import unit_text

pytestmark = pytest.mark.skipif(os.name != "posix", reason="systemd and launchd are on POSIX")


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A machine with a `systemctl`."""
    monkeypatch.setenv("HOME", str(tmp_path))
    program = tmp_path / "bin" / "systemctl"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return {"PATH": str(program.parent)}


@pytest.mark.parametrize(("named", "folder"), [("", "{}/.config"), ("/elsewhere", "/elsewhere"), ("rel", "{}/.config")])
def test_the_folder_of_units(named: str, folder: str, environment: dict[str, str], tmp_path: Path) -> None:
    monkeyed = {**environment, "XDG_CONFIG_HOME": named}
    assert finding.systemd_folder(monkeyed) == Path(folder.format(tmp_path)) / "systemd" / "user"


def test_each_platform_has_its_own(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "PLATFORM", "darwin")
    assert finding.service_manager({}).file == tmp_path / "Library" / "LaunchAgents" / "ccrouter.plist"
    assert isinstance(finding.service_manager({}), Launchd)
    monkeypatch.setattr(finding, "PLATFORM", "linux")
    assert isinstance(finding.service_manager(environment), Systemd)
    for platform, path in (("win32", environment["PATH"]), ("linux", str(tmp_path)), ("freebsd14", str(tmp_path))):
        monkeypatch.setattr(finding, "PLATFORM", platform)
        with pytest.raises(ServiceUnavailable):
            finding.service_manager({"PATH": path})
        assert finding.service_of(tmp_path / "config.json", {"PATH": path}) is None


def test_the_service_of_a_config(environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "PLATFORM", "linux")
    config = tmp_path / "config.json"
    config.write_text("{}")
    link = tmp_path / "link.json"
    link.symlink_to(config)
    assert finding.service_of(config, environment) is None
    manager = finding.service_manager(environment)
    manager.file.parent.mkdir(parents=True)
    command = ["/python", "-m", "ccrouter", "start", "--config", str(config)]
    manager.file.write_text(unit_text(ServiceDefinition(command, tmp_path, {}, tmp_path / "log")))
    for path in (config, link):
        found = finding.service_of(path, environment)
        assert found is not None
        assert found.file == manager.file
    assert finding.service_of(tmp_path / "other.json", environment) is None
