"""`ccr service` and the commands that go through it, with real processes and doubles of the service managers."""

import os
import signal
import stat
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from ccrouter.daemon.control import Health, Silent, probe

if TYPE_CHECKING:
    from tests.commands.service.conftest import Serviced

pytestmark = pytest.mark.skipif(os.name != "posix", reason="systemd and launchd are on POSIX")

PROVIDER = {"name": "mock", "api_base_url": "http://127.0.0.1:9/v1", "api_key": "$MOCK_KEY", "models": ["m-text"]}
BOTH = pytest.mark.parametrize("platform", ["linux", "darwin"])
RELOAD, ENABLE, RESET, START = (
    f"systemctl --user {words}"
    for words in (
        "daemon-reload",
        "enable ccrouter.service",
        "reset-failed ccrouter.service",
        "start ccrouter.service",
    )
)


def changing(calls: list[str]) -> list[str]:
    """The calls that change something."""
    asking = ("show", "print", "loginctl")
    return [call for call in calls if not any(word in call.split()[:3] for word in (*asking, "show-environment"))]


def wait_for(holds: Any, seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@BOTH
def test_from_install_to_remove(serviced: "Serviced", platform: str) -> None:
    serviced.platform = platform
    ccr = serviced.ccr
    installed = serviced.done("service", "install")
    assert f"The service is installed: {serviced.file}" in installed
    assert isinstance(probe(ccr.endpoint), Health)
    manager = "systemd" if platform == "linux" else "launchd"
    assert ccr.state()["service"] == manager
    assert f"Service: {manager}" in installed
    first = ccr.pid()
    assert '"leaked": []' in serviced.done("status", "--json")
    assert f"Service: {manager} started it" in serviced.done("status")

    serviced.done("restart")
    second = ccr.pid()
    assert second != first
    assert ccr.state()["service"] == manager

    assert serviced.done("stop") == "ccrouter has been stopped.\n"
    assert probe(ccr.endpoint) == Silent()
    shown = serviced.run("status")
    assert shown.returncode == 3
    assert "Service: installed" in shown.stdout
    assert serviced.status()["activity"] == "stopped"

    serviced.done("start")
    assert ccr.state()["service"] == manager
    assert serviced.status() | {"command": None} == {
        "installed": True,
        "manager": manager,
        "file": str(serviced.file),
        "config": str(ccr.config),
        "command": None,
        "activity": "running",
        "pid": ccr.pid(),
        "at_login": True,
        "unavailable": None,
        "findings": [],
    }

    removed = serviced.done("service", "remove")
    assert "Its daemon has been stopped." in removed
    assert not serviced.file.exists()
    assert not list(serviced.file.parent.rglob("*.service"))
    assert probe(ccr.endpoint) == Silent()
    assert "no service of ccrouter's" in serviced.done("service", "remove")
    serviced.done("start")
    assert ccr.state()["service"] == ""


def test_the_calls_of_an_installation(serviced: "Serviced") -> None:
    serviced.done("service", "install")
    assert changing(serviced.managers.calls()) == [RELOAD, ENABLE, RESET, START]
    serviced.done("service", "remove")
    calls = changing(serviced.managers.calls())
    # Whether the manager has seen by then that the daemon is gone is a matter of milliseconds; if not, it is told.
    assert calls[:-3] in ([], ["systemctl --user stop ccrouter.service"])
    assert calls[-3:] == ["systemctl --user disable --now ccrouter.service", RELOAD, RESET]


def test_a_dry_run_shows_everything_and_changes_nothing(serviced: "Serviced") -> None:
    shown = serviced.done("service", "install", "--dry-run")
    assert f"{serviced.file}:" in shown
    assert "    ExecStart=" in shown
    for call in (RELOAD, ENABLE, START):
        assert f"    {call}\n" in shown
    assert not serviced.file.parent.exists()
    assert changing(serviced.managers.calls()) == []
    serviced.done("service", "install")
    serviced.managers.calls()
    assert str(serviced.file) in serviced.done("service", "remove", "--dry-run")
    assert serviced.file.exists()
    assert changing(serviced.managers.calls()) == []


def test_a_dry_run_needs_no_session(serviced: "Serviced") -> None:
    serviced.managers.put("broken", "Failed to connect to bus: No medium found")
    shown = serviced.run("service", "install", "--dry-run")
    assert shown.returncode == 0
    assert "ExecStart=" in shown.stdout
    assert "No medium found" in shown.stderr


def test_installing_again_changes_nothing_that_is_up_to_date(serviced: "Serviced") -> None:
    serviced.done("service", "install")
    pid, content = serviced.ccr.pid(), serviced.file.read_text()
    assert "is installed" in serviced.done("service", "install")
    assert (serviced.ccr.pid(), serviced.file.read_text()) == (pid, content)
    serviced.file.write_text(content.replace("RestartSec=2", "RestartSec=9"))
    serviced.done("service", "install")
    assert serviced.file.read_text() == content
    assert serviced.ccr.pid() != pid
    assert isinstance(probe(serviced.ccr.endpoint), Health)


def test_a_daemon_that_runs_by_hand_becomes_the_service(serviced: "Serviced") -> None:
    serviced.done("start")
    by_hand = serviced.ccr.pid()
    installed = serviced.run("service", "install")
    assert installed.returncode == 0
    assert "is stopped first, and started as a service" in installed.stderr
    assert serviced.ccr.pid() != by_hand
    assert serviced.ccr.state()["service"] == "systemd"


def test_the_unit_holds_no_key_and_says_what_the_service_lacks(serviced: "Serviced") -> None:
    serviced.ccr.write_config(Providers=[PROVIDER])
    secret = "sk-very-secret-0123456789"
    environment = {"MOCK_KEY": secret, "HTTPS_PROXY": f"http://user:{secret}@proxy:1", "NO_PROXY": "internal"}
    told = serviced.run("service", "install", **environment)
    assert told.returncode == 0
    content = serviced.file.read_text()
    assert secret not in content
    assert "Environment=NO_PROXY=internal" in content
    assert f"does not see this shell's MOCK_KEY. Put it into {serviced.dotenv}" in told.stderr
    assert "HTTPS_PROXY holds a password" in told.stderr
    assert secret not in told.stdout + told.stderr
    assert stat.S_IMODE(serviced.file.stat().st_mode) == 0o600


def test_variables_can_be_kept_in_the_dotenv(serviced: "Serviced") -> None:
    serviced.ccr.write_config(Providers=[PROVIDER])
    serviced.dotenv.write_text("OTHER=1\n")
    told = serviced.run("service", "install", "--keep-variables", MOCK_KEY="sk-secret")
    assert told.returncode == 0, told
    assert serviced.dotenv.read_text() == "OTHER=1\nMOCK_KEY=sk-secret\n"
    assert stat.S_IMODE(serviced.dotenv.stat().st_mode) == 0o600
    assert f"Now in {serviced.dotenv} (only you can read it): MOCK_KEY" in told.stdout
    assert "does not see" not in told.stderr
    assert "does not see" not in serviced.run("service", "install", MOCK_KEY="sk-secret").stderr


def test_a_dotenv_that_is_no_text_is_left_alone(serviced: "Serviced") -> None:
    serviced.ccr.write_config(Providers=[PROVIDER])
    serviced.dotenv.write_bytes(b"\xff\xfe\x00")
    told = serviced.refused("service", "install", "--keep-variables", MOCK_KEY="sk-secret")
    assert str(serviced.dotenv) in told
    assert serviced.dotenv.read_bytes() == b"\xff\xfe\x00"
    assert not serviced.file.exists()


def test_variables_of_the_service_manager_are_not_lacking(serviced: "Serviced") -> None:
    serviced.ccr.write_config(Providers=[PROVIDER])
    serviced.managers.put("environment", "MOCK_KEY=sk-secret\n")
    assert "does not see" not in serviced.run("service", "install", MOCK_KEY="sk-secret").stderr


def test_a_config_that_only_this_shell_makes_good_is_refused(serviced: "Serviced") -> None:
    serviced.ccr.write_config(Router={"default": "${DEFAULT_ROUTE:-nobody,m}"})
    told = serviced.refused("service", "install", DEFAULT_ROUTE="mock,m-text")
    assert "DEFAULT_ROUTE" in told
    assert "nobody" in told
    assert not serviced.file.exists()
    serviced.done("service", "install", "--keep-variables", DEFAULT_ROUTE="mock,m-text")


def test_a_broken_config_is_told_and_nothing_is_written(serviced: "Serviced") -> None:
    serviced.ccr.write_config(Router={"default": "nobody,m"})
    told = serviced.refused("service", "install")
    assert "no service was installed" in told
    assert "nobody" in told
    assert not serviced.file.parent.exists()
    assert changing(serviced.managers.calls()) == []


def test_without_a_config_there_is_nothing_to_serve(serviced: "Serviced") -> None:
    serviced.ccr.config.unlink()
    assert "ccr init" in serviced.refused("service", "install")
    assert not serviced.file.exists()


@pytest.mark.parametrize("kind", ["a file", "a link", "a mask"])
def test_a_file_that_is_not_ours_is_left_alone(serviced: "Serviced", kind: str, tmp_path: Path) -> None:
    file = serviced.file
    file.parent.mkdir(parents=True)
    if kind == "a file":
        file.write_text("[Service]\nExecStart=/usr/bin/my-own\n")
    elif kind == "a mask":
        file.symlink_to(os.devnull)
    else:
        (tmp_path / "dotfiles").write_text("[Service]\n")
        file.symlink_to(tmp_path / "dotfiles")
    words = {"a file": "was not made by ccrouter", "a link": "is a link", "a mask": "is masked"}[kind]
    before = file.read_bytes()
    for arguments in (["service", "install"], ["service", "remove"]):
        assert f"{file} {words}" in serviced.refused(*arguments)
    assert f"{file} {words}" in serviced.run("service", "status").stderr
    assert file.read_bytes() == before
    serviced.done("start")  # by hand: that service is nobody's business
    assert serviced.ccr.state()["service"] == ""
    serviced.done("uninstall", "--yes")
    assert os.path.lexists(file)


def test_another_config_takes_the_service_only_when_told_to(serviced: "Serviced", tmp_path: Path) -> None:
    serviced.done("service", "install")
    other = tmp_path / "other folder" / "ccr.json"
    other.parent.mkdir()
    other.write_text(serviced.ccr.config.read_text())
    told = serviced.refused("service", "install", "--config", str(other))
    assert str(serviced.ccr.config) in told
    assert "--replace" in told
    serviced.done("service", "install", "--config", str(other), "--replace")
    assert serviced.status()["config"] == str(other)
    assert not (serviced.ccr.folder / "daemon.json").exists()
    assert isinstance(probe(serviced.ccr.endpoint), Health)


def test_an_env_file_of_a_proxy_is_served(serviced: "Serviced") -> None:
    file = serviced.ccr.home / "proxy.env"
    file.write_text(f"OPENAI_API_KEY=k\nOPENAI_BASE_URL=http://127.0.0.1:9/v1\nPORT={serviced.ccr.port}\nBIG_MODEL=m\n")
    shown = serviced.done("service", "install", "--dry-run", "--env-file", str(file))
    assert f"--config {file}" in shown
    both = serviced.run("service", "install", "--env-file", str(file), "--config", str(file))
    assert both.returncode == 2


def test_a_taken_port_is_told_before_anything_is_written(serviced: "Serviced") -> None:
    with HTTPServer(("127.0.0.1", serviced.ccr.port), BaseHTTPRequestHandler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        told = serviced.refused("service", "install")
        server.shutdown()
        thread.join()
    assert f"Port {serviced.ccr.port} on 127.0.0.1 is taken by another program" in told
    assert "No service was installed." in told
    assert not serviced.file.exists()


def test_an_installation_that_does_not_start_is_taken_back(serviced: "Serviced") -> None:
    (serviced.ccr.folder / "misbehave").write_text("bad-config")
    told = serviced.refused("service", "install")
    assert "The config cannot be used:" in told
    assert "Did you mean mock?" in told
    assert not serviced.file.exists()
    assert not list(serviced.file.parent.rglob("*.service"))


def test_the_daemon_of_before_is_back_after_a_failed_installation(serviced: "Serviced") -> None:
    serviced.done("service", "install")
    content = serviced.file.read_text()
    serviced.file.write_text(content.replace("RestartSec=2", "RestartSec=3"))
    (serviced.ccr.folder / "misbehave").write_text("bug")
    told = serviced.refused("service", "install")
    assert f"ZeroDivisionError: a bug. The traceback is in {serviced.ccr.folder}" in told
    assert "RestartSec=3" in serviced.file.read_text()


def test_the_reason_of_a_failed_start_is_told(serviced: "Serviced") -> None:
    serviced.done("service", "install")
    serviced.done("stop")
    (serviced.ccr.folder / "misbehave").write_text("bad-config")
    told = serviced.refused("start")
    assert "The config cannot be used:" in told
    assert "Did you mean mock?" in told
    assert "ERROR" not in told
    assert serviced.status()["activity"] == "stopped"  # and systemd does not go on trying
    (serviced.ccr.folder / "misbehave").write_text("crash")
    assert "The service did not start." in serviced.refused("start")


def test_a_killed_daemon_is_started_again(serviced: "Serviced") -> None:
    serviced.done("service", "install")
    killed = serviced.ccr.pid()
    os.kill(killed, signal.SIGKILL)
    wait_for(lambda: serviced.ccr.pid() != killed and isinstance(probe(serviced.ccr.endpoint), Health))
    assert serviced.ccr.state()["service"] == "systemd"


def test_stop_ends_a_service_between_two_tries(serviced: "Serviced") -> None:
    serviced.done("service", "install", FAKE_RESTART_SECONDS="30")
    killed = serviced.ccr.pid()
    os.kill(killed, signal.SIGKILL)
    wait_for(lambda: serviced.status()["activity"] == "starting")
    assert serviced.done("stop") == "ccrouter has been stopped.\n"
    assert serviced.status()["activity"] == "stopped"
    assert serviced.done("stop") == "ccrouter is not running.\n"


def test_a_daemon_ended_by_force_stays_ended(serviced: "Serviced") -> None:
    (serviced.ccr.folder / "misbehave").write_text("immortal")
    serviced.done("service", "install", FAKE_RESTART_SECONDS="1")
    stopped = serviced.run("stop", "--timeout", "0.2")
    assert stopped.returncode == 0
    assert "was killed" in stopped.stderr
    assert serviced.status()["activity"] == "stopped"
    assert probe(serviced.ccr.endpoint) == Silent()


def test_start_goes_by_hand_where_systemd_cannot_be_reached(serviced: "Serviced") -> None:
    serviced.done("service", "install")
    serviced.done("stop")
    serviced.managers.put("broken", "Failed to connect to bus: No medium found")
    started = serviced.run("start")
    assert started.returncode == 0, started
    assert "started by hand" in started.stderr
    assert serviced.ccr.state()["service"] == ""
    assert serviced.run("stop").returncode == 0


def test_no_session_of_systemd_is_one_clear_line(serviced: "Serviced") -> None:
    serviced.managers.put("broken", "Failed to connect to bus: No medium found")
    told = serviced.refused("service", "install")
    assert len(told.strip().splitlines()) == 1
    assert "Failed to connect to bus" in told
    assert "ccr start --foreground" in told
    assert not serviced.file.exists()


def test_units_where_systemd_does_not_look_are_refused(serviced: "Serviced", tmp_path: Path) -> None:
    told = serviced.refused("service", "install", XDG_CONFIG_HOME=str(tmp_path / "elsewhere"))
    assert f"systemd looks for units below {serviced.ccr.home}/.config" in told
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(("platform", "words"), [("linux", "no systemd here"), ("win32", "schtasks")])
def test_no_service_manager_is_one_clear_line(serviced: "Serviced", platform: str, words: str) -> None:
    serviced.platform = platform
    told = serviced.refused("service", "install", PATH=str(serviced.ccr.home))
    assert len(told.strip().splitlines()) == 1
    assert words in told
    shown = serviced.run("service", "status", PATH=str(serviced.ccr.home))
    assert shown.returncode == 3
    assert words in shown.stderr


def test_remove_works_without_a_session(serviced: "Serviced") -> None:
    serviced.done("service", "install")
    serviced.managers.put("broken", "Failed to connect to bus: No medium found")
    removed = serviced.run("service", "remove")
    assert removed.returncode == 0
    assert "without the service manager's knowing" in removed.stderr
    assert not list(serviced.file.parent.rglob("*.service"))
    assert probe(serviced.ccr.endpoint) == Silent()


def test_lingering_is_hinted_at_where_it_is_off(serviced: "Serviced") -> None:
    assert "enable-linger" not in serviced.run("service", "install").stderr
    serviced.managers.put("linger", "no")
    assert "loginctl enable-linger" in serviced.run("service", "install").stderr
    assert "loginctl enable-linger" in serviced.run("service", "status").stderr


def test_what_is_wrong_with_the_service_is_told(serviced: "Serviced") -> None:
    serviced.done("service", "install")
    python = next(line for line in serviced.file.read_text().splitlines() if line.startswith("ExecStart=")).split()[0]
    gone = serviced.file.read_text().replace(python, "ExecStart=/gone/python")
    serviced.file.write_text(gone)
    assert "/gone/python, which is not there any more" in serviced.run("service", "status").stderr
    doctor = serviced.run("doctor", "--json")
    assert "ccr service install" in doctor.stdout
    assert "/gone/python" in doctor.stdout


@BOTH
def test_uninstall_takes_the_service_away(serviced: "Serviced", platform: str) -> None:
    serviced.platform = platform
    serviced.done("service", "install")
    assert f"  {serviced.file}\n" in serviced.done("uninstall", "--dry-run")
    assert serviced.file.exists()
    serviced.done("uninstall", "--yes")
    assert not serviced.file.exists()
    assert probe(serviced.ccr.endpoint) == Silent()
    assert serviced.ccr.files() == ["config.json"]


def test_uninstall_of_another_config_leaves_the_service(serviced: "Serviced", tmp_path: Path) -> None:
    serviced.done("service", "install")
    other = tmp_path / "other" / "config.json"
    other.parent.mkdir()
    other.write_text(serviced.ccr.config.read_text().replace(str(serviced.ccr.port), "1"))
    told = serviced.run("--config", str(other), "uninstall", "--yes")
    assert "`ccr service remove` takes it away" in told.stderr
    assert serviced.file.exists()
    assert isinstance(probe(serviced.ccr.endpoint), Health)
