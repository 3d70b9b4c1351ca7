"""When `ccr code` gives Claude Code the line, and the file that it passes."""

import json
import shlex
import sys
from pathlib import Path

import pytest

from ccrouter.commands.status_line_settings import FILE_NAME, status_line_arguments, status_line_command
from ccrouter.config.types import Config, RouterConfig, StatusLine

ON = Config((), RouterConfig(), status_line=StatusLine(enabled=True))


def test_the_file_that_is_passed(tmp_path: Path) -> None:
    assert status_line_arguments(ON, tmp_path, ["fix it"]) == ["--settings", str(tmp_path / FILE_NAME)]
    entry = json.loads((tmp_path / FILE_NAME).read_text())["statusLine"]
    assert (entry["type"], entry["padding"]) == ("command", 0)
    if sys.platform != "win32":
        assert shlex.split(entry["command"]) == [sys.executable, "-P", "-m", "ccrouter", "statusline"]
    written = (tmp_path / FILE_NAME).stat().st_mtime_ns
    status_line_arguments(ON, tmp_path, [])
    assert (tmp_path / FILE_NAME).stat().st_mtime_ns == written
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


@pytest.mark.parametrize("arguments", [["-p", "x"], ["--print"], ["--settings", "mine"], ["-c", "--settings=mine"]])
def test_where_nothing_is_added(tmp_path: Path, arguments: list[str]) -> None:
    assert status_line_arguments(ON, tmp_path, arguments) == []
    assert status_line_arguments(Config((), RouterConfig()), tmp_path, []) == []
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status_line_arguments(ON, tmp_path / "gone", []) == []
    assert "no status line" in capsys.readouterr().err


def test_the_command_on_windows() -> None:
    assert status_line_command("C:\\Py\\python.exe", windows=True) == "C:/Py/python.exe -P -m ccrouter statusline"
    spaced = status_line_command("C:\\Program Files\\Py\\python.exe", windows=True)
    assert spaced == '"C:/Program Files/Py/python.exe" -P -m ccrouter statusline'
