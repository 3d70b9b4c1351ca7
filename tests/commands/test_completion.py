"""`ccr completion`: the scripts, run by the shells themselves."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ccrouter import cli

CONFIG = """{
  Providers: [{name: "deep", models: ["chat", "reasoner"]}, {name: "other", models: ["small"]}],
  groups: {fast: ["deep,chat"]}, aliases: {quick: "other,small"},
}"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A home with a config and a preset, and a `ccr` on the PATH."""
    folder = tmp_path / ".claude-code-router"
    (folder / "presets" / "work").mkdir(parents=True)
    (folder / "presets" / "work" / "manifest.json").write_text("{}")
    (folder / "config.json").write_text(CONFIG)
    script = tmp_path / "bin" / "ccr"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m ccrouter "$@"\n')
    script.chmod(0o755)
    return {"HOME": str(tmp_path), "PATH": f"{script.parent}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}


def asked(environment: dict[str, str], *words: str) -> list[str]:
    """What click's protocol, as the bash script speaks it, offers for the last of `words`."""
    told = {"_CCR_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    result = subprocess.run(["ccr"], env=environment | told, capture_output=True, text=True, check=True)
    assert result.stderr == ""
    return [line.partition(",")[2] for line in result.stdout.splitlines() if line]


def test_targets_providers_routes_and_presets_are_offered(environment: dict[str, str]) -> None:
    targets = ["deep,chat", "deep,reasoner", "other,small", "group,fast", "quick"]
    assert asked(environment, "ccr", "model", "set", "think", "") == targets
    assert asked(environment, "ccr", "model", "set", "think", "deep,r") == ["deep,reasoner"]
    assert asked(environment, "ccr", "model", "set", "long") == ["longContext"]
    assert asked(environment, "ccr", "keys", "clear", "o") == ["other"]
    assert asked(environment, "ccr", "wo") == ["work"]
    assert asked(environment, "ccr", "provider", "test", "") == ["deep", "other"]
    assert asked(environment, "ccr", "provider", "test", "deep", "--model", "r") == ["reasoner"]
    assert asked(environment, "ccr", "provider", "remove", "o") == ["other"]
    assert asked(environment, "ccr", "provider", "models", "d") == ["deep"]
    assert asked(environment, "ccr", "provider", "add", "deeps") == ["deepseek"]
    assert asked(environment, "ccr", "provider", "add", "deepseek", "--protocol", "g") == ["gemini"]
    assert asked(environment, "ccr", "provider", "add", "deepseek", "--roles", "think,lo") == ["think,longContext"]
    assert asked(environment, "ccr", "preset", "info", "") == ["work"]
    assert asked(environment, "ccr", "preset", "delete", "w") == ["work"]
    assert asked(environment, "ccr", "preset", "install", "w") == ["work", "w"]  # and the shell's own file names
    assert asked(environment, "ccr", "sta") == ["start", "status", "statusline"]


def test_the_config_that_is_named_counts(environment: dict[str, str], tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"Providers": [{"name": "mine", "models": ["m"]}]}')
    assert asked(environment, "ccr", "--config", str(other), "model", "set", "think", "") == ["mine,m"]
    assert asked(environment, "ccr", "model", "set", "--config", str(other), "think", "") == ["mine,m"]


def test_a_broken_config_offers_nothing_and_says_nothing(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / ".claude-code-router" / "config.json").write_text("{ Providers: [")
    assert asked(environment, "ccr", "model", "set", "think", "") == []


@pytest.mark.parametrize(("words", "offered"), [("ccr st", "plain,start"), ("ccr model set thi", "plain,think")])
def test_nothing_heavy_is_imported(environment: dict[str, str], words: str, offered: str) -> None:
    heavy = "('aiohttp', 'asyncio', 'prompt_toolkit', 'jsonschema', 'yaml', 'tiktoken')"
    program = (
        f"import atexit, sys; atexit.register(lambda: print([n for n in {heavy} if n in sys.modules], file=sys.stderr))"
        "\nfrom ccrouter import cli; cli.run([])"
    )
    told = {"_CCR_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, env=environment | told, capture_output=True, text=True, check=True)
    assert offered in result.stdout
    assert result.stderr.strip() == "[]"


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash")
def test_bash_runs_its_script(environment: dict[str, str]) -> None:
    program = (
        'eval "$(ccr completion bash)"; COMP_WORDS=(ccr model set think other); COMP_CWORD=4; '
        '_ccr_completion ccr; echo "${COMPREPLY[@]}"; complete -p ccr'
    )
    result = subprocess.run(["bash", "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert result.stdout.splitlines() == ["other,small", "complete -o nosort -F _ccr_completion ccr"]


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_runs_its_script(environment: dict[str, str]) -> None:
    program = "ccr completion fish | source; complete -C 'ccr model set think other'"
    result = subprocess.run(["fish", "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["other,small"]


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
def test_zsh_takes_its_script(environment: dict[str, str]) -> None:
    program = 'autoload -U compinit; compinit -u; eval "$(ccr completion zsh)"; print ${_comps[ccr]}'
    result = subprocess.run(["zsh", "-f", "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "_ccr_completion"


def test_another_shell_is_refused_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["completion", "tcsh"]) == 2
    assert "'bash', 'zsh', 'fish'" in capsys.readouterr().err


def ccr(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["ccr", *arguments], env=environment, capture_output=True, text=True, check=False)


BASHRC = b"alias ll='ls -l'\r\n# \xff no UTF-8\nexport A=1"


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash")
def test_it_is_set_up_and_taken_away(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "dotfiles").write_bytes(BASHRC)
    (tmp_path / ".bashrc").symlink_to("dotfiles")
    environment = environment | {"SHELL": "/usr/bin/bash"}
    done = ccr(environment, "completion", "--install")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{tmp_path}/.bashrc: completion is set up, for every bash" in done.stdout
    assert (tmp_path / "dotfiles").read_bytes().startswith(BASHRC + b"\ncommand -v ccr")
    assert (tmp_path / ".bashrc").is_symlink()
    assert "it is so already" in ccr(environment, "completion", "bash", "--install").stdout
    program = 'COMP_WORDS=(ccr model set think other); COMP_CWORD=4; _ccr_completion ccr; echo "${COMPREPLY[@]}"'
    command = ["bash", "--rcfile", str(tmp_path / ".bashrc"), "-i", "-c", program]
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.splitlines()[-1] == "other,small"
    assert "completion is taken away" in ccr(environment, "completion", "--remove").stdout
    assert (tmp_path / "dotfiles").read_bytes() == BASHRC + b"\n"
    assert "there was nothing" in ccr(environment, "completion", "--remove").stdout


def test_a_line_of_the_users_own_is_enough(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "zdot").mkdir()
    own = 'eval "$(ccr completion zsh)"\n'
    (tmp_path / "zdot" / ".zshrc").write_text(own)
    environment = environment | {"ZDOTDIR": str(tmp_path / "zdot")}
    assert "it is so already" in ccr(environment, "completion", "zsh", "--install").stdout
    assert "there was nothing" in ccr(environment, "completion", "zsh", "--remove").stdout
    assert (tmp_path / "zdot" / ".zshrc").read_text() == own


def test_uninstall_takes_it_away(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / ".zshrc").write_text("autoload -U compinit\n")
    file = tmp_path / ".config" / "fish" / "completions" / "ccr.fish"
    for shell in ("zsh", "fish"):
        assert ccr(environment, "completion", shell, "--install").returncode == 0
    assert "string split --max 1" in file.read_text()
    assert "ccr completion zsh" in (tmp_path / ".zshrc").read_text()
    done = ccr(environment, "uninstall", "--yes")
    assert done.returncode == 0, done.stderr
    assert f"  {tmp_path}/.zshrc (only the line of ccr completion zsh)\n  {file}\n" in done.stdout
    assert (tmp_path / ".zshrc").read_text() == "autoload -U compinit\n"
    assert not file.exists()


def test_a_shell_that_is_not_known_is_asked_for(environment: dict[str, str]) -> None:
    done = ccr(environment | {"SHELL": "/bin/tcsh"}, "completion", "--install")
    assert done.returncode == 2
    assert "Which shell? Name one of bash, zsh, fish." in done.stderr
    assert ccr(environment, "completion").returncode == 2
