"""The real Codex CLI through the daemon, in front of every dialect: commands, history, errors."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from tests.e2e.codex import Codex
from tests.e2e.conftest import KEY
from tests.e2e.daemon import Daemon
from tests.e2e.install import codex
from tests.e2e.sides import NAMES, Side, Sides
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.replies import Call, Failure, Reply, text

pytestmark = pytest.mark.e2e


@pytest.fixture(params=NAMES)
def side(request: pytest.FixtureRequest, sides: Sides) -> Iterator[Side]:
    found = sides.all()[request.param]
    upstream = found.upstream
    if isinstance(upstream, OpenAIChatUpstream):
        # Codex leaves the length of an answer to the server, which Claude Code never does.
        strict = upstream.strictness
        upstream.strictness = replace(strict, max_tokens_required=False)
        yield found
        upstream.strictness = strict
    else:
        yield found
    assert not upstream.refusals, upstream.refusals


def codex_at(side: Side, daemon: Daemon, folder: Path) -> Codex:
    executable = codex()
    if executable is None:
        pytest.skip("Codex is not installed (python -m tests.e2e.install; needs npm)")
    return Codex(executable, folder, daemon.url, KEY, side.model)


def test_it_runs_a_command_and_goes_on(side: Side, daemon: Daemon, tmp_path: Path) -> None:
    """Two turns of a tool loop, then the session resumed: each request is the one before and more."""
    client = codex_at(side, daemon, tmp_path)
    command = Call("exec_command", {"cmd": "printf 'made by '; printf codex | tee made.txt"}, "call_1")
    side.play(Reply(text=("I look.",), reasoning=("Let me ", "see."), calls=(command,)), text("It says ", "codex."))
    first = client.ask("make a file")
    assert first.exit_code == 0, first
    assert first.text == "It says codex."
    assert (client.project / "made.txt").read_text() == "codex"
    [ran] = first.of("command_execution")
    assert (ran["exit_code"], ran["aggregated_output"]) == (0, "made by codex")
    assert first.usage["output_tokens"] == 2 * 56
    assert "made by codex" in orjson.dumps(side.last).decode()

    side.assert_prefixes()

    before = side.last
    side.play(text("Once more."))
    second = client.ask("and again", "resume", "--last")
    assert second.text == "Once more.", second
    assert "It says codex." in orjson.dumps(side.last).decode()
    assert side.wire.grew(before, side.last) is None


def test_a_failure_is_told(side: Side, daemon: Daemon, tmp_path: Path) -> None:
    client = codex_at(side, daemon, tmp_path)
    side.play(Failure(400, "the prompt is odd"))
    answer = client.ask("hi")
    assert answer.exit_code != 0
    assert "the prompt is odd" in answer.stdout, answer
