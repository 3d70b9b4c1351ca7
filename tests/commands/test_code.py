"""`ccr code`: a Claude Code of the tests' own shows what arrives."""

import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ccrouter.commands.code import run_as_child
from ccrouter.daemon.control import Health, Silent, probe
from ccrouter.daemon.launch import ClaudeNotFound

if TYPE_CHECKING:
    from tests.commands.conftest import Ccr

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the fake Claude Code is a script with a #! line")

FAKE_CLAUDE = """#!{python}
import json, os, signal, sys
print(json.dumps({{
    "arguments": sys.argv[1:],
    "environment": dict(os.environ),
    "pid": os.getpid(),
    "folder": os.getcwd(),
    "sigpipe": signal.getsignal(signal.SIGPIPE) == signal.SIG_IGN and open("/proc/self/status").read(),
    "stdin": sys.stdin.read(),
}}))
sys.stdout.flush()
exec(os.environ.get("FAKE_CLAUDE", ""))
"""


@pytest.fixture
def claude(ccr: "Ccr") -> Path:
    """The fake Claude Code, in a folder that is first in PATH."""
    path = ccr.home / "bin" / "claude"
    path.parent.mkdir()
    path.write_text(FAKE_CLAUDE.format(python=sys.executable))
    path.chmod(0o755)
    return path


def search_path(claude: Path) -> str:
    return f"{claude.parent}{os.pathsep}{os.environ['PATH']}"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["Write a Hello World"],
        ["-p", "x", "--max-turns", "0"],
        ["--help"],
        ["-h"],
        ["--version"],
        ["--", "-p", "--"],
        ["--config", "x", "-v", "--no-color", "--a=b", "--a=c", ""],
        ["$HOME `id` $(id) \"quoted\" 'single' \\ * ~ ; & | > x", "line\nbreak", "ü 中 😀"],
    ],
)
def test_every_argument_arrives_as_it_is(ccr: "Ccr", claude: Path, arguments: list[str]) -> None:
    ccr.run("start")
    result = ccr.run("code", *arguments, PATH=search_path(claude))
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["arguments"] == arguments


def test_the_daemon_is_started_and_the_environment_given(ccr: "Ccr", claude: Path) -> None:
    ccr.write_config(APIKEY="our key", API_TIMEOUT_MS=1234)
    before = sorted(path for path in ccr.home.rglob("*") if ".claude-code-router" not in path.parts)
    result = ccr.run(
        "code",
        "-p",
        "x",
        PATH=search_path(claude),
        ANTHROPIC_API_KEY="sk-ant",
        CLAUDE_CODE_USE_BEDROCK="1",
        MINE="kept",
    )
    assert result.returncode == 0, result.stderr
    assert isinstance(probe(ccr.endpoint), Health)
    seen = json.loads(result.stdout)
    environment = seen["environment"]
    assert environment["ANTHROPIC_BASE_URL"] == ccr.endpoint
    assert environment["ANTHROPIC_AUTH_TOKEN"] == "our key"
    assert environment["API_TIMEOUT_MS"] == "1234"
    assert environment["CLAUDE_CODE_AUTO_MODE_SERVER"] == "0"
    assert environment["NO_PROXY"] == "127.0.0.1,localhost"
    assert environment["MINE"] == "kept"
    assert not {"ANTHROPIC_API_KEY", "CLAUDE_CODE_USE_BEDROCK", "CCR_ADMIN_TOKEN", "CCR_INSTANCE"} & set(environment)
    assert seen["folder"] == str(ccr.home)
    assert sorted(path for path in ccr.home.rglob("*") if ".claude-code-router" not in path.parts) == before
    assert "unknown key" in result.stderr  # the config's warnings, told by the start


@pytest.mark.parametrize(
    ("option", "before", "after"),
    [
        ("--hints", {}, "x-ccr-hints: on"),
        ("--no-hints", {}, "x-ccr-hints: off"),
        ("--hints", {"ANTHROPIC_CUSTOM_HEADERS": "X-Corp: a\nX-Team: b"}, "X-Corp: a\nX-Team: b\nx-ccr-hints: on"),
        (None, {"ANTHROPIC_CUSTOM_HEADERS": "X-Corp: a"}, "X-Corp: a"),
        (None, {}, None),
    ],
)
def test_hints_are_a_header_beside_the_users_own(
    ccr: "Ccr", claude: Path, option: str | None, before: dict[str, str], after: str | None
) -> None:
    result = ccr.run("code", *([option] if option else []), "-p", "x", PATH=search_path(claude), **before)
    assert result.returncode == 0, result.stderr
    seen = json.loads(result.stdout)
    assert seen["arguments"] == ["-p", "x"]
    assert seen["environment"].get("ANTHROPIC_CUSTOM_HEADERS") == after


