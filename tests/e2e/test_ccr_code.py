"""`ccr code`: starts the daemon where none runs, and the client with the right environment and every argument."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.e2e.claude_code import ClaudeCode
from tests.e2e.conftest import strict_config
from tests.e2e.daemon import Daemon
from tests.e2e.install import binary
from tests.e2e.scripts import play
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.replies import Failure, call, text

pytestmark = pytest.mark.e2e


@pytest.fixture
def upstream() -> Iterator[OpenAIChatUpstream]:
    with OpenAIChatUpstream() as running:
        yield running


@pytest.fixture
def daemon(upstream: OpenAIChatUpstream, tmp_path: Path) -> Iterator[Daemon]:
    """Configured, not started."""
    made = Daemon(tmp_path, strict_config(upstream))
    made.write()
    yield made
    made.stop()


def run(
    daemon: Daemon, version: str, prompt: str, *arguments: str, command: Sequence[str] = ("code",)
) -> subprocess.CompletedProcess[str]:
    """`ccr code …` (or another command) in the daemon's home, in the environment that every shell has."""
    found = binary(version)
    assert found is not None
    client = ClaudeCode(version, found, daemon.folder / "user", "")
    client.prepare()
    quiet = ("DISABLE_TELEMETRY", "DISABLE_ERROR_REPORTING", "DISABLE_AUTOUPDATER")
    environment = daemon.environment({**dict.fromkeys(quiet, "1"), "IS_SANDBOX": "1", "CLAUDE_PATH": str(found)})
    # The client's own home is the daemon's too, as it is for a user; its first-run state has to be there.
    (daemon.home / ".claude.json").write_bytes((client.home / ".claude.json").read_bytes())
    return subprocess.run(
        [str(Path(sys.executable).with_name("ccr")), *command, *arguments],
        input=prompt,
        cwd=client.project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_starts_the_daemon_and_passes_everything_through(
    daemon: Daemon, upstream: OpenAIChatUpstream, version: str
) -> None:
    upstream.begin(play(call("Bash", {"command": "echo ok-$((40+2))", "description": "Add"}), text("Done.")))
    odd = 'Say "exactly" $HOME `this` \\ and\nno more'
    done = run(daemon, version, "Add", "-p", "--append-system-prompt", odd, "--allowedTools", "Bash(echo:*)")
    assert (done.returncode, done.stdout.strip()) == (0, "Done."), done
    assert odd in str(upstream.requests[0].messages[0]["content"])
    assert "ok-42" in upstream.requests[-1].text
    assert daemon.ccr("status").returncode == 0
    assert not upstream.refusals
    # The routing hints are on for a client started this way, and stay with the router.
    assert not [name for name in upstream.requests[0].headers if name.startswith("x-claude-")]


def test_exit_code_is_the_clients(daemon: Daemon, upstream: OpenAIChatUpstream, version: str) -> None:
    upstream.begin(lambda body: Failure(400, "The fox does not like this."))
    done = run(daemon, version, "Say hello", "-p")
    assert done.returncode == 1
    assert "The fox does not like this." in done.stdout + done.stderr
