"""`ccr code`: starts the daemon where none runs, and the client with the right environment and every argument."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import strict_config
from tests.e2e.daemon import Daemon
from tests.e2e.launched import run
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
