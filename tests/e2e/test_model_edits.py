"""The config changed with `ccr model` under a running daemon: the client sees it, by name and in its picker."""

import copy
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.claude_code import ClaudeCode
from tests.e2e.conftest import KEY, strict_config
from tests.e2e.daemon import Daemon
from tests.e2e.install import binary
from tests.e2e.scripts import play
from tests.e2e.terminal import ENTER, Terminal
from tests.e2e.test_terminal import DISCOVERY
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.replies import text

pytestmark = pytest.mark.e2e


def test_the_picker_shows_an_added_model(version: str, upstream: OpenAIChatUpstream, tmp_path: Path) -> None:
    config: Any = copy.deepcopy(strict_config(upstream))
    config["Providers"][0]["models"].remove("m-chosen")
    with Daemon(tmp_path / "daemon", config) as daemon:
        changed = daemon.ccr("model", "add", "strict", "m-chosen")
        assert "The running daemon takes it over" in changed.stdout, changed
        assert daemon.ccr("model", "set", "default", "strict,m-long").returncode == 0
        daemon.log_line("config reloaded", seconds=10)
        found = binary(version)
        assert found is not None
        upstream.begin(play(text("Picked ", "answers."), text("As ", "default.")))
        with Terminal(ClaudeCode(version, found, tmp_path, daemon.url, KEY), extra=DISCOVERY) as terminal:
            terminal.ready()
            terminal.say("/model")
            terminal.wait("Select model")
            terminal.settle()
            for _ in range(40):  # the list may be longer than the screen
                marked = next((line for line in terminal.lines if line.strip().startswith("❯ ") and "." in line), "")
                if "m-chosen" in marked:
                    break
                terminal.press("\x1b[B")
            terminal.press(ENTER)
            terminal.wait("Set model to")
            terminal.settle()
            terminal.say("Who are you?")
            terminal.wait("Picked answers\\.")
            terminal.settle()
        asked = [request.model for request in upstream.requests if "tools" in request.body]
        assert asked == ["m-chosen"]
        assert daemon.ccr("model", "test", "strict,m-default").returncode == 0
