"""The unit and the property list against golden files, and what is read back from them."""

import os
import plistlib
from dataclasses import replace
from pathlib import Path

import pytest

from ccrouter.daemon.service import launch_agent, systemd_unit
from ccrouter.daemon.service.definition import Installed, ServiceDefinition, UnfitPath
from tests.services.double import systemctl_module

GOLDEN = Path(__file__).parents[2] / "golden" / "service"

AWKWARD = "/home/李 雷/100%/a \"b\" 'c' $HOME\\d"
"""Everything that means something in a unit, in one path."""
AWKWARD_PROGRAMS = "/home/李 雷/100%/$HOME"
"""The same but for quotes and backslashes, which systemd does not take in a program's path."""


def definition(home: str, programs: str) -> ServiceDefinition:
    folder = Path(f"{home}/.claude-code-router")
    arguments = ["-P", "-m", "ccrouter", "start", "--foreground", "--config", f"{folder}/config.json"]
    return ServiceDefinition(
        command=[f"{programs}/ccrouter/bin/python", *arguments],
        folder=folder,
        environment={"PATH": f"{home}/bin:/usr/bin:/bin", "HTTPS_PROXY": "http://proxy.example:3128/%7Ea?b=$c"},
        log=folder / "claude-code-router.log",
    )


CASES = {"plain": definition("/home/ada", "/home/ada/tools"), "awkward": definition(AWKWARD, AWKWARD_PROGRAMS)}


@pytest.mark.parametrize("case", CASES)
def test_the_unit(case: str) -> None:
    assert systemd_unit.unit_text(CASES[case]) == (GOLDEN / f"{case}.service").read_text("utf-8")


@pytest.mark.parametrize("case", CASES)
def test_the_property_list(case: str) -> None:
    assert launch_agent.agent_plist(CASES[case]) == (GOLDEN / f"{case}.plist").read_bytes()


@pytest.mark.parametrize("case", CASES)
def test_what_is_read_back_is_what_was_written(case: str) -> None:
    service = CASES[case]
    command = tuple(service.command)
    assert systemd_unit.read_command(systemd_unit.unit_text(service).encode()) == command
    assert launch_agent.read_command(launch_agent.agent_plist(service)) == command
    installed = Installed(Path("/x/ccrouter.service"), command)
    assert installed.config == service.folder / "config.json"
    assert installed.program == Path(command[0])
    assert installed.serves(service.folder / ".." / ".claude-code-router" / "config.json")


@pytest.mark.skipif(os.name != "posix", reason="the double of systemctl is for POSIX")
@pytest.mark.parametrize("case", CASES)
def test_another_reader_of_units_understands_the_same(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_SYSTEMD", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    unit = tmp_path / "systemd" / "user" / "ccrouter.service"
    unit.parent.mkdir(parents=True)
    unit.write_text(systemd_unit.unit_text(CASES[case]))
    read = systemctl_module().read_unit("ccrouter.service")
    assert read["ExecStart"] == CASES[case].command
    assert read["WorkingDirectory"] == str(CASES[case].folder)
    assert read["Environment"] == {"CCR_SERVICE": "systemd", **CASES[case].environment}


def test_the_property_list_is_one_and_says_who_made_it() -> None:
    content = launch_agent.agent_plist(CASES["plain"])
    agent = plistlib.loads(content)
    assert agent["KeepAlive"] == {"SuccessfulExit": False}
    assert agent["EnvironmentVariables"]["CCR_SERVICE"] == "launchd"
    assert b"<!-- Made by ccrouter" in content


@pytest.mark.parametrize(
    "content",
    [b"", b"[Service]\nExecStart=/usr/bin/ccrouter\n", b"\xff\xfe", b"[Unit]\n# Made by ccrouter\n"],
)
def test_a_unit_of_somebody_else_is_not_ours(content: bytes) -> None:
    assert systemd_unit.read_command(content) is None


@pytest.mark.parametrize(
    "content", [b"", b"<plist", b"bplist00 and nonsense", plistlib.dumps({"Label": "ccrouter"}), plistlib.dumps([1])]
)
def test_an_agent_of_somebody_else_is_not_ours(content: bytes) -> None:
    assert launch_agent.read_command(content) is None


def test_a_unit_of_ours_without_a_command_runs_nothing() -> None:
    text = systemd_unit.unit_text(CASES["plain"])
    cut = "\n".join(line for line in text.splitlines() if not line.startswith("ExecStart"))
    assert systemd_unit.read_command(cut.encode()) == ()


def test_a_command_without_a_config_serves_none() -> None:
    installed = Installed(Path("x"), ("/bin/python", "-m", "ccrouter", "start", "--config"))
    assert installed.config is None
    assert not installed.serves(Path("/any"))


@pytest.mark.parametrize("folder", ["/a\nExecStartPre=/bin/evil", "/a\x07", "/a\udcff", "/ends with\\", "/ends with "])
def test_a_path_that_no_unit_can_hold_is_refused(folder: str) -> None:
    with pytest.raises(UnfitPath, match="Rename it"):
        replace(CASES["plain"], folder=Path(folder))


@pytest.mark.parametrize("program", ["/a'b/python", '/a"b/python', "/a\\b/python"])
def test_a_program_that_systemd_does_not_run_is_refused(program: str) -> None:
    service = replace(CASES["plain"], command=[program, *CASES["plain"].command[1:]])
    with pytest.raises(UnfitPath, match="quotes or backslashes"):
        systemd_unit.unit_text(service)
    assert launch_agent.read_command(launch_agent.agent_plist(service)) == tuple(service.command)


def test_a_line_break_in_a_variable_is_refused() -> None:
    with pytest.raises(UnfitPath):
        replace(CASES["plain"], environment={"NO_PROXY": "a\nb"})
