from collections.abc import Mapping
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from ccrouter import cli, runtime
from ccrouter.config.problems import Problem

PATH = Path("/h/config.json")
ERROR = Problem("error", "it is wrong", "Mend it", "/PORT", PATH, 3, 9)
WARNING = Problem("warning", "it is odd", None, "/LOG", PATH, 4, 1)


def run(*arguments: str, color: bool = False) -> Result:
    return CliRunner().invoke(cli.cli, ["config", *arguments], color=color, catch_exceptions=False)


@pytest.fixture
def problems(monkeypatch: pytest.MonkeyPatch) -> list[Problem]:
    """What the check finds; it must be asked for the file on the command line."""
    found: list[Problem] = []

    def check(path: Path, environment: Mapping[str, str]) -> tuple[Problem, ...]:
        assert path == PATH
        assert "PATH" in environment
        return tuple(found)

    monkeypatch.setattr(runtime, "check", check)
    return found


def test_nothing_to_say(problems: list[Problem]) -> None:
    result = run("check", "--config", str(PATH))
    assert (result.exit_code, result.output) == (0, f"{PATH} is good\n")


def test_problems_and_a_summary(problems: list[Problem]) -> None:
    problems += [ERROR, WARNING, WARNING]
    result = run("check", "--config", str(PATH))
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        f"error {PATH}:3:9 /PORT: it is wrong. Mend it",
        f"warning {PATH}:4:1 /LOG: it is odd",
        f"warning {PATH}:4:1 /LOG: it is odd",
        f"{PATH} cannot be used: 1 error, 2 warnings",
    ]
    assert "\x1b[31m" in run("check", "--config", str(PATH), color=True).output


def test_warnings_alone_are_no_failure(problems: list[Problem]) -> None:
    problems.append(WARNING)
    result = run("check", "--config", str(PATH))
    assert result.exit_code == 0
    assert result.output.endswith(f"{PATH} can be used: no errors, 1 warning\n")


def test_json(problems: list[Problem]) -> None:
    problems += [ERROR]
    result = run("check", "--config", str(PATH), "--json")
    assert result.exit_code == 1
    assert orjson.loads(result.output) == {
        "config": str(PATH),
        "usable": False,
        "problems": [
            {
                "severity": "error",
                "message": "it is wrong",
                "fix": "Mend it",
                "pointer": "/PORT",
                "file": str(PATH),
                "line": 3,
                "column": 9,
            }
        ],
    }


def test_without_a_home_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    monkeypatch.delenv("CCR_CONFIG", raising=False)
    result = run("check")
    assert result.exit_code == 1
    assert "Set HOME" in result.output


def test_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CCR_CONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    result = run("path")
    assert (result.exit_code, result.output) == (0, f"{tmp_path / '.claude-code-router' / 'config.json'}\n")
    monkeypatch.setenv("CCR_CONFIG", "/x.yaml")
    assert run("path").output == "/x.yaml\n"
    assert CliRunner().invoke(cli.cli, ["--config", "/y.json", "config", "path"]).output == "/y.json\n"


def test_the_real_check_on_a_real_file(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{\n  "PORT": "x"\n}\n')
    result = run("check", "--config", str(path))
    assert result.exit_code == 1
    assert f"error {path}:2:11 /PORT: must be a whole number" in result.output
    assert "no provider is configured yet" in result.output
