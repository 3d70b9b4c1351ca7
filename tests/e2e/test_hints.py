"""`ccr code --hints` with the real client: what its model receives, and what nobody does."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from ccrouter.guidance_files import read_guidance
from ccrouter.model.json import Json
from tests.e2e.daemon import Daemon
from tests.e2e.launched import run
from tests.e2e.scripts import play
from tests.upstreams.anthropic import AnthropicUpstream
from tests.upstreams.openai_chat import OpenAIChatUpstream, Recorded
from tests.upstreams.openai_chat_rules import Strictness
from tests.upstreams.replies import call, text

pytestmark = pytest.mark.e2e

OURS = read_guidance({}, None).texts
MARK = "Notes on the tools"
CLAUDE = ("--model", "claude,claude-opus-4-8")


@pytest.fixture
def upstream() -> Iterator[OpenAIChatUpstream]:
    with OpenAIChatUpstream(strictness=Strictness(max_tokens_limit=128_000)) as running:
        yield running


@pytest.fixture
def anthropic() -> Iterator[AnthropicUpstream]:
    with AnthropicUpstream(api_key="sk-ant") as running:
        yield running


@pytest.fixture
def daemon(upstream: OpenAIChatUpstream, anthropic: AnthropicUpstream, tmp_path: Path) -> Iterator[Daemon]:
    """Serves Qwen and Gemini under the chat protocol, and Claude."""
    many: Json = {
        "name": "many",
        "api_base_url": upstream.endpoint,
        "api_key": "sk-upstream",
        "models": ["qwen3-max", "gemini-2.5-flash"],
    }
    claude: Json = {
        "name": "claude",
        "api_base_url": anthropic.endpoint,
        "api_key": "sk-ant",
        "models": ["claude-opus-4-8"],
    }
    router: Json = {"default": "many,qwen3-max", "background": "many,gemini-2.5-flash"}
    with Daemon(tmp_path, {"LOG": True, "Providers": [many, claude], "Router": router}) as running:
        yield running


def conversation(upstream: OpenAIChatUpstream) -> Sequence[Recorded]:
    """The requests that offered tools."""
    return [request for request in upstream.requests if "tools" in request.body]


def test_the_model_gets_them_and_the_header_stays_with_the_router(
    daemon: Daemon, upstream: OpenAIChatUpstream, version: str
) -> None:
    upstream.begin(play(call("Bash", {"command": "echo ok-$((40+2))", "description": "Add"}), text("Done.")))
    done = run(daemon, version, "Add", "--hints", "-p", "--allowedTools", "Bash(echo:*)")
    assert (done.returncode, done.stdout.strip()) == (0, "Done."), done
    first, second = conversation(upstream)
    for request in (first, second):
        system = str(request.messages[0]["content"])
        assert request.messages[0]["role"] == "system"
        assert system.endswith(OURS["qwen"].text)
        assert system.count(MARK) == 1
    assert second.messages[0] == first.messages[0]
    assert [MARK in request.text for request in upstream.requests if request not in (first, second)] == [False] * (
        len(upstream.requests) - 2
    )
    assert not [name for request in upstream.requests for name in request.headers if name.startswith("x-ccr")]
    assert 'hints="qwen (built in)"' in daemon.log_line("target=many,qwen3-max", "status=200")
    assert "hints" in daemon.ccr("explain", "--last").stdout
    assert not upstream.refusals


def test_they_are_off_unless_asked_for(daemon: Daemon, upstream: OpenAIChatUpstream, version: str) -> None:
    upstream.begin(play(text("Done.")))
    done = run(daemon, version, "Add", "-p")
    assert (done.returncode, done.stdout.strip()) == (0, "Done."), done
    assert MARK not in upstream.requests[-1].text
    daemon.log_line("status=200")
    assert "hints=" not in daemon.log


def test_the_users_own_headers_are_sent_all_the_same(
    daemon: Daemon, upstream: OpenAIChatUpstream, version: str, tmp_path: Path
) -> None:
    """A rule on the user's header shows that it came; the model of the rule has hints of its own family."""
    upstream.begin(play(text("Done.")))
    rule: Json = {"when": {"header": {"x-team": "search"}}, "use": "many,gemini-2.5-flash"}
    router: Json = {"default": "many,qwen3-max", "rules": [rule]}
    daemon.write({**daemon.config, "Router": router})
    assert daemon.ccr("restart").returncode == 0
    extra = {"ANTHROPIC_CUSTOM_HEADERS": "X-Corp: a\nX-Team: search"}
    done = run(daemon, version, "Add", "--hints", "-p", extra=extra)
    assert (done.returncode, done.stdout.strip()) == (0, "Done."), done
    (request,) = conversation(upstream)
    assert request.model == "gemini-2.5-flash"
    assert OURS["gemini"].text in request.text
    assert not {"x-corp", "x-team", "x-ccr-hints"} & {name.lower() for name in request.headers}


def test_claude_gets_none(daemon: Daemon, anthropic: AnthropicUpstream, version: str) -> None:
    anthropic.begin(play(text("Done.")))
    done = run(daemon, version, "Add", "--hints", "-p", *CLAUDE)
    assert (done.returncode, done.stdout.strip()) == (0, "Done."), done
    requests = [request for request in anthropic.requests if request.body.get("tools")]
    assert requests
    for request in requests:
        assert MARK.encode() not in request.raw
        assert not [name for name in request.headers if name.lower().startswith("x-ccr")]


def test_the_users_own_text_counts_as_soon_as_it_is_there(
    daemon: Daemon, upstream: OpenAIChatUpstream, version: str
) -> None:
    upstream.begin(play(text("Done.")))
    own = daemon.config_path.parent / "hints" / "qwen.md"
    own.parent.mkdir()
    own.write_text("Mind the tools.\n")
    daemon.log_line("config reloaded", seconds=10)
    done = run(daemon, version, "Add", "--hints", "-p")
    assert (done.returncode, done.stdout.strip()) == (0, "Done."), done
    (request,) = conversation(upstream)
    assert str(request.messages[0]["content"]).endswith("\n\nMind the tools.")
    assert f'hints="qwen ({own})"' in daemon.log_line("target=many,qwen3-max", "status=200")
