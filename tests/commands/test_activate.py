"""`ccr activate` and `ccr env`."""

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.commands.conftest import Ccr


@pytest.mark.skipif(os.name != "posix", reason="needs sh")
@pytest.mark.parametrize("command", ["activate", "env"])
def test_eval_in_a_shell_sets_and_unsets(ccr: "Ccr", command: str) -> None:
    ccr.write_config(APIKEY="it's a $ecret")
    lines = ccr.run(command, "--shell", "sh")
    assert lines.returncode == 0
    assert "not running" in lines.stderr
    show = 'printf "%s|%s|%s" "$ANTHROPIC_BASE_URL" "$ANTHROPIC_AUTH_TOKEN" "${ANTHROPIC_API_KEY-unset}"'
    environment = {"PATH": os.environ["PATH"], "ANTHROPIC_API_KEY": "x"}
    shell = subprocess.run(
        ["sh", "-c", lines.stdout + show], env=environment, capture_output=True, text=True, check=True
    )
    assert shell.stdout == f"{ccr.endpoint}|it's a $ecret|unset"


def test_the_shell_is_chosen_or_guessed(ccr: "Ccr") -> None:
    assert f"set -gx ANTHROPIC_BASE_URL '{ccr.endpoint}'" in ccr.run("env", SHELL="/usr/bin/fish").stdout
    assert f"$env:ANTHROPIC_BASE_URL = '{ccr.endpoint}'" in ccr.run("env", "--shell", "powershell").stdout


def test_a_broken_config_is_told_and_nothing_is_printed_to_eval(ccr: "Ccr") -> None:
    ccr.write_config(Router={})
    result = ccr.run("activate")
    assert result.returncode == 1
    assert result.stdout == ""
    assert "Router.default" in result.stderr
