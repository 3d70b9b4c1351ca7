"""The guides' configs, to the letter: their servers stand on the ports that they name, and Claude Code gets answers."""

import shutil

import pytest

from tests.e2e.daemon import Daemon
from tests.e2e.launched import run
from tests.e2e.moving.world import DOCUMENTED, World
from tests.e2e.scripts import play
from tests.upstreams.claude_relay import ClaudeRelayUpstream
from tests.upstreams.gemini_balance import GeminiBalanceUpstream
from tests.upstreams.openai_chat import OpenAIChatUpstream
from tests.upstreams.replies import Call, Reply, text
from tests.upstreams.usual_port import usual_port

pytestmark = pytest.mark.e2e

BASH = Reply(calls=(Call("Bash", {"command": "echo ok-$((40+2))", "description": "Add"}, "toolu_a"),))
ALLOW = ("-p", "--allowedTools", "Bash(echo:*)")
LONG = "word " * 70_000
"""More than the 60,000 tokens from which longContext serves."""


def put(daemon: Daemon, name: str) -> None:
    """The guide's config where CCR's users have it, unchanged."""
    daemon.config_path.parent.mkdir()
    shutil.copy(DOCUMENTED / "guides" / name, daemon.config_path)


def said(daemon: Daemon, version: str, prompt: str, *arguments: str) -> str:
    done = run(daemon, version, prompt, *(arguments or ALLOW))
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def test_gemini_3_through_a_relay(version: str, daemon: Daemon) -> None:
    """`"default": "gemini"` is the provider's first model; an APIKEY that no HTTP header can have as it is."""
    put(daemon, "gemini3-through-a-relay.json")
    relay = ClaudeRelayUpstream(play(BASH, text("Done.")), api_key="cr_xxxxxxxxxxxxxxxxxxxxx")
    with usual_port(3000) as port, relay.at(port):
        assert said(daemon, version, "Add") == "Done."
        assert relay.refusals == []
        assert any(b"ok-42" in request.raw for request in relay.requests)
        assert {(path, header) for path, header in relay.asked if "2.5-flash:" in path} == {
            ("/gemini/v1beta/models/gemini-2.5-flash:streamGenerateContent", "x-goog-api-key")
        }
        assert said(daemon, version, LONG, "-p") == "Done."
        assert "/gemini/v1beta/models/gemini-3-pro-preview:streamGenerateContent" in {path for path, _ in relay.asked}


def test_gemini_balance_with_headers(version: str, daemon: Daemon, world: World) -> None:
    put(daemon, "gemini-balance.json")
    models = frozenset({"gemini-1.5-flash", "gemini-1.5-pro", "gemini-2.0-flash-exp"})
    balance = GeminiBalanceUpstream(play(text("from Gemini Balance")), api_key="your-auth-token", models=models)
    with usual_port(8000) as port, balance.at(port):
        assert said(daemon, version, "Hello", "-p") == "from DeepSeek"
        assert balance.requests == []
        assert said(daemon, version, LONG, "-p") == "from Gemini Balance"
        assert said(daemon, version, "Hello", "-p", "--model", "gemini-balance,gemini-2.0-flash-exp") == (
            "from Gemini Balance"
        )
        asked = {
            (request.path, str(request.body.get("model"))) for request in balance.requests if "tools" in request.body
        }
    assert asked == {
        ("/v1/chat/completions", "gemini-1.5-pro"),
        ("/v1/chat/completions", "gemini-2.0-flash-exp"),
    }


def test_two_providers_on_one_litellm(version: str, daemon: Daemon) -> None:
    put(daemon, "two-on-one-litellm.json")
    litellm = OpenAIChatUpstream(play(BASH, text("Done.")), api_key="sk-1234")
    with usual_port(4000) as port, litellm.at(port):
        assert said(daemon, version, "Add") == "Done."
        assert "ok-42" in litellm.requests[-1].text
        turns = {request.model for request in litellm.requests if "tools" in request.body}
        assert turns == {"claude-sonnet-4-5-20250929"}
        assert said(daemon, version, "Hello", "-p", "--model", "haiku") == "Done."
        assert litellm.requests[-1].model == "gpt-4o-mini"
