"""Lines for eval, tried in the shells that are here."""

import shutil
import subprocess

import pytest

from ccrouter.daemon.launch import LaunchEnvironment
from ccrouter.daemon.shells import Shell, guess_shell, render

NASTY = "it's $HOME `id` \"x\" \\ \\' !! ; & | % ü 中 ’ #"
CHANGES = LaunchEnvironment({"NASTY": NASTY, "EMPTY": ""}, ("GONE",))


@pytest.mark.parametrize("program", ["sh", "bash", "zsh", "dash", "fish", "pwsh"])
def test_what_is_printed_arrives(program: str) -> None:
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} is not here")
    shell: Shell = "fish" if program == "fish" else "powershell" if program == "pwsh" else "sh"
    show = "[Environment]::GetEnvironmentVariables() | ConvertTo-Json" if shell == "powershell" else "env -0"
    script = "\n".join([*render(CHANGES, shell), show])
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "GONE": "still here", "LC_ALL": "C.UTF-8"}
    result = subprocess.run([path, "-c", script], env=environment, capture_output=True, check=True)
    parts = [entry.partition("=") for entry in result.stdout.decode().split("\0") if entry]
    entries = {name: value for name, _, value in parts}
    assert entries["NASTY"] == NASTY
    assert entries["EMPTY"] == ""
    assert "GONE" not in entries


def test_fish_quotes_backslash_and_quote_only() -> None:
    # fish's documentation, "Quotes": inside single quotes the only escapes are those of the quote and the backslash
    assert render(LaunchEnvironment({"A": "a'b\\c $d"}, ("B",)), "fish") == ["set -gx A 'a\\'b\\\\c $d'", "set -e B"]


def test_powershell_doubles_every_kind_of_single_quote() -> None:
    # about_Quoting_Rules: two single quotes stand for one; the typographic ones count as quotes too.
    assert render(LaunchEnvironment({"A": "a'b’c $d"}, ("B",)), "powershell") == [
        "$env:A = 'a''b’’c $d'",
        "Remove-Item Env:B -ErrorAction SilentlyContinue",
    ]


@pytest.mark.parametrize(
    ("shell", "platform", "expected"),
    [
        ("/bin/bash", "linux", "sh"),
        ("/usr/bin/zsh", "darwin", "sh"),
        ("/opt/homebrew/bin/fish", "darwin", "fish"),
        ("/usr/bin/pwsh", "linux", "powershell"),
        ("", "linux", "sh"),
        ("", "win32", "powershell"),
        ("C:\\Program Files\\Git\\usr\\bin\\bash.exe", "win32", "sh"),
    ],
)
def test_the_shell_is_guessed(shell: str, platform: str, expected: str) -> None:
    assert guess_shell({"SHELL": shell} if shell else {}, platform) == expected
