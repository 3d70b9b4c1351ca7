"""Runs the real Claude Code client: one-shot (`-p`), with a clean environment and a HOME of its own."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from ccrouter.model.json import JsonObject, as_int, as_list, as_object, as_str

ASK_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Answer:
    """What one `-p` run gave: every line of its stream-json output as an object."""

    exit_code: int
    events: Sequence[JsonObject]
    stdout: str
    stderr: str

    @property
    def result(self) -> JsonObject:
        """The closing `result` object; empty where the client gave none."""
        return next((event for event in reversed(self.events) if event.get("type") == "result"), {})

    @property
    def text(self) -> str:
        """The final text, which for a failed run is the error the client shows."""
        return as_str(self.result.get("result")) or ""

    @property
    def session(self) -> str:
        """The session as the daemon's log names it."""
        return f"session={str(self.result.get('session_id'))[:8]}"

    @property
    def is_error(self) -> bool:
        return self.result.get("is_error") is not False

    @property
    def usage(self) -> dict[str, int | None]:
        """The run's totals as Claude Code counted them."""
        usage = as_object(self.result.get("usage")) or {}
        names = ("input_tokens", "cache_read_input_tokens", "output_tokens")
        return {name: as_int(usage.get(name)) for name in names}

    def blocks(self, role: str, kind: str) -> list[JsonObject]:
        """The content blocks of one type in the messages of one role, in order."""
        found: list[JsonObject] = []
        for event in self.events:
            if event.get("type") != role:
                continue
            content = as_list((as_object(event.get("message")) or {}).get("content")) or []
            found += [block for entry in content if (block := as_object(entry)) and block.get("type") == kind]
        return found

    def __str__(self) -> str:
        return f"exit code {self.exit_code}\n{self.stdout[-4000:]}\n{self.stderr[-2000:]}"


@dataclass(frozen=True, slots=True)
class ClaudeCode:
    """One installed client with a home and a project folder of its own (both made when first used)."""

    version: str
    binary: Path
    folder: Path
    base_url: str
    token: str = "sk-e2e"
    extra: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def project(self) -> Path:
        return self.folder / "project"

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Nothing of the surrounding environment gets in: it may itself be a Claude Code session's."""
        return {
            "PATH": os.defpath + ":/usr/local/bin",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            "SHELL": "/bin/bash",
            "TMPDIR": str(self.folder),
            "IS_SANDBOX": "1",  # the client refuses some permission modes to root elsewhere
            "ANTHROPIC_BASE_URL": self.base_url,
            "ANTHROPIC_AUTH_TOKEN": self.token,
            "NO_PROXY": "127.0.0.1,localhost",
            "DISABLE_TELEMETRY": "1",
            "DISABLE_ERROR_REPORTING": "1",
            "DISABLE_AUTOUPDATER": "1",
            "DISABLE_BUG_COMMAND": "1",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "CLAUDE_CODE_GATEWAY_HINT_HEADERS": "1",
            "CLAUDE_CODE_AUTO_MODE_SERVER": "0",
            **self.extra,
            **(extra or {}),
        }

    def prepare(self) -> None:
        """A home whose owner has been through the first-run dialogs and trusts the project."""
        self.project.mkdir(parents=True, exist_ok=True)
        state = self.home / ".claude.json"
        if state.exists():
            return
        (self.home / ".claude").mkdir(parents=True, exist_ok=True)
        (self.home / ".claude" / "settings.json").write_text(
            json.dumps({"theme": "dark", "skipDangerousModePermissionPrompt": True, "skipAutoPermissionPrompt": True})
        )
        trusted = {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}
        state.write_text(
            json.dumps(
                {
                    "hasCompletedOnboarding": True,
                    "lastOnboardingVersion": self.version,
                    "lastReleaseNotesSeen": self.version,
                    "theme": "dark",
                    "numStartups": 5,
                    "bypassPermissionsModeAccepted": True,
                    "projects": {str(self.project): trusted},
                }
            )
        )

    def ask(
        self,
        prompt: str,
        *arguments: str,
        extra: Mapping[str, str] | None = None,
        seconds: float = ASK_SECONDS,
    ) -> Answer:
        """One `claude -p` run; the prompt goes through standard input, so its length is not limited."""
        self.prepare()
        command = [str(self.binary), "-p", "--output-format", "stream-json", "--verbose", *arguments]
        done = subprocess.run(
            command,
            input=prompt,
            cwd=self.project,
            env=self.environment(extra),
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        events: list[JsonObject] = []
        for line in done.stdout.splitlines():
            try:
                parsed = as_object(cast(object, json.loads(line)))
            except json.JSONDecodeError:
                continue
            if parsed is not None:
                events.append(parsed)
        return Answer(done.returncode, events, done.stdout, done.stderr)

    def forget(self) -> None:
        """Remove home and project."""
        shutil.rmtree(self.folder, ignore_errors=True)
