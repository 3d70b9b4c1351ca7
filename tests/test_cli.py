"""The command line itself: loading, help, versions, errors."""

import subprocess
import sys
from pathlib import Path

import click
import pytest

from ccrouter import __version__, cli
from ccrouter.errors import CCRouterError

HEAVY = (
    "aiohttp", "jsonschema", "rich", "tiktoken", "asyncio", "uvloop", "yaml", "regex", "http.client", "urllib.request",
    "email", "ssl", "logging", "ccrouter.config.load",
)  # fmt: skip


def loaded_by(arguments: str) -> list[str]:
    """Which heavy modules a command line loads."""
    program = (
        "import sys\n"
        "from ccrouter import cli\n"
        f"code = cli.run({arguments.split()!r})\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout
    loaded: list[str] = eval(result.stderr.strip().splitlines()[-1])  # our own output
    return loaded


@pytest.mark.parametrize("arguments", ["--help", "-h", "help", "--version", "version", "start --help", "stop --help"])
def test_help_and_version_load_nothing_heavy(arguments: str) -> None:
    assert loaded_by(arguments) == []


def test_status_stays_quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.delenv("CCR_CONFIG", raising=False)
    assert loaded_by("status") == []


@pytest.mark.parametrize("arguments", [["-v"], ["--version"], ["version"]])
def test_the_version(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(arguments) == 0
    assert capsys.readouterr().out == f"ccrouter version: {__version__}\n"


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--help"]) == 0
    text = capsys.readouterr().out
    for name, entry in cli.COMMANDS.items():
        assert f"  {name} " in text or f"  {name}\n" in text
        assert entry.summary in text


def test_nothing_asked_for_is_help_and_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([]) == 1
    assert "Commands:" in capsys.readouterr().out


def test_an_unknown_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["strat"]) == 2
    errors = capsys.readouterr().err
    assert "There is no command 'strat'. Did you mean `ccr start`?" in errors
    assert cli.run(["ui"]) == 2
    assert "original" in capsys.readouterr().err


@pytest.mark.parametrize("name", list(cli.COMMANDS))
def test_every_command_is_where_the_table_says(name: str) -> None:
    command = cli.LazyGroup().get_command(click.Context(cli.cli), name)
    assert isinstance(command, click.Command)
    assert command.help


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """`ccr version` raises what is put in here."""
    errors: list[BaseException] = []

    @click.command()
    def broken() -> None:
        raise errors[0]

    def find(group: cli.LazyGroup, ctx: click.Context, cmd_name: str) -> click.Command:
        return broken

    monkeypatch.setattr(cli.LazyGroup, "get_command", find)
    monkeypatch.delenv("CCR_DEBUG", raising=False)
    return errors


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (CCRouterError("It is so."), "It is so.\n"),
        (PermissionError(13, "Permission denied", "/home/x/daemon.json"), "/home/x/daemon.json: Permission denied\n"),
    ],
)
def test_an_error_that_is_no_bug_is_one_line(
    failing: list[BaseException], error: Exception, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    failing.append(error)
    assert cli.run(["version"]) == 1
    assert capsys.readouterr().err == text


def test_a_bug_keeps_its_traceback_and_debug_shows_every_one(
    failing: list[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    failing.append(ZeroDivisionError("a bug"))
    with pytest.raises(ZeroDivisionError):
        cli.run(["version"])
    failing[0] = CCRouterError("known")
    monkeypatch.setenv("CCR_DEBUG", "1")
    with pytest.raises(CCRouterError):
        cli.run(["version"])


def test_ctrl_c_is_130(failing: list[BaseException], capsys: pytest.CaptureFixture[str]) -> None:
    failing.append(KeyboardInterrupt())
    assert cli.run(["version"]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    program = "from ccrouter.cli import main; import sys; sys.stdin.readline(); main(['--help'])"
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()
    _, errors = process.communicate(b"\n", timeout=10)
    assert b"Traceback" not in errors
    assert process.returncode in (0, 1)


def test_the_module_runs_like_the_script() -> None:
    result = subprocess.run([sys.executable, "-m", "ccrouter", "-v"], capture_output=True, text=True, check=True)
    assert result.stdout == f"ccrouter version: {__version__}\n"
