"""Runs the real OpenAI Codex CLI: `codex exec`, with a clean environment and a HOME of its own."""

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ccrouter.model.json import JsonObject, as_object

ASK_SECONDS = 90

CONFIG = """\
model = "{model}"
model_provider = "ccrouter"
approval_policy = "never"
sandbox_mode = "danger-full-access"
check_for_update_on_startup = false

[model_providers.ccrouter]
name = "ccrouter"
base_url = "{url}/v1"
env_key = "CCROUTER_KEY"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0

[analytics]
enabled = false
"""
"""The same as docs/other-clients.md says, and what keeps a test short and offline."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one `codex exec --json` run gave: every line of its output as an object."""

    exit_code: int
    events: Sequence[JsonObject]
    stdout: str
    stderr: str

    @property
    def items(self) -> list[JsonObject]:
        """The items it completed, in order: messages, reasoning, commands."""
        found = [as_object(event.get("item")) for event in self.events if event.get("type") == "item.completed"]
        return [item for item in found if item is not None]

    def of(self, kind: str) -> list[JsonObject]:
        """The completed items of one type."""
        return [item for item in self.items if item.get("type") == kind]

    @property
    def text(self) -> str:
        """The last thing it said."""
        said = self.of("agent_message")
        return str(said[-1].get("text")) if said else ""

    @property
    def usage(self) -> JsonObject:
        """The turn's tokens as Codex counted them."""
        done = [as_object(event.get("usage")) for event in self.events if event.get("type") == "turn.completed"]
        return (done[-1] if done else None) or {}

    def __str__(self) -> str:
        return f"exit code {self.exit_code}\n{self.stdout[-4000:]}\n{self.stderr[-2000:]}"


@dataclass(frozen=True, slots=True)
class Codex:
    """The installed client with a home and a project folder of its own (both made when first used)."""

    executable: Path
    folder: Path
    url: str
    key: str
    model: str

    @property
    def project(self) -> Path:
        """Where it works."""
        return self.folder / "project"

    def ask(self, prompt: str, *arguments: str) -> Answer:
        """One run to its end. `arguments` stand before the prompt (`resume`, `--last`)."""
        home = self.folder / "home"
        (home / ".codex").mkdir(parents=True, exist_ok=True)
        self.project.mkdir(exist_ok=True)
        (home / ".codex" / "config.toml").write_text(CONFIG.format(model=self.model, url=self.url))
        done = subprocess.run(
            [str(self.executable), "exec", *arguments, "--json", "--skip-git-repo-check", prompt],
            cwd=self.project,
            env={
                "PATH": f"{os.defpath}:/usr/local/bin",
                "HOME": str(home),
                "LANG": "C.UTF-8",
                "TMPDIR": str(self.folder),
                "CCROUTER_KEY": self.key,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ASK_SECONDS,
            check=False,
        )
        events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        return Answer(done.returncode, events, done.stdout, done.stderr)