def test_settings_that_lose_the_header_are_told(ccr: "Ccr", claude: Path) -> None:
    settings = ccr.home / ".claude" / "settings.json"
    settings.parent.mkdir()
    settings.write_text(json.dumps({"env": {"ANTHROPIC_CUSTOM_HEADERS": "X-Corp: a"}}))
    assert "add the line 'x-ccr-hints: on' there" in ccr.run("code", "--hints", PATH=search_path(claude)).stderr
    assert "CUSTOM_HEADERS" not in ccr.run("code", PATH=search_path(claude)).stderr


def test_claude_takes_the_place_of_ccr_with_default_signals(ccr: "Ccr", claude: Path) -> None:
    ccr.run("start")
    process = ccr.spawn("code", PATH=search_path(claude), FAKE_CLAUDE="os.kill(os.getpid(), signal.SIGTERM)")
    output, _ = process.communicate(timeout=10)
    seen = json.loads(output)
    assert seen["pid"] == process.pid
    assert process.returncode == -signal.SIGTERM  # which a shell shows as 128+15
    status = Path("/proc/self/status")
    if status.exists():  # Python ignores SIGPIPE itself, so ask a program that does not: sh shows what it inherited
        claude.write_text("#!/bin/sh\ngrep SigIgn /proc/self/status\n")
        ignored = int(ccr.run("code", PATH=search_path(claude)).stdout.split()[1], 16)
        assert not ignored & (1 << (signal.SIGPIPE - 1))


def test_the_exit_code_is_claudes(ccr: "Ccr", claude: Path) -> None:
    ccr.run("start")
    assert ccr.run("code", PATH=search_path(claude), FAKE_CLAUDE="sys.exit(42)").returncode == 42


def test_non_interactive_mode_closes_stdin(ccr: "Ccr", claude: Path) -> None:
    ccr.write_config(NON_INTERACTIVE_MODE=True)
    ccr.run("start")
    environment = json.loads(ccr.run("code", PATH=search_path(claude), TERM="xterm").stdout)["environment"]
    assert (environment["CI"], environment["TERM"]) == ("true", "dumb")


def test_claude_path_of_the_config_counts_first(ccr: "Ccr", claude: Path) -> None:
    elsewhere = ccr.home / "my claude"
    claude.rename(elsewhere)
    ccr.write_config(CLAUDE_PATH=str(elsewhere))
    assert ccr.run("code", "x").returncode == 0


def test_a_missing_claude_is_one_clear_line(ccr: "Ccr") -> None:
    ccr.run("start")
    result = ccr.run("code", PATH="/nowhere")
    assert result.returncode == 1
    assert len(result.stderr.strip().splitlines()) == 1
    assert "npm install -g @anthropic-ai/claude-code" in result.stderr


def test_a_claude_that_cannot_run_is_one_clear_line(ccr: "Ccr", claude: Path) -> None:
    ccr.run("start")
    claude.write_text("#!/no/such/node\n")
    result = ccr.run("code", PATH=search_path(claude))
    assert result.returncode == 1
    assert "cannot be run" in result.stderr
    assert "interpreter" in result.stderr


def test_a_daemon_that_does_not_start_tells_why_and_claude_is_not_run(ccr: "Ccr", claude: Path) -> None:
    result = ccr.run("code", PATH=search_path(claude), FAKE_DAEMON="bad-config")
    assert result.returncode == 1
    assert result.stdout == ""
    assert "no such provider" in result.stderr
    assert probe(ccr.endpoint) == Silent()


def test_a_config_that_broke_meanwhile_keeps_nobody_from_working(ccr: "Ccr", claude: Path) -> None:
    ccr.write_config(APIKEY="k")
    ccr.run("start")
    ccr.write_config(APIKEY="k", Router={"default": "nobody,m"})
    result = ccr.run("code", PATH=search_path(claude))
    assert result.returncode == 0
    assert json.loads(result.stdout)["environment"]["ANTHROPIC_AUTH_TOKEN"] == "k"
    assert "nobody" in result.stderr


def test_settings_that_win_are_told(ccr: "Ccr", claude: Path) -> None:
    (ccr.home / ".claude").mkdir()
    (ccr.home / ".claude" / "settings.json").write_text('{"env":{"ANTHROPIC_BASE_URL":"https://elsewhere.example"}}')
    ccr.run("start")
    result = ccr.run("code", PATH=search_path(claude))
    assert result.returncode == 0
    assert "settings.json sets ANTHROPIC_BASE_URL" in result.stderr


def test_as_a_child_the_exit_code_is_its_own_and_signals_are_128_and_more() -> None:
    environment = dict(os.environ)
    assert run_as_child([sys.executable, "-c", "raise SystemExit(7)"], environment, no_input=True) == 7
    killed = [sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"]
    assert run_as_child(killed, environment, no_input=True) == 128 + 9
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ClaudeNotFound, match="cannot be run"):
        run_as_child(["/nowhere/claude"], environment, no_input=True)
    assert signal.getsignal(signal.SIGINT) == before
