"""The real client started by `ccr`, in the daemon's own home, with a clean environment."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.e2e.claude_code import ClaudeCode
from tests.e2e.daemon import Daemon
from tests.e2e.install import binary


def run(
    daemon: Daemon,
    version: str,
    prompt: str,
    *arguments: str,
    command: Sequence[str] = ("code",),
    extra: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """`ccr code …` (or another command) with the prompt on standard input; `extra` is added to the environment."""
    found = binary(version)
    assert found is not None
    client = ClaudeCode(version, found, daemon.folder / "user", "")
    client.prepare()
    quiet = ("DISABLE_TELEMETRY", "DISABLE_ERROR_REPORTING", "DISABLE_AUTOUPDATER")
    given = {**dict.fromkeys(quiet, "1"), "IS_SANDBOX": "1", "CLAUDE_PATH": str(found), **(extra or {})}
    # The client's own home is the daemon's too, as it is for a user; its first-run state has to be there.
    (daemon.home / ".claude.json").write_bytes((client.home / ".claude.json").read_bytes())
    return subprocess.run(
        [str(Path(sys.executable).with_name("ccr")), *command, *arguments],
        input=prompt,
        cwd=client.project,
        env=daemon.environment(given),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
