"""The real client through the daemon to Vertex AI: signed in with a key file, and nothing refused there."""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from ccrouter.model.json import JsonObject
from tests.e2e.claude_code import ClaudeCode
from tests.e2e.conftest import KEY
from tests.e2e.daemon import Daemon
from tests.e2e.install import binary
from tests.e2e.scripts import play
from tests.upstreams.google_tokens import GoogleTokenServer
from tests.upstreams.replies import Call, Reply, text
from tests.upstreams.vertex import VertexUpstream

pytestmark = pytest.mark.e2e

ALLOW = "--dangerously-skip-permissions"
CLAUDE, OLD_CLAUDE, GEMINI = "claude-opus-4-8", "claude-haiku-4-5@20251001", "gemini-3.1-pro-preview"
BASH = (Call("Bash", {"command": "echo ok-$((40+2))", "description": "Add"}, "toolu_a"),)


@pytest.fixture(scope="module")
def tokens() -> Iterator[GoogleTokenServer]:
    with GoogleTokenServer() as running:
        yield running


@pytest.fixture(scope="module")
def vertex(tokens: GoogleTokenServer) -> Iterator[VertexUpstream]:
    with VertexUpstream(tokens.accepts, location="global") as running:
        yield running


@pytest.fixture(scope="module")
def daemon(
    vertex: VertexUpstream, tokens: GoogleTokenServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("daemon")
    (folder / "key.json").write_bytes(orjson.dumps(tokens.service_account()))
    config: JsonObject = {
        "LOG": True,
        "APIKEY": KEY,
        "GOOGLE_APPLICATION_CREDENTIALS": str(folder / "key.json"),
        "GOOGLE_CLOUD_LOCATION": "global",
        "Providers": [
            {
                "name": "vertex",
                "api_base_url": vertex.url,
                "api_key": "none",
                "models": [CLAUDE, OLD_CLAUDE, GEMINI],
                "transformer": {"use": ["vertex-claude"]},
            }
        ],
        "Router": {"default": f"vertex,{CLAUDE}"},
    }
    with Daemon(folder, config) as running:
        yield running


@pytest.fixture
def client(version: str, daemon: Daemon, tmp_path: Path) -> ClaudeCode:
    found = binary(version)
    assert found is not None
    return ClaudeCode(version, found, tmp_path, daemon.url, KEY)


@pytest.mark.parametrize("model", [CLAUDE, OLD_CLAUDE, GEMINI])
def test_a_tool_loop_with_signed_thinking(
    client: ClaudeCode, vertex: VertexUpstream, tokens: GoogleTokenServer, model: str
) -> None:
    vertex.requests.clear()
    vertex.script = play(Reply(reasoning=("Hm.",), calls=BASH), Reply(text=("Done.",)))
    answer = client.ask("Add", ALLOW, "--model", f"vertex,{model}")
    assert vertex.refusals == []
    assert answer.text == "Done.", answer
    first, second = [request for request in vertex.requests if request.body.get("tools")]
    assert f"/models/{model}:" in first.path
    assert b"ok-42" in second.raw
    assert (b'"signature"' if model != GEMINI else b'"thoughtSignature"') in second.raw
    assert "sk-e2e" not in str(first.headers)
    assert len(tokens.issued) == 1, "one token serves them all"


def test_a_model_switched_in_mid_conversation(client: ClaudeCode, vertex: VertexUpstream) -> None:
    """Claude's thinking is nothing for Gemini, and Gemini's nothing for Claude."""
    vertex.requests.clear()
    for number, model in enumerate((CLAUDE, GEMINI, CLAUDE)):
        vertex.script = play(Reply(reasoning=("Hm.",), calls=BASH), text(f"Answer {number}."))
        more = ("--continue",) if number else ()
        answer = client.ask("Add", ALLOW, "--model", f"vertex,{model}", *more)
        assert vertex.refusals == []
        assert answer.text == f"Answer {number}.", answer
