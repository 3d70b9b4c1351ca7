"""`ccr code` with the status line: the model that really answered stands on the screen, also after a fallback."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ccrouter.model.json import JsonObject
from tests.e2e.claude_code import ClaudeCode
from tests.e2e.conftest import strict_config
from tests.e2e.daemon import Daemon
from tests.e2e.install import binary
from tests.e2e.terminal import Terminal
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.replies import Failure, text

pytestmark = pytest.mark.e2e

LINE: JsonObject = {
    "enabled": True,
    "default": {
        "modules": [
            {"type": "workDir", "text": "in {{workDirName}}"},
            {"type": "model", "icon": "»", "text": "{{target}}", "color": "bright_cyan"},
            {"type": "fallback", "text": "{{fallback}}"},
            {"type": "scenario", "text": "by {{scenario}}"},
            {"type": "usage", "text": "read {{inputTokens}} wrote {{outputTokens}}"},
        ]
    },
}


@pytest.fixture
def upstream() -> Iterator[OpenAIChatUpstream]:
    with OpenAIChatUpstream() as running:
        yield running


@pytest.fixture
def daemon(upstream: OpenAIChatUpstream, tmp_path: Path) -> Iterator[Daemon]:
    changes: JsonObject = {
        "StatusLine": LINE,
        "fallback": {"default": ["strict,m-chosen"]},
        "retries": {"same_target": 0},
    }
    with Daemon(tmp_path, strict_config(upstream) | changes) as running:
        yield running


@pytest.fixture
def client(daemon: Daemon, version: str, tmp_path: Path) -> ClaudeCode:
    """Claude Code behind `ccr code`: the terminal starts `ccr`, which becomes the client."""
    found = binary(version)
    assert found is not None
    extra = {"CLAUDE_PATH": str(found), "CCR_CONFIG": str(daemon.config_path)}
    made = ClaudeCode(version, found, tmp_path / "user", daemon.url, extra=extra)
    return replace(made, binary=Path(sys.executable).with_name("ccr"))


def test_the_line_shows_who_really_answered(daemon: Daemon, upstream: OpenAIChatUpstream, client: ClaudeCode) -> None:
    upstream.begin(lambda body: text("I am here."))
    with Terminal(client, "code") as terminal:
        terminal.ready()
        # Nobody has answered yet: the default route is where the next request will go.
        terminal.wait(r"in project » strict,m-default")
        terminal.say("Say something")
        terminal.wait(r"I am here\.")
        terminal.wait(r"in project » strict,m-default by default read \d[\d.k]* wrote \d+")
        upstream.begin(lambda body: Failure(500, "Down.") if body["model"] == "m-default" else text("It is me now."))
        terminal.say("And now?")
        terminal.wait(r"It is me now\.")
        terminal.wait(r"in project » strict,m-chosen fallback by default")
    # Claude Code's own settings are as they were.
    assert "statusLine" not in (client.home / ".claude" / "settings.json").read_text()
