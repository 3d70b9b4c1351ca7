"""What the user sees when the upstream fails: the truth, and no made-up ending."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Rig, strict_config
from tests.e2e.daemon import Daemon
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.replies import Call, Failure, Reply, text

pytestmark = pytest.mark.e2e

ONCE = {"CLAUDE_CODE_MAX_RETRIES": "0", "CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK": "1"}
"""The client would retry up to ten times with growing pauses."""


@pytest.fixture(scope="module")
def daemon(upstream: OpenAIChatUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """It tries nothing again and waits for no key: the first failure is what the client hears."""
    config = strict_config(upstream)
    config["retries"] = {"same_target": 0, "wait_seconds": 0}
    with Daemon(tmp_path_factory.mktemp("failing"), config) as running:
        yield running


@pytest.fixture(autouse=True)
def rested(daemon: Daemon) -> Iterator[None]:
    """No key rests longer than the test that a 429 put it to rest in."""
    yield
    cleared = daemon.ccr("keys", "clear")
    assert cleared.returncode == 0, cleared


@pytest.mark.parametrize("status", [429, 500])
def test_an_error_before_content_is_shown(rig: Rig, status: int) -> None:
    rig.play(Failure(status, "The fox is out of tokens.", headers={"x-should-retry": "false"}))
    answer = rig.client.ask("Say hello", extra=ONCE)
    assert answer.is_error, answer
    assert answer.exit_code != 0
    assert "The fox is out of tokens." in answer.text
    assert str(status) in answer.text


def test_a_passing_error_is_retried_by_the_client(rig: Rig) -> None:
    rig.play(Failure(500, "Just a moment"), text("There."))
    answer = rig.client.ask("Say hello")
    assert answer.text == "There.", answer


@pytest.mark.parametrize("cut", ["eof", "abort"])
def test_a_cut_stream_is_an_error(rig: Rig, cut: str) -> None:
    cut_off = Reply(text=("The answer ", "is ", "…"), cut_after=3, cut="abort" if cut == "abort" else "eof")
    rig.play(cut_off)
    answer = rig.client.ask("Say hello", extra=ONCE)
    assert answer.is_error, answer
    assert all(request.outcome == "cut" for request in rig.turns)


def test_a_tool_call_cut_in_half_is_never_run(rig: Rig) -> None:
    rig.client.prepare()
    made = rig.client.project / "made"
    calls = (Call("Bash", {"command": f"touch {made}", "description": "Make it"}, fragment=7),)
    half = Reply(calls=calls, cut_after=5)
    rig.play(half)
    answer = rig.client.ask("Make it", "--dangerously-skip-permissions", extra=ONCE)
    assert answer.is_error, answer
    assert not [path for path in Path(rig.client.project).iterdir() if path.name.startswith("mad")]
